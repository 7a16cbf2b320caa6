"""Starting weights from a file: of a classifier, or of a posemake model, also one with other keypoints (K keypoints).

Weights have the names of `network.PoseNetwork`, in which ``encoder.`` is the backbone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.networks.classifier_weights import BACKBONE, State, match_classifier
from posemake.networks.model_file import is_model, parse_model, read_tensors

OUTPUT_LAYER = ("head.1.weight", "head.1.bias")  # arrays whose channels belong to keypoints
NAMES_LISTED = 4  # in the log, of arrays that do not fit


@dataclass(frozen=True)
class FileWeights:
    """Weights of a file."""

    state: State  # by the names of the network; those of a classifier's own layers keep their names in the file
    keypoints: Sequence[str] = ()  # of a posemake model


def read_weights(path: str, own: State) -> FileWeights:
    """Read the weights of a file, without running code from it.

    Parameters
    ----------
    path
        A posemake model, or a classifier's state_dict, of timm or torchvision.
    own
        Weights of the network.

    Raises
    ------
    PosemakeError
        If there is no such file, or it holds anything but plain weights.
    """
    try:
        content = read_tensors(path)
        if not is_model(content):
            tensors = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
            return FileWeights(match_classifier(tensors, own))
    except FileNotFoundError as error:
        raise PosemakeError(f"{path}: there is no such weights file; `weights` is imagenet, none or a file") from error
    except Exception as error:
        raise PosemakeError(
            f"{path}: not a file of plain weights ({type(error).__name__}); save it with torch.save(model.state_dict(), …)"
        ) from error
    model = parse_model(content, path)
    return FileWeights(model.state, model.keypoints)


def _channels(keypoint: int, count: int, outputs: int) -> list[int]:
    """Return the output channels of a keypoint: its heatmap, and with the head `heatmap` its two offsets.

    Parameters
    ----------
    keypoint
        Number of the keypoint, from 0.
    count
        Number of keypoints.
    outputs
        Number of output channels.
    """
    return [keypoint, count + 2 * keypoint, count + 2 * keypoint + 1] if outputs == 3 * count else [keypoint]


def _copy_keypoints(own: State, keypoints: Sequence[str], given: FileWeights) -> list[str]:
    """Copy the output channels of keypoints that both networks have by name, and return these."""
    shared = [name for name in keypoints if name in given.keypoints]
    for layer in OUTPUT_LAYER if shared else ():
        if layer not in given.state or given.state[layer].shape[1:] != own[layer].shape[1:]:
            return []
        new, old = own[layer], given.state[layer]
        for name in shared:
            targets = _channels(keypoints.index(name), len(keypoints), len(new))
            sources = _channels(given.keypoints.index(name), len(given.keypoints), len(old))
            for target, source in zip(targets, sources):
                new[target] = old[source]
    return shared


def _list_names(names: list[str]) -> str:
    """Return the number of names and the first of them."""
    listed = ", ".join(names[:NAMES_LISTED])
    return f"{len(names)} ({listed}{', …' if len(names) > NAMES_LISTED else ''})" if names else "0"


def load_weights(network: nn.Module, path: str, backbone: str, keypoints: Sequence[str] = ()) -> None:
    """Load the weights of a file into a network, as far as they fit.

    Arrays are loaded if their name and shape fit, and of the output layer the channels of keypoints with the same names.

    Parameters
    ----------
    network
        Network with a child ``encoder``, the backbone.
    path
        File of weights.
    backbone
        Name of the backbone, for messages.
    keypoints
        Names (K,) of the network's keypoints; none if it is a backbone alone.

    Raises
    ------
    PosemakeError
        If the file cannot be read, or fits less than half of the backbone's arrays.
    """
    own = network.state_dict()  # shares the network's memory
    given = read_weights(path, own)
    fitting = {
        name: tensor
        for name, tensor in given.state.items()
        if name in own and tensor.shape == own[name].shape and name not in OUTPUT_LAYER
    }
    needed = [name for name in own if name.startswith(BACKBONE)]
    missing = [name.removeprefix(BACKBONE) for name in needed if name not in fitting]
    if 2 * len(missing) > len(needed):
        raise PosemakeError(
            f"{path}: holds no weights of {backbone}: {len(missing)} of {len(needed)} arrays do not fit (e.g. {missing[0]}); "
            "set `backbone` to that of the file, or `weights: none`"
        )
    network.load_state_dict(fitting, strict=False)
    shared = _copy_keypoints(own, keypoints, given)
    loaded = fitting.keys() | (OUTPUT_LAYER if shared else ())
    started_anew = [name for name in own if name not in loaded]
    unused = [name.removeprefix(BACKBONE) for name in given.state if name not in loaded]
    logger.info(
        "%s: %d arrays loaded; started anew: %s; unused: %s",
        *(path, len(fitting), _list_names(started_anew), _list_names(unused)),
    )
    if keypoints:
        logger.info("keypoints loaded: %s", ", ".join(shared) or "none")
