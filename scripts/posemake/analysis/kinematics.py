"""Movement from frame to frame."""

import numpy as np


def displacements(xy: np.ndarray) -> np.ndarray:
    """Return how far in pixels each point of a track (T, K, D) moved since the previous frame (T, K); NaN in the first frame."""
    return np.pad(np.linalg.norm(np.diff(xy, axis=0), axis=-1), ((1, 0), (0, 0)), constant_values=np.nan)
