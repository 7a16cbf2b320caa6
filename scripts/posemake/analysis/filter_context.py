"""Context that filters of a track need (T frames, K keypoints)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posemake.analysis.skeleton import KeypointPair
from posemake.core.errors import PosemakeError

MAX_STEP = 2.5  # times the median time from frame to frame; at longer steps, frames are missing


@dataclass(frozen=True)
class FilterContext:
    """What filters know of a video beside its tracks."""

    trusted: np.ndarray  # (T, K) bool: points that are confident
    confidence: np.ndarray  # (T, K)
    times: np.ndarray  # (T,) seconds
    bones: Sequence[KeypointPair]  # pairs of keypoints whose distance hardly varies
    body_length: float  # pixels; NaN where it is unknown

    def frame_rate(self) -> float:
        """Return the frames per second.

        It is taken from the mean step of the times, as timestamps may be whole milliseconds, without steps at which frames are
        missing.

        Raises
        ------
        PosemakeError
            If the times do not increase.
        """
        steps = np.diff(self.times)
        step = float(steps[steps <= MAX_STEP * np.median(steps)].mean()) if len(steps) else 0.0
        if not step > 0:
            raise PosemakeError(
                "filter.steps, butterworth: the times of the frames give no frame rate; give fps in the sheet of videos"
            )
        return round(1 / step, 6)
