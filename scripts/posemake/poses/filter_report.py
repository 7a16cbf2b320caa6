"""What a step of the filter changed (T frames, K keypoints)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from posemake.analysis.pose_quality import step_spread

STRETCH = 100  # frames of a keypoint that are shown: single ones can be told apart
COLUMNS = ("step", "keypoint", "frame", "x_before", "y_before", "x_after", "y_after")


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def describe_step(before: np.ndarray, after: np.ndarray, resting: np.ndarray) -> dict[str, Any]:
    """Figures of the positions (T, K, 2) before and after a step of the filter.

    Returns
    -------
    dict
        ``removed``, ``filled``: numbers of points. ``moved_median_px``, ``moved_p95_px``: how far it moved the others, 0 where it
        moved none; None where there are none. ``jitter_before_px``, ``jitter_after_px``: standard deviation, along an axis, of
        the movement from frame to frame, of the median keypoint; ``rest_jitter_…``: the same of the steps (R,) at which the
        animal rests; None where fewer than 20 are known.
    """
    was, there = np.isfinite(before[..., 0]), np.isfinite(after[..., 0])
    moved = np.linalg.norm(after[was & there] - before[was & there], axis=-1)
    median, most = np.percentile(moved, (50, 95)).tolist() if len(moved) else (None, None)
    return {
        "removed": int((was & ~there).sum()),
        "filled": int((there & ~was).sum()),
        "moved_median_px": median,
        "moved_p95_px": most,
        "jitter_before_px": _median(step_spread(before)),
        "jitter_after_px": _median(step_spread(after)),
        "rest_jitter_before_px": _median(step_spread(before, resting)),
        "rest_jitter_after_px": _median(step_spread(after, resting)),
    }


def find_stretch(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """Number of the keypoint, and first frame, of the `STRETCH` that shows best what a step changed.

    Points that come or go count before those that move; much of the stretch is changed, and much of it is there.
    """
    was, there = np.isfinite(before[..., 0]), np.isfinite(after[..., 0])
    changed = (was != there).astype(float)
    if not changed.any():
        changed = np.nan_to_num(np.linalg.norm(after - before, axis=-1))

    def total(values):
        """Sums (T - S + 1, K) of each stretch."""
        sums = np.pad(np.cumsum(values, axis=0, dtype=float), ((1, 0), (0, 0)))
        length = min(STRETCH, len(values))
        return sums[length:] - sums[: len(sums) - length]

    score = total(changed) * (1 + total(was & there))
    keypoint = int(np.argmax(score.max(0)))
    best = np.flatnonzero(score[:, keypoint] == score[:, keypoint].max())
    return keypoint, int(best[len(best) // 2])  # so that a single change stands in the middle


def show_stretch(name: str, before: np.ndarray, after: np.ndarray, keypoints: Sequence[str]) -> Iterator[list]:
    """Rows of `COLUMNS` for the stretch that shows best what the step of that name changed."""
    keypoint, first = find_stretch(before, after)
    for frame in range(first, min(first + STRETCH, len(before))):
        yield [name, keypoints[keypoint], frame, *before[frame, keypoint].tolist(), *after[frame, keypoint].tolist()]
