"""How steady a video's raw poses are: faults that show without labels (T frames, K keypoints)."""

from collections.abc import Sequence

import numpy as np

from posemake.analysis.kinematics import steps
from posemake.analysis.robust import KNOWN, median_and_mad
from posemake.analysis.skeleton import body_length, bone_lengths, find_bones
from posemake.config.settings import Refine

RESTING = 0.1  # share of the steps, those around which the centre travels least: what moves while the animal rests is noise
REST = 0.15  # body lengths that the centre travels at most around such a step: an animal that never rests has no such figure
AROUND = 5  # frames before and after a step, from which to which the travel is measured: the noise of the step is not in it
HALF = (
    0.5  # of the frames in which the keypoint that is seen most often is seen: keypoints that are seen less have no part in that
)
TIMES = 2.0  # the median of all videos, from which on a video stands out
FLOORS = {"jitter_px": 0.5, "jumps": 0.001, "bone_spread": 0.02}  # of the figures that are compared: less is good anywhere

FIGURES = ("step_median_px", "step_p99_px", "jitter_px", "jitter_worst_px", "jumps", "bone_spread", "bone_spread_worst")


def describe_steadiness(
    xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]
) -> dict[str, float | None]:
    """Figures of positions (T, K, 2), those alone that are trusted (T, K); None where there are too few.

    Returns
    -------
    dict
        ``step_median_px``, ``step_p99_px``: how far points move from frame to frame. ``jitter_px``: standard deviation of that
        movement, along an axis, in the steps at which the animal rests; the median keypoint, and the worst, of those that are not
        mostly hidden. White noise of the standard deviation σ shows as √2 σ.
        ``jumps``: share of steps longer than half a body length, as the choice of later rounds counts them. ``bone_spread``:
        median absolute deviation of a bone's length over its median; the median bone, and the worst one.
    """
    known = np.where(trusted[..., None], xy, np.nan)
    moved = steps(known)
    some = moved[np.isfinite(moved)]
    found: dict[str, float | None] = dict.fromkeys(FIGURES)
    length = body_length(known, trusted, keypoints, ())
    if len(some) >= KNOWN:
        found["step_median_px"], found["step_p99_px"] = np.percentile(some, (50, 99)).tolist()
        found["jumps"] = float(np.mean(some > Refine.jump * length)) if np.isfinite(length) else None
    often = seen_often(known)
    resting = rest_steps(known[:, often], length)
    if len(resting) >= KNOWN:
        jitter = step_spread(known[:, often], resting)
        found["jitter_px"], found["jitter_worst_px"] = float(np.median(jitter)), float(jitter.max())
    bones = bone_lengths(known, find_bones(keypoints, skeleton))
    enough = np.isfinite(bones).sum(0) >= KNOWN
    if enough.any():
        middle, spread = median_and_mad(bones[:, enough], np.isfinite(bones[:, enough]))
        relative = spread / np.maximum(middle, 1e-9)
        found["bone_spread"], found["bone_spread_worst"] = float(np.median(relative)), float(relative.max())
    return found


def seen_often(known: np.ndarray) -> np.ndarray:
    """Which keypoints (K,) of positions (T, K, 2) are not mostly hidden: a hidden one does not hide what others tell."""
    seen = np.isfinite(known[..., 0]).sum(0)
    return seen >= HALF * seen.max(initial=0)


def rest_steps(known: np.ndarray, length: float) -> np.ndarray:
    """Numbers (R,) of the steps from a frame to the next at which the animal rests, by positions (T, C, 2) and its length.

    They are those around which the mean of the keypoints travels least, of those in which all are known.
    """
    centre, far = known.mean(1), 2 * AROUND + 1
    travel = np.full(max(0, len(known) - 1), np.nan)
    if len(known) > far:
        travel[AROUND:-AROUND] = np.linalg.norm(centre[far:] - centre[:-far], axis=-1)
    complete = np.isfinite(centre[:, 0])
    travel[~(complete[1:] & complete[:-1])] = np.nan
    quiet = np.argsort(travel, kind="stable")[: max(KNOWN, round(RESTING * np.isfinite(travel).sum()))]
    return quiet[travel[quiet] <= REST * length]  # none where no length is known


def step_spread(xy: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """Standard deviation (K,) along an axis of the steps from frame to frame of positions (T, K, 2), or of some of them.

    NaN for a keypoint with fewer than `KNOWN` of them.
    """
    spread = np.full(xy.shape[1], np.nan)
    for k in range(xy.shape[1]):
        shift = np.diff(xy[:, k], axis=0) if at is None else xy[at + 1, k] - xy[at, k]
        shift = shift[np.isfinite(shift).all(1)]
        if len(shift) >= KNOWN:
            spread[k] = np.sqrt(shift.var(0, ddof=1).mean())
    return spread


def stand_out(videos: Sequence[str], figures: dict[str, np.ndarray]) -> list[str]:
    """Sentences about the videos that are less steady than the others, the one with the most faults first.

    Parameters
    ----------
    videos
        V names.
    figures
        Values (V,) of each of `FLOORS`, NaN where a video has none.
    """
    said: dict[str, list[str]] = {}
    for name, floor in FLOORS.items():
        values = figures[name]
        if np.isfinite(values).sum() < 3:  # of two, nobody can say which is usual
            continue
        middle = float(np.nanmedian(values))
        for v in np.flatnonzero(values > max(TIMES * middle, floor)).tolist():
            said.setdefault(videos[v], []).append(f"{name} {values[v]:.2g}, usually {middle:.2g}")
    return [f"{video}: {'; '.join(said[video])}" for video in sorted(said, key=lambda video: -len(said[video]))]
