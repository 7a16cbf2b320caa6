"""Image files."""

import cv2
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath


def read_image(path: StrPath) -> np.ndarray:
    """Read an image file as RGB uint8 (H, W, 3).

    Raises
    ------
    PosemakeError
        If the file is missing or damaged.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise PosemakeError(f"{path}: the image is missing or damaged; put it back, or remove its row of labels")
    return image
