"""Filters that remove outliers from tracks (T frames, K keypoints)."""

import bottleneck
import numpy as np

from posemake.analysis.filter_context import FilterContext
from posemake.analysis.gaps import known_points
from posemake.analysis.robust import MIN_SPREAD, median_and_mad
from posemake.analysis.skeleton import bone_lengths
from posemake.config.filter_steps import Bone, Hampel, Speed

BLOCK = 1 << 16  # frames whose windows are in memory at once


def remove_jumps(track: np.ndarray, step: Speed, body_length: float) -> np.ndarray:
    """Remove the points of a track (T, 2) that jump away and come back.

    A jump is a movement faster than the limit. The points between two jumps are removed if the movement past them, from the
    point before to the point after, is no jump.

    Parameters
    ----------
    track
        Positions in pixels; NaN where the point is missing.
    step
        The limit per frame, its unit, and the longest excursion in frames.
    body_length
        Pixels, for a limit in body lengths.
    """
    limit = step.limit * (body_length if step.unit == "body" else 1.0)
    frames = np.flatnonzero(known_points(track))
    points = track[frames]
    moves = np.diff(points, axis=0)
    jumps = np.flatnonzero(np.hypot(moves[:, 0], moves[:, 1]) > limit * np.diff(frames))  # numbers of the points before a jump
    returns = np.full(len(jumps), -1)  # number of the first point after the excursion that begins with a jump
    open_jumps = np.arange(len(jumps))  # jumps whose excursion may end with a later jump
    for ahead in range(1, step.max_length + 1):
        open_jumps = open_jumps[open_jumps + ahead < len(jumps)]
        leave, enter = jumps[open_jumps], jumps[open_jumps + ahead] + 1
        duration, across = frames[enter] - frames[leave], points[enter] - points[leave]
        ends = np.hypot(across[:, 0], across[:, 1]) <= limit * duration
        short = duration - 1 <= step.max_length
        returns[open_jumps[ends & short]] = enter[ends & short]
        open_jumps = open_jumps[~ends & short]
    filtered, end = track.copy(), -1
    excursions = np.flatnonzero(returns >= 0)
    for leave, enter in zip(jumps[excursions].tolist(), returns[excursions].tolist()):
        if leave >= end:  # else the jump lies within an earlier excursion
            filtered[frames[leave + 1 : enter]] = np.nan
            end = enter
    return filtered


def misplaced_bone_ends(xy: np.ndarray, step: Bone, context: FilterContext) -> np.ndarray:
    """Find the points at the wrong end of a bone that is too long or too short.

    The wrong end is the one more of whose bones are too long or too short, by their number times their share of the bones seen
    in the frame; where both ends are equal in this, it is the less confident one.

    Parameters
    ----------
    xy
        Positions (T, K, 2) in pixels.
    step
        The greatest deviation of a bone's length from its median, in median absolute deviations.
    context
        Bones, confidence, and the points whose distances give the median lengths.

    Returns
    -------
    np.ndarray
        (T, K) bool.
    """
    frames, keypoints = xy.shape[:2]
    bad_bones, seen_bones = np.zeros((frames, keypoints), np.int16), np.zeros((frames, keypoints), np.int16)
    bad = np.zeros((frames, len(context.bones)), bool)
    for b, (one, other) in enumerate(context.bones):
        lengths = bone_lengths(xy, [(one, other)])  # (T, 1)
        median, mad = median_and_mad(lengths, (context.trusted[:, one] & context.trusted[:, other])[:, None])
        length = lengths[:, 0]
        with np.errstate(invalid="ignore"):
            bad[:, b] = np.abs(length - median) > step.deviations * np.maximum(mad, MIN_SPREAD)
        for end in (one, other):
            bad_bones[:, end] += bad[:, b]
            seen_bones[:, end] += np.isfinite(length)
    blame = bad_bones * (bad_bones / np.maximum(seen_bones, 1))
    confidence = np.nan_to_num(context.confidence, nan=0.0)
    wrong = np.zeros((frames, keypoints), bool)
    for b, (one, other) in enumerate(context.bones):
        more, equal = blame[:, one] - blame[:, other], blame[:, one] == blame[:, other]
        wrong[:, one] |= bad[:, b] & ((more > 0) | (equal & (confidence[:, one] <= confidence[:, other])))
        wrong[:, other] |= bad[:, b] & ((more < 0) | (equal & (confidence[:, other] <= confidence[:, one])))
    return wrong


def remove_hampel_outliers(track: np.ndarray, step: Hampel) -> np.ndarray:
    """Remove points of a track (T, D) by Hampel's identifier (Hampel 1974; Pearson 2002).

    An outlier lies off the median of its window by more than some median absolute deviations, which count `MIN_SPREAD` at least.
    Points are kept where half or more of the window is missing.
    """
    half = step.window // 2
    padded = np.pad(track, ((half, half), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, step.window, axis=0)  # (T, D, W)
    known = bottleneck.move_sum(known_points(padded).astype(float), step.window)[2 * half :]  # number of known points per window
    median = bottleneck.move_median(padded, step.window, min_count=1, axis=0)[2 * half :]
    deviation = np.where((known_points(track) & (known > half))[:, None], np.abs(track - median), 0.0)
    wrong = np.zeros(len(track), bool)
    for axis in range(track.shape[1]):
        far = np.flatnonzero(deviation[:, axis] > step.deviations * MIN_SPREAD)  # nearer ones are right, whatever the spread
        for start in range(0, len(far), BLOCK):
            at = far[start : start + BLOCK]
            mad = bottleneck.nanmedian(np.abs(windows[at, axis] - median[at, axis, None]), axis=1)
            wrong[at] |= deviation[at, axis] > step.deviations * np.maximum(mad, MIN_SPREAD)
    return np.where(wrong[:, None], np.nan, track)
