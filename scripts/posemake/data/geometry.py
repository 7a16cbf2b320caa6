"""Where a pixel is, and the maps between a frame, the network's input and its heatmaps.

Coordinates are (x, y) in pixels. The centre of the top-left pixel is (0, 0), so a frame of width W spans -0.5 … W - 0.5.
A map is a 3 × 3 matrix on homogeneous (x, y, 1); maps compose by ``@`` and are undone by ``np.linalg.inv``.
"""

import numpy as np

LEAST_SIGMA = 0.75  # cells: a narrower peak of a heatmap could fall between them


def resize_map(size: tuple[int, int], new_size: tuple[int, int]) -> np.ndarray:
    """Map from a frame of ``size`` (width, height) to the same frame resized to ``new_size``, as (3, 3)."""
    fx, fy = new_size[0] / size[0], new_size[1] / size[1]
    return np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1.0]])


def crop_map(x: float, y: float) -> np.ndarray:
    """Map from a frame to its crop whose top-left pixel is (x, y) of the frame, as (3, 3)."""
    return np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])


def stride_map(stride: int) -> np.ndarray:
    """Map from the network's input to the cells of a heatmap with one cell per ``stride`` pixels, as (3, 3)."""
    return resize_map((stride, stride), (1, 1))


def peak_width(sigma: float, stride: int) -> float:
    """Standard deviation of a heatmap's peak in input pixels: that wanted, ``LEAST_SIGMA`` cells at least."""
    return max(sigma, LEAST_SIGMA * stride)


def rotate_map(degrees: float, scale: float, centre: tuple[float, float]) -> np.ndarray:
    """Map that turns by ``degrees`` (from x towards y) and scales about ``centre``, as (3, 3)."""
    cx, cy = centre
    c, s = np.cos(np.radians(degrees)) * scale, np.sin(np.radians(degrees)) * scale
    return np.array([[c, -s, cx - c * cx + s * cy], [s, c, cy - s * cx - c * cy], [0, 0, 1.0]])


def apply_map(matrix: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Apply a map to points of shape (…, 2); missing points (NaN) stay missing."""
    return xy @ matrix[:2, :2].T + matrix[:2, 2]


def outside(xy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Which points (…, 2) lie outside a frame of ``size`` (width, height), as (…); a missing point (NaN) does not."""
    return ((xy < -0.5) | (xy > np.array(size) - 0.5)).any(-1)


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Size (width, height) of a frame at a scale, at least one pixel."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def padded_size(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Smallest size (width, height) that holds ``size`` and divides by ``multiple``; padding is added right and below."""
    return -(-size[0] // multiple) * multiple, -(-size[1] // multiple) * multiple
