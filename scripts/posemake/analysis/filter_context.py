"""What filters know beside a track (T frames, K keypoints)."""

from dataclasses import dataclass

import numpy as np

from posemake.core.errors import PosemakeError

GAP = 2.5  # times the median distance of frames, from which on frames are missing


@dataclass(frozen=True)
class Scene:
    """What filters know beside the track."""

    trusted: np.ndarray  # (T, K) bool: points that are confident
    confidence: np.ndarray  # (T, K)
    times: np.ndarray  # (T,) seconds
    bones: list[tuple[int, int]]  # pairs of keypoints (by number) whose distance hardly varies
    body: float  # pixels, length of the animal; NaN where nobody knows

    def rate(self) -> float:
        """Frames per second, by the mean distance of frames, without those that are gaps; timestamps may be whole milliseconds.

        Raises
        ------
        PosemakeError
            If the times tell none.
        """
        steps = np.diff(self.times)
        step = float(steps[steps <= GAP * np.median(steps)].mean()) if len(steps) else 0.0
        if not step > 0:
            raise PosemakeError("the filter butterworth needs times that tell the frame rate; give fps in the sheet of videos")
        return round(1 / step, 6)


def known_points(track: np.ndarray) -> np.ndarray:
    """Which points (T,) of a track (T, 2) are there."""
    return np.isfinite(track[:, 0])
