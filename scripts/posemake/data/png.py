"""Writing of PNG images."""

import cv2
import numpy as np

from posemake.core.atomic import write_bytes
from posemake.core.paths import StrPath


def write_png(path: StrPath, image: np.ndarray) -> None:
    """Write an RGB image (H, W, 3), uint8, as PNG."""
    write_bytes(path, cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes())
