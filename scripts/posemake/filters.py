"""Filters of tracks: positions (T, K, 2) of T frames and K keypoints in pixels, NaN where a point is missing.

None adds a point but `Interpolate`, and none of those that smooth drops one. Windows and gaps are counted in frames.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from movement.filtering import rolling_filter
from scipy.interpolate import PchipInterpolator
from scipy.linalg import solveh_banded
from scipy.signal import butter, savgol_filter, sosfiltfilt

from posemake.filter_steps import Bone, Butterworth, Confidence, Hampel, Interpolate, Kalman, Median, Savgol, Speed, Step
from posemake.log import PosemakeError
from posemake.outliers import FLOOR, bone_lengths, usual

# xarray's default compiles each function anew in every job, which takes ten seconds
xr.set_options(use_bottleneck=True, use_numbagg=False)

GAP = 2.5  # times the median distance of frames, from which on frames are missing
SEPARATE = 100  # frames; points on both sides of a longer gap are smoothed apart
BLOCK = 1 << 16  # frames whose windows are in memory at once
ORDERS = {"velocity": 2, "acceleration": 3}  # of the difference that is noise, in the models of movement


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


def _known(track: np.ndarray) -> np.ndarray:
    return np.isfinite(track[:, 0])


def _despeed(track: np.ndarray, step: Speed, scene: Scene) -> np.ndarray:
    """A jump is a step faster than the limit. What lies between two jumps is removed if the way past it is no jump."""
    limit = step.limit * (scene.body if step.unit == "body" else 1.0)
    at = np.flatnonzero(_known(track))  # frames
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
        middle, spread = usual(length, (scene.trusted[:, one] & scene.trusted[:, other])[:, None])
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
    wrong = np.zeros(len(track), bool)
    around = np.convolve(_known(track), np.ones(step.window, int))[half : half + len(track)]  # known points of each window
    enough = _known(track) & (around > half)
    for start in range(0, len(track), BLOCK):
        judged = start + np.flatnonzero(enough[start : start + BLOCK])
        for axis in range(2):
            middle = _medians(windows[judged, axis])
            off = np.abs(track[judged, axis] - middle)
            far = off > step.deviations * FLOOR  # others are right, whatever the deviation
            spread = _medians(np.abs(windows[judged[far], axis] - middle[far, None]))
            wrong[judged[far]] |= off[far] > step.deviations * np.maximum(spread, FLOOR)
    return np.where(wrong[:, None], np.nan, track)


def _interpolate(track: np.ndarray, step: Interpolate, scene: Scene) -> np.ndarray:
    """Gaps of at most ``max_gap`` frames between two points, on a line, or on a piecewise cubic that does not overshoot
    (Fritsch & Carlson 1980). As movement's interpolation, in a fifth of the time."""
    there = _known(track)
    at, gaps = np.flatnonzero(there), np.flatnonzero(~there)
    after = np.searchsorted(at, gaps)
    between = (after > 0) & (after < len(at))
    gaps, after = gaps[between], after[between]
    gaps = gaps[at[after] - at[after - 1] - 1 <= step.max_gap]
    made = track.copy()
    if len(gaps) and step.kind == "pchip":
        made[gaps] = PchipInterpolator(at, track[at], axis=0)(gaps)
    elif len(gaps):
        for axis in range(2):
            made[gaps, axis] = np.interp(gaps, at, track[at, axis])
    return made


def _median(track: np.ndarray, step: Median, scene: Scene) -> np.ndarray:
    """Beside a gap, and at the ends, where movement mirrors the track, the median of a moving point is not where it is: such a
    point stays as it was."""
    half = step.window // 2
    if len(track) < step.window:
        return track
    coords = {"time": np.arange(len(track)), "space": ["x", "y"]}
    table = xr.DataArray(track, dims=("time", "space"), coords=coords)
    smooth = rolling_filter(table, window=step.window, statistic="median").values
    smooth[:half] = smooth[len(track) - half :] = np.nan
    return np.where(np.isfinite(smooth), smooth, track)


