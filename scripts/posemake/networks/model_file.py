"""The file that holds a trained network, and the network that it holds.

A model file is plain tensors and plain values: settings, keypoints, versions and weights. It rebuilds its own network
and is opened with ``weights_only=True``, so that a file from elsewhere runs no code.
"""

import io
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from posemake.config.settings import Model, make
from posemake.core.atomic import replacing
from posemake.core.errors import PosemakeError
from posemake.networks.backbones import make_encoder
from posemake.networks.network import PoseNetwork
from posemake.networks.starting_weights import take_over

FORMAT = "posemake-model-1"
BUILT_FROM = ("backbone", "neck", "head", "stride", "scale")  # all of a file's settings that prediction needs


def versions() -> dict[str, str]:
    """Versions of what decides on the numbers."""
    return {
        "torch": str(torch.__version__),
        "torchvision": version("torchvision"),  # not loaded for it, see `make_encoder`
        "opencv": cv2.__version__,
        "numpy": np.__version__,
    }


def save_model(path: str | Path, network: nn.Module, settings: dict[str, Any], keypoints: list[str]) -> None:
    """Write a model file; the same network gives the same bytes, whatever the file is called."""
    content = {
        "format": FORMAT,
        "settings": settings,
        "keypoints": list(keypoints),
        "versions": versions(),
        "state": {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()},
    }
    buffer = io.BytesIO()  # not the file itself, whose name torch would write into it
    torch.save(content, buffer)
    with replacing(path) as part:
        part.write_bytes(buffer.getvalue())


def load_model(path: str | Path) -> dict[str, Any]:
    """Read a model file without running code from it.

    Raises
    ------
    PosemakeError
        If it is not a model file of this version, or holds anything but plain values.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise PosemakeError(f"{path}: not a posemake model, or damaged ({type(error).__name__}); train it again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PosemakeError(f"{path}: not a posemake model of this version; train it again")
    return content


def make_network(settings: Model, keypoints: list[str]) -> PoseNetwork:
    """Build a model's network with its starting weights; those of a file are taken over as far as they fit.

    Raises
    ------
    PosemakeError
        As ``make_encoder`` and ``take_over``.
    """
    weights = settings.weights
    encoder = make_encoder(settings.backbone, weights if weights == "imagenet" else "none")
    network = PoseNetwork(encoder, len(keypoints), settings.stride, settings.neck, settings.head)
    if weights not in ("none", "imagenet"):
        take_over(network, weights, settings.backbone, keypoints)
    return network


def rebuild(model: dict[str, Any]) -> PoseNetwork:
    """Build the network of a model file, with its weights, from what ``load_model`` returns."""
    settings = make(Model, {key: value for key, value in model["settings"].items() if key in BUILT_FROM})
    network, state = make_network(settings, model["keypoints"]), model["state"]
    if "lateral.0.weight" in state:  # other names, in the same order
        state = dict(zip(network.state_dict(), state.values(), strict=True))
    network.load_state_dict(state)
    return network.eval()
