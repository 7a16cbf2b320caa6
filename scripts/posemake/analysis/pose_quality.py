"""Quality of a video's raw poses that can be measured without labels (T frames, K keypoints).

A step t is the movement from frame t to frame t + 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from posemake.analysis.kinematics import displacements
from posemake.analysis.robust import MIN_VALUES, median_and_mad
from posemake.analysis.skeleton import body_length, bone_lengths, find_bones
from posemake.data.pose_summary import PoseQuality

REST_SHARE = 0.1  # share of the steps that count as rest: those around which the animal travels least
MAX_REST_TRAVEL = 0.15  # body lengths that the animal travels around a step of rest, at most; an animal may never rest
REST_REACH = 5  # frames before and after a step between which travel is measured, so that the noise of the step is not in it
OFTEN = 0.5  # share of the frames of the keypoint seen most, in which a keypoint is seen that counts
JUMP = 0.5  # body lengths from frame to frame, the default of refine.jump
CONSPICUOUS = 2.0  # times the median of all videos; a higher figure is conspicuous
LEAST_NOTABLE = {"jitter_px": 0.5, "jumps": 0.001, "bone_spread": 0.02}  # figures that are compared; lower values are always good


def measure_pose_quality(
    xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]
) -> PoseQuality:
    """Measure how steady poses are.

    Parameters
    ----------
    xy
        Positions (T, K, 2) in pixels.
    trusted
        (T, K) points that count.
    keypoints
        K names.
    skeleton
        Pairs of names; all pairs if there are none.

    Returns
    -------
    PoseQuality
        Its jitter is that of the keypoints seen often; white noise of the standard deviation σ gives √2 σ.
    """
    known = np.where(trusted[..., None], xy, np.nan)
    moved = displacements(known)
    moved = moved[np.isfinite(moved)]
    quality = PoseQuality()
    length = body_length(known, trusted, keypoints, ())
    if len(moved) >= MIN_VALUES:
        median, p99 = np.percentile(moved, (50, 99)).tolist()
        jumps = float(np.mean(moved > JUMP * length)) if np.isfinite(length) else None
        quality = replace(quality, step_median_px=median, step_p99_px=p99, jumps=jumps)
    often = often_seen_keypoints(known)
    resting = find_resting_steps(known[:, often], length)
    if len(resting) >= MIN_VALUES:
        jitter = displacement_sd(known[:, often], resting)
        quality = replace(quality, jitter_px=float(np.median(jitter)), jitter_worst_px=float(jitter.max()))
    bones = bone_lengths(known, find_bones(keypoints, skeleton))
    enough = np.isfinite(bones).sum(0) >= MIN_VALUES
    if enough.any():
        medians, mads = median_and_mad(bones[:, enough], np.isfinite(bones[:, enough]))
        relative = mads / np.maximum(medians, 1e-9)
        quality = replace(quality, bone_spread=float(np.median(relative)), bone_spread_worst=float(relative.max()))
    return quality


def often_seen_keypoints(xy: np.ndarray) -> np.ndarray:
    """Return which keypoints (K,) of positions (T, K, 2) are known often enough to tell when the animal rests."""
    seen = np.isfinite(xy[..., 0]).sum(0)
    return seen >= OFTEN * seen.max(initial=0)


def find_resting_steps(xy: np.ndarray, length: float) -> np.ndarray:
    """Return the steps (R,) at which an animal of a body length in pixels rests, by its positions (T, K, 2).

    They are the steps around which the mean of the keypoints travels least, among those at which all keypoints are known.
    """
    centre, span = xy.mean(1), 2 * REST_REACH + 1
    travel = np.full(max(0, len(xy) - 1), np.nan)
    if len(xy) > span:
        travel[REST_REACH:-REST_REACH] = np.linalg.norm(centre[span:] - centre[:-span], axis=-1)
    complete = np.isfinite(centre[:, 0])
    travel[~(complete[1:] & complete[:-1])] = np.nan
    quiet = np.argsort(travel, kind="stable")[: max(MIN_VALUES, round(REST_SHARE * np.isfinite(travel).sum()))]
    return quiet[travel[quiet] <= MAX_REST_TRAVEL * length]  # none where the length is unknown


def displacement_sd(xy: np.ndarray, steps: np.ndarray | None = None) -> np.ndarray:
    """Return the standard deviation (K,) along an axis of the movement from frame to frame of positions (T, K, 2).

    Only the given steps (R,) count, if there are any given. NaN for a keypoint with fewer than `MIN_VALUES` known movements.
    """
    spread = np.full(xy.shape[1], np.nan)
    for k in range(xy.shape[1]):
        shift = np.diff(xy[:, k], axis=0) if steps is None else xy[steps + 1, k] - xy[steps, k]
        shift = shift[np.isfinite(shift).all(1)]
        if len(shift) >= MIN_VALUES:
            spread[k] = np.sqrt(shift.var(0, ddof=1).mean())
    return spread


def find_conspicuous_videos(videos: Sequence[str], figures: Mapping[str, np.ndarray]) -> list[str]:
    """Return sentences about the videos whose poses are less steady than those of the others, the worst video first.

    Parameters
    ----------
    videos
        V names.
    figures
        Values (V,) of each of `LEAST_NOTABLE`; NaN where a video has none.
    """
    remarks: dict[str, list[str]] = {}
    for name, least in LEAST_NOTABLE.items():
        values = figures[name]
        if np.isfinite(values).sum() < 3:  # of two videos, either may be the conspicuous one
            continue
        median = float(np.nanmedian(values))
        for v in np.flatnonzero(values > max(CONSPICUOUS * median, least)).tolist():
            remarks.setdefault(videos[v], []).append(f"{name} {values[v]:.2g}, usually {median:.2g}")
    return [f"{video}: {'; '.join(remarks[video])}" for video in sorted(remarks, key=lambda video: -len(remarks[video]))]
