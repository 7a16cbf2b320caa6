"""analysis.kinematics."""

import numpy as np


def steps(xy: np.ndarray) -> np.ndarray:
    """Pixels (T, K) that each point moved since the frame before; NaN in the first frame."""
    return np.pad(np.linalg.norm(np.diff(xy, axis=0), axis=-1), ((1, 0), (0, 0)), constant_values=np.nan)
