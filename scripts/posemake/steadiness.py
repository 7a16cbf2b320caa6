"""How steady a video's raw poses are: faults that show without labels (T frames, K keypoints)."""

from collections.abc import Sequence

import numpy as np

from posemake.outliers import KNOWN, body_length, bone_lengths, find_bones, steps, usual
from posemake.settings import Refine

RESTING = (
    10  # per cent of the steps, those around which the centre travels least: the animal hardly moves, so what moves is noise
)
AROUND = 5  # frames before and after a step, from which to which the travel is measured: the noise of the step is not in it

FIGURES = ("step_median_px", "step_p99_px", "jitter_px", "jitter_worst_px", "jumps", "bone_spread", "bone_spread_worst")


def describe_steadiness(
    xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]
) -> dict[str, float | None]:
    """Figures of positions (T, K, 2), those alone that are trusted (T, K); None where there are too few.

    Returns
    -------
    dict
        ``step_median_px``, ``step_p99_px``: how far points move from frame to frame. ``jitter_px``: standard deviation of that
        movement, along an axis, in the steps around which the animal's centre travels least; the median keypoint, and the worst.
        ``jumps``: share of steps longer than half a body length, as the choice of later rounds counts them. ``bone_spread``:
        median absolute deviation of a bone's length over its median; the median bone, and the worst one.
    """
    known = np.where(trusted[..., None], xy, np.nan)
    moved = steps(known)
    some = moved[np.isfinite(moved)]
    found: dict[str, float | None] = dict.fromkeys(FIGURES)
    if len(some) >= KNOWN:
        found["step_median_px"], found["step_p99_px"] = np.percentile(some, (50, 99)).tolist()
        length = body_length(known, trusted, keypoints, ())
        found["jumps"] = float(np.mean(some > Refine.jump * length)) if np.isfinite(length) else None
    shift = np.diff(known, axis=0)  # (T - 1, K, 2)
    centre = known.mean(1)  # of frames with all points
    travel = np.full(len(shift), np.nan)
    far = 2 * AROUND + 1
    if len(known) > far:
        travel[AROUND:-AROUND] = np.linalg.norm(centre[far:] - centre[:-far], axis=-1)
    travel[~np.isfinite(shift).all((1, 2))] = np.nan
    if np.isfinite(travel).sum() >= KNOWN:
        resting = travel <= np.nanpercentile(travel, RESTING)
        jitter = np.sqrt(shift[resting].var(0).mean(-1))  # (K,)
        found["jitter_px"], found["jitter_worst_px"] = float(np.median(jitter)), float(jitter.max())
    bones = bone_lengths(known, find_bones(keypoints, skeleton))
    enough = np.isfinite(bones).sum(0) >= KNOWN
    if enough.any():
        middle, spread = usual(bones[:, enough], np.isfinite(bones[:, enough]))
        relative = spread / np.maximum(middle, 1e-9)
        found["bone_spread"], found["bone_spread_worst"] = float(np.median(relative)), float(relative.max())
    return found
