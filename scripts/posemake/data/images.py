"""data.images."""

from pathlib import Path

import cv2
import numpy as np

from posemake.core.errors import PosemakeError


def read_image(path: str | Path) -> np.ndarray:
    """Read an image file as RGB uint8 (H, W, 3).

    Raises
    ------
    PosemakeError
        If there is none or it cannot be read.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise PosemakeError(f"{path}: the image is missing or damaged; put it back, or remove its row of labels")
    return image
