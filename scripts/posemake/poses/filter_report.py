"""What a filter step changed (T frames, K keypoints)."""

from collections.abc import Iterator, Sequence

import numpy as np

from posemake.analysis.pose_quality import displacement_sd
from posemake.data.pose_summary import StepChanges

STRETCH = 100  # frames of a stretch, few enough to tell single ones apart in a figure
COLUMNS = ("step", "keypoint", "frame", "x_before", "y_before", "x_after", "y_after")


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def describe_step(before: np.ndarray, after: np.ndarray, resting: np.ndarray) -> StepChanges:
    """Compare positions before and after a filter step.

    Parameters
    ----------
    before, after
        (T, K, 2) in pixels.
    resting
        (R,) steps from frame to frame at which the animal rests.
    """
    was_known, known = np.isfinite(before[..., 0]), np.isfinite(after[..., 0])
    moved = np.linalg.norm(after[was_known & known] - before[was_known & known], axis=-1)
    median, p95 = np.percentile(moved, (50, 95)).tolist() if len(moved) else (None, None)
    return StepChanges(
        removed=int((was_known & ~known).sum()),
        filled=int((known & ~was_known).sum()),
        moved_median_px=median,
        moved_p95_px=p95,
        jitter_before_px=_median(displacement_sd(before)),
        jitter_after_px=_median(displacement_sd(after)),
        rest_jitter_before_px=_median(displacement_sd(before, resting)),
        rest_jitter_after_px=_median(displacement_sd(after, resting)),
    )


def find_stretch(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """Return the keypoint and the first frame of the `STRETCH` that shows best what a step changed.

    Points that were removed or filled count before those that moved. In the best stretch, many points are changed and many others
    are known before and after the step.
    """
    was_known, known = np.isfinite(before[..., 0]), np.isfinite(after[..., 0])
    changed = (was_known != known).astype(float)
    if not changed.any():
        changed = np.nan_to_num(np.linalg.norm(after - before, axis=-1))
    score = _stretch_sums(changed) * (1 + _stretch_sums(was_known & known))
    keypoint = int(np.argmax(score.max(0)))
    best = np.flatnonzero(score[:, keypoint] == score[:, keypoint].max())
    return keypoint, int(best[len(best) // 2])  # the middle one shows a single change in its middle


def _stretch_sums(values: np.ndarray) -> np.ndarray:
    """Return the sums (T - S + 1, K) of values (T, K) over each stretch of S frames."""
    sums = np.pad(np.cumsum(values, axis=0, dtype=float), ((1, 0), (0, 0)))
    length = min(STRETCH, len(values))
    return sums[length:] - sums[: len(sums) - length]


def stretch_rows(name: str, before: np.ndarray, after: np.ndarray, keypoints: Sequence[str]) -> Iterator[list]:
    """Yield rows of `COLUMNS` for the stretch that shows best what a step changed.

    Parameters
    ----------
    name
        Name of the step.
    before, after
        (T, K, 2) positions in pixels.
    keypoints
        K names.
    """
    keypoint, first = find_stretch(before, after)
    for frame in range(first, min(first + STRETCH, len(before))):
        yield [name, keypoints[keypoint], frame, *before[frame, keypoint].tolist(), *after[frame, keypoint].tolist()]
