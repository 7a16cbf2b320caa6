"""Filters of tracks: positions (T, K, 2) of T frames and K keypoints in pixels, NaN where a point is missing.

None adds a point but `Interpolate`, and none of those that smooth drops one. Windows and gaps are counted in frames.
"""

import bottleneck
import numpy as np

from posemake.analysis.filter_context import Scene, known_points
from posemake.analysis.pose_outliers import FLOOR
from posemake.analysis.robust import median_and_mad
from posemake.analysis.skeleton import bone_lengths
from posemake.analysis.smoothing import smooth_butterworth, smooth_kalman, smooth_median, smooth_savgol
from posemake.config.filter_steps import Bone, Butterworth, Confidence, Hampel, Interpolate, Kalman, Median, Savgol, Speed, Step

BLOCK = 1 << 16  # frames whose windows are in memory at once


def apply_step(step: Step, xy: np.ndarray, scene: Scene) -> np.ndarray:
    """Positions (T, K, 2) after one step; the given ones stay as they are.

    Raises
    ------
    PosemakeError
        If the frame rate does not allow for the cut-off frequency.
    """
    if isinstance(step, Confidence):
        return np.where(scene.trusted[..., None], xy, np.nan)
    if isinstance(step, Bone):
        return np.where(_off_bones(xy, step, scene)[..., None], np.nan, xy)
    made = np.empty(xy.shape)
    for k in range(xy.shape[1]):
        made[:, k] = OF_A_TRACK[type(step)](np.ascontiguousarray(xy[:, k]), step, scene)
    return made


def _despeed(track: np.ndarray, step: Speed, scene: Scene) -> np.ndarray:
    """A jump is a step faster than the limit. What lies between two jumps is removed if the way past it is no jump."""
    limit = step.limit * (scene.body if step.unit == "body" else 1.0)
    at = np.flatnonzero(known_points(track))  # frames
    place = track[at]
    moves = np.diff(place, axis=0)
    jumps = np.flatnonzero(np.hypot(moves[:, 0], moves[:, 1]) > limit * np.diff(at))  # numbers of the last points before
    back = np.full(len(jumps), -1)  # number of the first point after the excursion that begins with a jump
    waiting = np.arange(len(jumps))  # jumps whose excursion may end with a later one
    for ahead in range(1, step.max_length + 1):
        waiting = waiting[waiting + ahead < len(jumps)]
        leave, enter = jumps[waiting], jumps[waiting + ahead] + 1
        away, across = at[enter] - at[leave], place[enter] - place[leave]
        ends = np.hypot(across[:, 0], across[:, 1]) <= limit * away
        soon = away - 1 <= step.max_length
        back[waiting[ends & soon]] = enter[ends & soon]
        waiting = waiting[~ends & soon]
    made, end = track.copy(), -1
    found = np.flatnonzero(back >= 0)
    for leave, enter in zip(jumps[found].tolist(), back[found].tolist()):
        if leave >= end:  # else the jump begins within an excursion
            made[at[leave + 1 : enter]] = np.nan
            end = enter
    return made


def _off_bones(xy: np.ndarray, step: Bone, scene: Scene) -> np.ndarray:
    """Points (T, K) at the wrong end of a bone that is too long or too short.

    Of both ends, that is the one more of whose bones are off (their number times their share of those seen), else the less
    confident one.
    """
    frames, keypoints = xy.shape[:2]
    off, seen = np.zeros((frames, keypoints), np.int16), np.zeros((frames, keypoints), np.int16)
    bad = np.zeros((frames, len(scene.bones)), bool)
    for b, (one, other) in enumerate(scene.bones):
        length = bone_lengths(xy, [(one, other)])  # (T, 1)
        middle, spread = median_and_mad(length, (scene.trusted[:, one] & scene.trusted[:, other])[:, None])
        length = length[:, 0]
        with np.errstate(invalid="ignore"):
            bad[:, b] = np.abs(length - middle) > step.deviations * np.maximum(spread, FLOOR)
        for end in (one, other):
            off[:, end] += bad[:, b]
            seen[:, end] += np.isfinite(length)
    blame = off * (off / np.maximum(seen, 1))
    sure = np.nan_to_num(scene.confidence, nan=0.0)
    wrong = np.zeros((frames, keypoints), bool)
    for b, (one, other) in enumerate(scene.bones):
        more, alike = blame[:, one] - blame[:, other], blame[:, one] == blame[:, other]
        wrong[:, one] |= bad[:, b] & ((more > 0) | (alike & (sure[:, one] <= sure[:, other])))
        wrong[:, other] |= bad[:, b] & ((more < 0) | (alike & (sure[:, other] <= sure[:, one])))
    return wrong


def _medians(rows: np.ndarray) -> np.ndarray:
    """Median (N,) of the known values of each row (N, W), of which there is one at least; overwrites the rows."""
    count = np.isfinite(rows).sum(1)
    rows.sort(axis=1)  # NaN goes to the end
    which = np.arange(len(rows))
    return (rows[which, (count - 1) // 2] + rows[which, count // 2]) / 2


def _hampel(track: np.ndarray, step: Hampel, scene: Scene) -> np.ndarray:
    """Hampel's identifier (Hampel 1974; Pearson 2002): off the median of the window by more than some median absolute
    deviations, which count half a pixel at least. Nothing is said where half of the window is missing."""
    half = step.window // 2
    padded = np.pad(track, ((half, half), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, step.window, axis=0)  # (T, 2, W)
    around = bottleneck.move_sum(known_points(padded).astype(float), step.window)[2 * half :]  # known points of each window
    middle = bottleneck.move_median(padded, step.window, min_count=1, axis=0)[2 * half :]
    off = np.where((known_points(track) & (around > half))[:, None], np.abs(track - middle), 0.0)
    wrong = np.zeros(len(track), bool)
    for axis in range(2):
        far = np.flatnonzero(off[:, axis] > step.deviations * FLOOR)  # others are right, whatever the deviation
        for start in range(0, len(far), BLOCK):
            at = far[start : start + BLOCK]
            spread = _medians(np.abs(windows[at, axis] - middle[at, axis, None]))
            wrong[at] |= off[at, axis] > step.deviations * np.maximum(spread, FLOOR)
    return np.where(wrong[:, None], np.nan, track)


def _interpolate(track: np.ndarray, step: Interpolate, scene: Scene) -> np.ndarray:
    """Gaps of at most ``max_gap`` frames between two points, on a line, or on a piecewise cubic that does not overshoot
    (Fritsch & Carlson 1980). As movement's interpolation, in a fifth of the time."""
    there = known_points(track)
    at, gaps = np.flatnonzero(there), np.flatnonzero(~there)
    after = np.searchsorted(at, gaps)
    between = (after > 0) & (after < len(at))
    gaps, after = gaps[between], after[between]
    gaps = gaps[at[after] - at[after - 1] - 1 <= step.max_gap]
    made = track.copy()
    if len(gaps) and step.kind == "pchip":
        from scipy.interpolate import PchipInterpolator

        made[gaps] = PchipInterpolator(at, track[at], axis=0)(gaps)
    elif len(gaps):
        for axis in range(2):
            made[gaps, axis] = np.interp(gaps, at, track[at, axis])
    return made


OF_A_TRACK = {
    Speed: _despeed,
    Hampel: _hampel,
    Interpolate: _interpolate,
    Median: smooth_median,
    Savgol: smooth_savgol,
    Butterworth: smooth_butterworth,
    Kalman: smooth_kalman,
}
