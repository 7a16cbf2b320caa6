"""Filters that smooth a track (T, 2) in pixels, NaN where the point is missing; none adds or drops a point.

Windows and gaps are counted in frames.
"""

import bottleneck
import numpy as np

from posemake.analysis.filter_context import Scene, known_points
from posemake.config.filter_steps import Butterworth, Kalman, Median, Savgol
from posemake.core.errors import PosemakeError

SEPARATE = 100  # frames; points on both sides of a longer gap are smoothed apart
ORDERS = {"velocity": 2, "acceleration": 3}  # of the difference that is noise, in the models of movement


def smooth_median(track: np.ndarray, step: Median, scene: Scene) -> np.ndarray:
    """Beside a gap, and at the ends, the median of what is there of a moving point is not where it is: such a point stays as it
    was. Elsewhere it is that of movement's `rolling_filter`, by the same library."""
    half = step.window // 2
    if len(track) < step.window:
        return track
    smooth = np.full(track.shape, np.nan)
    smooth[half : len(track) - half] = bottleneck.move_median(track, step.window, axis=0)[2 * half :]
    return np.where(np.isfinite(smooth), smooth, track)


def _pieces(track: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First frames (P,) and lengths (P,) of what lies between gaps longer than `SEPARATE`, from known point to known point."""
    at = np.flatnonzero(known_points(track))
    far = np.flatnonzero(np.diff(at) - 1 > SEPARATE)
    first, last = np.concatenate([at[:1], at[far + 1]]), np.concatenate([at[far], at[-1:]])
    return first, last - first + 1


def _frames_of(first: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The frames (N,) of pieces, and of which piece each is (N,)."""
    of = np.repeat(np.arange(len(first)), length)
    return np.arange(len(of)) + (first - np.cumsum(length) + length)[of], of


def _bridged(track: np.ndarray) -> np.ndarray:
    """The track with lines across all its gaps."""
    at = np.flatnonzero(known_points(track))
    if len(at) == len(track):
        return track
    frames = np.arange(len(track))
    return np.stack([np.interp(frames, at, track[at, axis]) for axis in range(2)], axis=1)


def _instead(track: np.ndarray, frames: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """The track with other points (N, 2) at some frames (N,); what is missing stays so."""
    made = np.full(track.shape, np.nan)
    made[frames] = smooth
    return np.where((known_points(track) & known_points(made))[:, None], made, track)


def smooth_savgol(track: np.ndarray, step: Savgol, scene: Scene) -> np.ndarray:
    """Savitzky & Golay (1964); at the ends of a piece, the polynomial of the outermost window. Shorter ones stay as they are."""
    from scipy.signal import savgol_filter

    first, length = _pieces(track)
    first, length = first[length >= step.window], length[length >= step.window]
    if not len(first):
        return track
    half, bridged, given = step.window // 2, _bridged(track), (step.window, step.polyorder)
    smooth = savgol_filter(bridged, *given, axis=0, mode="constant")
    start, end = np.s_[:half], np.s_[half + 1 :]  # of a window, which as a whole is a track of its own
    for begin, part in ((first, start), (first + length - step.window, end)):
        window = begin[:, None] + np.arange(step.window)
        smooth[window[:, part]] = savgol_filter(bridged[window], *given, axis=1, mode="interp")[:, part]
    frames, _ = _frames_of(first, length)
    return _instead(track, frames, smooth[frames])


def design_butterworth(step: Butterworth, rate: float) -> np.ndarray:
    """Sections (S, 6) of the filter of one pass, whose gain after both passes is 1/√2 at the cut-off (Winter 2009).

    Raises
    ------
    PosemakeError
        If the cut-off is not below half of the frame rate.
    """
    from scipy.signal import butter

    if step.cutoff >= rate / 2:
        raise PosemakeError(
            f"filter.steps, butterworth: the cutoff, {step.cutoff:g} Hz, must be below half of the frame rate, which is {rate:g} "
            "per second; lower it, or correct fps in the sheet of videos"
        )
    warped = np.tan(np.pi * step.cutoff / rate) / (np.sqrt(2) - 1) ** (1 / (2 * step.order))
    return butter(step.order, 2 * np.arctan(warped) / np.pi, output="sos")


def smooth_butterworth(track: np.ndarray, step: Butterworth, scene: Scene) -> np.ndarray:
    """Forward and backward, so that nothing is delayed; beyond its ends, a piece goes on as its mirror image about its end.

    Pieces of similar length are filtered together, all of them continued to the same length.
    """
    from scipy.signal import sosfiltfilt

    if len(track) < 2:
        return track
    rate = scene.rate()
    sections, reach = design_butterworth(step, rate), int(np.ceil(2 * step.order * rate / step.cutoff))  # until it settles
    first, length = _pieces(track)
    first, length = first[length > 1], length[length > 1]
    if not len(first):
        return track
    grain = 2 ** np.maximum(np.floor(np.log2(length)).astype(int) - 4, 7)
    room = -(-length // grain) * grain  # follows from a piece alone, so that the other ones do not change its points
    bridged, smooth = _bridged(track), np.empty(track.shape)

    def mirrored(at: np.ndarray) -> np.ndarray:
        turns, on = np.divmod(at, 2 * last)  # there and back
        place = bridged[begin + np.where(on <= last, on, 2 * last - on)]
        ends = bridged[begin], bridged[begin + last]
        return np.where((on <= last)[..., None], place, 2 * ends[1] - place) + 2 * turns[..., None] * (ends[1] - ends[0])

    for size in np.unique(room).tolist():
        begin, last = first[room == size, None], length[room == size, None] - 1
        whole = int(last.min()) + 1  # frames that all have
        place = [mirrored(np.arange(-reach, 0)), bridged[begin + np.arange(whole)], mirrored(np.arange(whole, size + reach))]
        made = sosfiltfilt(sections, np.concatenate(place, axis=1), axis=1, padlen=0)[:, reach : reach + size]
        inside = np.arange(size) <= last
        smooth[(begin + np.arange(size))[inside]] = made[inside]
    frames, _ = _frames_of(first, length)
    return _instead(track, frames, smooth[frames])


def smooth_kalman(track: np.ndarray, step: Kalman, scene: Scene) -> np.ndarray:
    """Fixed-interval smoother of a point whose velocity (acceleration) is a random walk, with nothing known beforehand.

    It is the minimum of Σ (y − x)² / measurement² + Σ (Δᵈx)² / process² over the known points y, d = 2 (3), which is found in one
    banded system of equations (Whittaker 1923) rather than frame by frame.
    """
    from scipy.linalg import solveh_banded

    order, there = ORDERS[step.motion], known_points(track)
    weight = (step.measurement / step.process) ** 2
    difference = np.diff(np.eye(order + 1), order, axis=0)[0]
    first, length = _pieces(track)
    seen = np.diff(np.searchsorted(np.flatnonzero(there), np.append(first, len(track))))
    frames, of = _frames_of(first[seen > order], length[seen > order])
    if not len(frames):
        return track
    known = there[frames]
    joined = np.where(of[order:] == of[: len(of) - order], weight, 0.0)  # differences within a piece
    bands = np.zeros((order + 1, len(frames)))  # of the lower half
    for row in range(order + 1):
        for start in range(order + 1 - row):
            bands[row, start : start + len(joined)] += joined * difference[start] * difference[start + row]
    bands[0] += known
    place = np.where(known[:, None], track[frames], 0.0)
    middle = np.stack([np.bincount(of, place[:, axis]) / np.bincount(of, known) for axis in range(2)], axis=1)[of]
    right = np.where(known[:, None], place - middle, 0.0)
    return _instead(track, frames, solveh_banded(bands, right, lower=True, check_finite=False) + middle)
