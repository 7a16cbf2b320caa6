"""Maps of coordinates between a frame, its crop, the network's input and its heatmaps.

Coordinates are (x, y) in pixels. The centre of the top-left pixel is (0, 0), so a frame of width W spans -0.5 … W - 0.5.
A map is an affine matrix (3, 3) on homogeneous coordinates (x, y, 1). Each has an inverse: a result of the network returns to the
frame by the inverse of the map that led there, as ``inverse(compose(crop_map(x, y), resize_map(size, new_size)))``.
"""

import numpy as np


def resize_map(size: tuple[int, int], new_size: tuple[int, int]) -> np.ndarray:
    """Return the map (3, 3) from a frame of ``size`` (width, height) to the same frame resized to ``new_size``."""
    fx, fy = new_size[0] / size[0], new_size[1] / size[1]
    return np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1.0]])


def crop_map(x: float, y: float) -> np.ndarray:
    """Return the map (3, 3) from a frame to its crop, whose top-left pixel is (x, y) of the frame."""
    return np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])


def rotate_map(degrees: float, scale: float, centre: tuple[float, float]) -> np.ndarray:
    """Return the map (3, 3) that rotates and scales about a point.

    Parameters
    ----------
    degrees
        Angle, from the x axis towards the y axis.
    scale
        Factor by which distances grow.
    centre
        (x, y) of the point that stays in place.
    """
    cx, cy = centre
    c, s = np.cos(np.radians(degrees)) * scale, np.sin(np.radians(degrees)) * scale
    return np.array([[c, -s, cx - c * cx + s * cy], [s, c, cy - s * cx - c * cy], [0, 0, 1.0]])


def compose(*maps: np.ndarray) -> np.ndarray:
    """Return the map (3, 3) that applies maps (3, 3) one after the other, the first one first; the identity if there is none."""
    matrix = np.eye(3)
    for following in maps:
        matrix = following @ matrix
    return matrix


def inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the map back: the inverse of a map, or of each of several (…, 3, 3)."""
    return np.linalg.inv(matrix)


def apply_map(matrix: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Apply a map (3, 3) to points (…, 2); missing points (NaN) stay missing."""
    return xy @ matrix[:2, :2].T + matrix[:2, 2]


def outside_frame(xy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return which points (…, 2) lie outside a frame of ``size`` (width, height), as booleans (…).

    A missing point (NaN) does not lie outside.
    """
    return np.any((xy < -0.5) | (xy > np.array(size) - 0.5), axis=-1)


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return the size (width, height) of a frame that is scaled by a factor, at least one pixel."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def padded_size(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Return the smallest size (width, height) that holds ``size`` and is divisible by ``multiple``.

    Padding is added to the right and below, so that coordinates stay the same.
    """
    return -(-size[0] // multiple) * multiple, -(-size[1] // multiple) * multiple
