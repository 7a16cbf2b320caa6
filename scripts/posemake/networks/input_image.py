"""Images at the network's scale, and the way back of its points (B batch, K keypoints, H W pixels of the network's input)."""

import cv2
import numpy as np

from posemake.data.geometry import apply_map, inverse, padded_size, resize_map, scaled_size


def fit(image: np.ndarray, scale: float, multiple: int) -> tuple[np.ndarray, np.ndarray]:
    """Resize a frame to the network's scale, and pad it with black at the right and below.

    Parameters
    ----------
    image
        RGB uint8 (height, width, 3).
    scale
        Size of the network's input over that of the frame.
    multiple
        Divisor of the height and width of the network's input.

    Returns
    -------
    image
        uint8 (H, W, 3).
    to_input
        Map (3, 3) from the frame to it. Padding does not move any pixel.
    """
    size = image.shape[1], image.shape[0]
    new_size = scaled_size(size, scale)
    if new_size != size:
        image = cv2.resize(image, new_size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return pad(image, multiple), resize_map(size, new_size)


def pad(image: np.ndarray, multiple: int) -> np.ndarray:
    """Pad an image with black at the right and below, until its height and width are divisible by ``multiple``."""
    height, width = image.shape[:2]
    new_width, new_height = padded_size((width, height), multiple)
    if (new_width, new_height) == (width, height):
        return image
    return cv2.copyMakeBorder(image, 0, new_height - height, 0, new_width - width, cv2.BORDER_CONSTANT)


def in_frame(points: np.ndarray, to_input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Map points of the network's input back to the frame.

    Parameters
    ----------
    points
        (B, K, 3): x and y in pixels of the network's input, and confidence.
    to_input
        Map (3, 3) from the frame to the network's input.

    Returns
    -------
    xy
        (B, K, 2) in pixels of the frame, float64.
    confidence
        (B, K).
    """
    return apply_map(inverse(to_input), points[..., :2].astype(np.float64)), points[..., 2]