def _in_pieces(track: np.ndarray, smooth: Callable[[np.ndarray], np.ndarray], bridge: bool = True) -> np.ndarray:
    """Smooth what lies between gaps longer than `SEPARATE` piece by piece, shorter gaps bridged by a line; all gaps stay."""
    at = np.flatnonzero(_known(track))
    made = track.copy()
    for part in np.split(at, np.flatnonzero(np.diff(at) - 1 > SEPARATE) + 1) if len(at) else []:
        frames = np.arange(part[0], part[-1] + 1)
        piece = track[frames]
        if bridge and len(part) < len(frames):
            piece = np.stack([np.interp(frames, part, track[part, axis]) for axis in range(2)], axis=1)
        made[part] = smooth(piece)[part - part[0]]
    return made


def _savgol(track: np.ndarray, step: Savgol, scene: Scene) -> np.ndarray:
    """Savitzky & Golay (1964); at the ends of a piece, the polynomial of the outermost window. Shorter ones stay as they are."""

    def smooth(piece):
        long = len(piece) >= step.window
        return savgol_filter(piece, step.window, step.polyorder, axis=0, mode="interp") if long else piece

    return _in_pieces(track, smooth)


def design_butterworth(step: Butterworth, rate: float) -> np.ndarray:
    """Sections (S, 6) of the filter of one pass, whose gain after both passes is 1/√2 at the cut-off (Winter 2009).

    Raises
    ------
    PosemakeError
        If the cut-off is not below half of the frame rate.
    """
    if step.cutoff >= rate / 2:
        raise PosemakeError(
            f"filter.steps, butterworth: the cutoff, {step.cutoff:g} Hz, must be below half of the frame rate, which is {rate:g} "
            "per second; lower it, or correct fps in the sheet of videos"
        )
    warped = np.tan(np.pi * step.cutoff / rate) / (np.sqrt(2) - 1) ** (1 / (2 * step.order))
    return butter(step.order, 2 * np.arctan(warped) / np.pi, output="sos")


def _butterworth(track: np.ndarray, step: Butterworth, scene: Scene) -> np.ndarray:
    """Forward and backward, so that nothing is delayed; beyond its ends, a piece goes on as its mirror image about its end."""
    if len(track) < 2:
        return track
    rate = scene.rate()
    sections, reach = design_butterworth(step, rate), int(np.ceil(2 * step.order * rate / step.cutoff))  # until it settles

    def smooth(piece):
        if len(piece) < 2:
            return piece
        longer = np.pad(piece, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
        return sosfiltfilt(sections, longer, axis=0, padlen=0)[reach:-reach]

    return _in_pieces(track, smooth)


def _kalman(track: np.ndarray, step: Kalman, scene: Scene) -> np.ndarray:
    """Fixed-interval smoother of a point whose velocity (acceleration) is a random walk, with nothing known beforehand.

    It is the minimum of Σ (y − x)² / measurement² + Σ (Δᵈx)² / process² over the known points y, d = 2 (3), which is found in one
    banded system of equations (Whittaker 1923) rather than frame by frame.
    """
    order = ORDERS[step.motion]
    weight = (step.measurement / step.process) ** 2
    difference = np.diff(np.eye(order + 1), order, axis=0)[0]

    def smooth(piece):
        there, frames = _known(piece), len(piece)
        if there.sum() <= order:
            return piece
        bands = np.zeros((order + 1, frames))  # of the lower half
        for row in range(order + 1):
            for first in range(order + 1 - row):
                bands[row, first : first + frames - order] += weight * difference[first] * difference[first + row]
        bands[0] += there
        middle = piece[there].mean(0)
        return solveh_banded(bands, np.where(there[:, None], piece - middle, 0.0), lower=True, check_finite=False) + middle

    return _in_pieces(track, smooth, bridge=False)


OF_A_TRACK = {
    Speed: _despeed,
    Hampel: _hampel,
    Interpolate: _interpolate,
    Median: _median,
    Savgol: _savgol,
    Butterworth: _butterworth,
    Kalman: _kalman,
}
