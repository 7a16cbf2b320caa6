"""Movement from frame to frame."""

import numpy as np


def displacements(xy: np.ndarray) -> np.ndarray:
    """Return how far in pixels each point of a track (T, K, D) moved since the previous frame (T, K); NaN in the first frame."""
    return np.pad(np.linalg.norm(np.diff(xy, axis=0), axis=-1), ((1, 0), (0, 0)), constant_values=np.nan)


def animal_displacements(xy: np.ndarray) -> np.ndarray:
    """Return how far in pixels the animal moves in each step of a track (T, K, D) to the next frame (T - 1,).

    It is the length of the mean displacement of the keypoints that are known in both frames of the step, which is that of their
    mean position; NaN where there is none. A keypoint that appears or disappears thus moves nothing.
    """
    steps = np.diff(xy, axis=0)
    known = np.isfinite(steps[..., 0])
    count = known.sum(1)
    total = np.where(known[..., None], steps, 0.0).sum(1)
    return np.where(count > 0, np.linalg.norm(total, axis=-1) / np.maximum(count, 1), np.nan)
