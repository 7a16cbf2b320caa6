"""Model files: a trained network's weights, with the settings and keypoints that rebuild it.

A model file holds tensors and plain values only. It is read with ``weights_only=True``: a file from elsewhere runs no code.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from posemake.core.atomic import write_bytes
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.core.versions import TRAINING, package_versions

FORMAT = "posemake-model-1"


@dataclass(frozen=True)
class SavedModel:
    """Content of a model file."""

    settings: dict[str, Any]  # plain values of `settings.Model`, with the scale as a number
    keypoints: list[str]
    versions: dict[str, str]  # of the packages that it was trained with
    state: dict[str, torch.Tensor]  # weights, by name


def save_model(path: StrPath, network: nn.Module, settings: dict[str, Any], keypoints: Sequence[str]) -> None:
    """Write a model file. The same network gives the same bytes, whatever the file's name.

    Parameters
    ----------
    path
        File to write.
    network
        Network whose weights are kept.
    settings
        Plain values of `settings.Model`, with the scale as a number.
    keypoints
        Names (K,) in the order of the network's outputs.
    """
    content = {
        "format": FORMAT,
        "settings": settings,
        "keypoints": list(keypoints),
        "versions": package_versions(TRAINING),
        "state": {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()},
    }
    buffer = io.BytesIO()  # torch would write the name of a file into it
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def read_tensors(path: StrPath) -> Any:
    """Read a file of tensors and plain values, without running code from it.

    Raises
    ------
    Exception
        Of any kind, if there is no such file, or it is damaged or holds anything else.
    """
    if str(path).endswith(".safetensors"):
        from safetensors.torch import load_file  # comes with timm

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def is_model(content: Any) -> bool:
    """Return whether the content of a file is that of a model file, of any version."""
    return isinstance(content, dict) and "format" in content


def parse_model(content: Any, path: StrPath) -> SavedModel:
    """Return the model in the content of a file.

    Raises
    ------
    PosemakeError
        If it is not a model of this version.
    """
    if not is_model(content) or content["format"] != FORMAT:
        raise PosemakeError(f"{path}: not a posemake model of this version; train it again")
    return SavedModel(**{name: content[name] for name in ("settings", "keypoints", "versions", "state")})


def load_model(path: StrPath) -> SavedModel:
    """Read a model file, without running code from it.

    Raises
    ------
    PosemakeError
        If it is not a model file of this version, or holds anything but plain values.
    """
    try:
        content = read_tensors(path)
    except Exception as error:
        raise PosemakeError(f"{path}: not a posemake model, or damaged ({type(error).__name__}); train it again") from error
    return parse_model(content, path)
