"""Times of the frames of a video."""

import numpy as np

from posemake.core.paths import StrPath


def frame_times(path: StrPath, fps: float | None) -> np.ndarray:
    """Return the seconds of each frame (T,): index over ``fps`` where that is given, else the timestamps in ``path`` (NPY)."""
    times = np.load(path)
    return np.arange(len(times)) / fps if fps else times
