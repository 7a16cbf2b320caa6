"""Starting weights from a file: torchvision's of a classifier, or a posemake model, also of other keypoints (K of them).

Names are those of `network.PoseNetwork`: ``encoder.`` is the backbone, under torchvision's own names.
"""

import torch
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.core.log import logger

NAMES_TOLD = 4  # in the log, of what did not fit
OUTPUT = ("head.1.weight", "head.1.bias")  # the layer whose channels are keypoints


def read_weights(path: str) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Read tensors by name, and the keypoints of a posemake model (none of a state_dict), without running code of the file.

    Raises
    ------
    PosemakeError
        If there is no such file, or it holds anything but plain weights.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        keypoints = content.get("keypoints", [])
        state = content["state"] if keypoints else {f"encoder.{name}": value for name, value in content.items()}
        return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}, keypoints
    except FileNotFoundError as error:
        raise PosemakeError(f"{path}: there is no such weights file; `weights` is imagenet, none or a file") from error
    except Exception as error:
        raise PosemakeError(
            f"{path}: not a file of plain weights ({type(error).__name__}); save it with torch.save(model.state_dict(), …)"
        ) from error


def _channels(keypoint: int, count: int, outputs: int) -> list[int]:
    """Output channels of a keypoint: heatmap, and with the head `heatmap` the two offsets."""
    return [keypoint, count + 2 * keypoint, count + 2 * keypoint + 1] if outputs == 3 * count else [keypoint]


def _some(names: list[str]) -> str:
    told = ", ".join(names[:NAMES_TOLD])
    return f"{len(names)} ({told}{', …' if len(names) > NAMES_TOLD else ''})" if names else "0"


def take_over(network: nn.Module, path: str, backbone: str, keypoints: list[str] | None = None) -> None:
    """Load into a network all of a file that fits in name and shape; of the output, the keypoints that both have by name.

    Parameters
    ----------
    network
        With a child ``encoder``, the backbone.
    keypoints
        Names of the K that the network finds.

    Raises
    ------
    PosemakeError
        If the file cannot be read, or has less than half of the backbone's arrays.
    """
    given, theirs = read_weights(path)
    own = network.state_dict()  # shares the network's memory
    taken = {
        name: tensor for name, tensor in given.items() if name in own and tensor.shape == own[name].shape and name not in OUTPUT
    }
    needed = [name for name in own if name.startswith("encoder.")]
    missing = [name.removeprefix("encoder.") for name in needed if name not in taken]
    if 2 * len(missing) > len(needed):
        raise PosemakeError(
            f"{path}: holds no weights of {backbone}: {len(missing)} of {len(needed)} arrays do not fit (e.g. {missing[0]}); "
            "set `backbone` to that of the file, or `weights: none`"
        )
    network.load_state_dict(taken, strict=False)
    shared = [name for name in keypoints or [] if name in theirs]
    for layer in OUTPUT if shared else ():
        new, old = own[layer], given.get(layer)
        if old is None or old.shape[1:] != new.shape[1:]:
            shared = []
            break
        for name in shared:
            mine = _channels(keypoints.index(name), len(keypoints), len(new))
            for to, source in zip(mine, _channels(theirs.index(name), len(theirs), len(old))):
                new[to] = old[source]
    anew = [name for name in own if name not in taken and not (shared and name in OUTPUT)]
    unused = [name.removeprefix("encoder.") for name in given if name not in taken and not (shared and name in OUTPUT)]
    logger.info("%s: %d arrays taken over, begun anew %s, left out %s", path, len(taken), _some(anew), _some(unused))
    if keypoints:
        logger.info("keypoints taken over: %s", ", ".join(shared) or "none")
