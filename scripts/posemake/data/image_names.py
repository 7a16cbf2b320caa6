"""Names of the images of frames."""

import re
from pathlib import Path

from posemake.core.errors import PosemakeError


def frame_number(image: str) -> int:
    """Return the frame index in an image's name, e.g. 12 of ``img0012.png``.

    Raises
    ------
    PosemakeError
        If the name ends in no number.
    """
    match = re.search(r"(\d+)$", Path(image).stem)
    if match is None:
        raise PosemakeError(f"{image}: the name of a labelled image ends in the frame's number, as in img0012.png; rename it")
    return int(match[1])


def image_name(frame: int, frames: int) -> str:
    """Return the name of a frame's image, padded with zeros so that names sort as frames do."""
    return f"img{frame:0{max(4, len(str(frames - 1)))}d}.png"
