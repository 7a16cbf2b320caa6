"""Filters that smooth a track; they neither add nor remove points (T frames, D dimensions).

A point of a track (T, D) in pixels is missing where it is NaN.
"""

import bottleneck
import numpy as np

from posemake.analysis.filter_context import FilterContext
from posemake.analysis.gaps import bridge_gaps, find_pieces, known_points, piece_frames, replace_known
from posemake.config.filter_steps import Butterworth, Kalman, Median, Savgol
from posemake.core.errors import PosemakeError

DIFFERENCE_ORDER = {"velocity": 2, "acceleration": 3}  # of the difference of positions that is noise in each model of motion


def smooth_median(track: np.ndarray, step: Median) -> np.ndarray:
    """Smooth by the running median, where its window is whole; the results are those of movement's `rolling_filter`.

    Beside a gap and at the ends of the track, the median of a moving point would lag behind it: points there stay as they are.
    """
    half = step.window // 2
    if len(track) < step.window:
        return track
    smooth = np.full(track.shape, np.nan)
    smooth[half : len(track) - half] = bottleneck.move_median(track, step.window, axis=0)[2 * half :]
    return np.where(np.isfinite(smooth), smooth, track)


def smooth_savgol(track: np.ndarray, step: Savgol) -> np.ndarray:
    """Smooth by polynomials fitted to a running window (Savitzky & Golay 1964).

    At the ends of a piece, the polynomial of its outermost window applies. Pieces shorter than the window stay as they are.
    """
    from scipy.signal import savgol_filter

    first, length = find_pieces(track)
    first, length = first[length >= step.window], length[length >= step.window]
    if not len(first):
        return track
    half, bridged = step.window // 2, bridge_gaps(track)
    smooth = savgol_filter(bridged, step.window, step.polyorder, axis=0, mode="constant")
    for begin, part in ((first, slice(None, half)), (first + length - step.window, slice(half + 1, None))):
        window = begin[:, None] + np.arange(step.window)  # frames of the outermost window of each piece
        smooth[window[:, part]] = savgol_filter(bridged[window], step.window, step.polyorder, axis=1, mode="interp")[:, part]
    frames, _ = piece_frames(first, length)
    return replace_known(track, frames, smooth[frames])


def design_butterworth(step: Butterworth, rate: float) -> np.ndarray:
    """Return the sections (S, 6) of the filter of one pass, whose gain after both passes is 1/√2 at the cut-off (Winter 2009).

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


def smooth_butterworth(track: np.ndarray, step: Butterworth, context: FilterContext) -> np.ndarray:
    """Smooth by a low-pass filter, applied forward and backward so that nothing is delayed.

    A filter needs values before the first and after the last point of a piece. They are taken from the mirror image of the piece
    about its end point: x(-t) = 2 x(0) - x(t) before the first point, and in the same way after the last one. So position and
    velocity go on without a step, and a point that moves evenly keeps its place up to the end. Where the piece is shorter than
    the filter needs, the mirror image is mirrored in turn: over the period of twice the piece's last frame number, the piece goes
    forward, then its mirror image, and the whole moves on by twice the distance of its two end points.

    Pieces of similar length are filtered together. They are continued to the same length, which follows from a piece's own length
    alone, so that no piece changes the points of another one.

    Parameters
    ----------
    track
        Positions (T, D) in pixels.
    step
        Cut-off frequency and order.
    context
        Holds the times of the frames, which give the frame rate.

    Raises
    ------
    PosemakeError
        If the times give no frame rate, or the cut-off is not below half of it.
    """
    from scipy.signal import sosfiltfilt

    if len(track) < 2:
        return track
    rate = context.frame_rate()
    sections = design_butterworth(step, rate)
    reach = int(np.ceil(2 * step.order * rate / step.cutoff))  # frames until the filter has settled
    first, length = find_pieces(track)
    first, length = first[length > 1], length[length > 1]
    if not len(first):
        return track
    grain = 2 ** np.maximum(np.floor(np.log2(length)).astype(int) - 4, 7)
    padded_length = -(-length // grain) * grain
    bridged, smooth = bridge_gaps(track), np.empty(track.shape)
    for size in np.unique(padded_length).tolist():
        begin, last = first[padded_length == size, None], length[padded_length == size, None] - 1
        whole = int(last.min()) + 1  # frames that lie within all of these pieces
        before = _mirrored(bridged, begin, last, np.arange(-reach, 0))
        after = _mirrored(bridged, begin, last, np.arange(whole, size + reach))
        continued = np.concatenate([before, bridged[begin + np.arange(whole)], after], axis=1)
        filtered = sosfiltfilt(sections, continued, axis=1, padlen=0)[:, reach : reach + size]
        inside = np.arange(size) <= last
        smooth[(begin + np.arange(size))[inside]] = filtered[inside]
    frames, _ = piece_frames(first, length)
    return replace_known(track, frames, smooth[frames])


def _mirrored(track: np.ndarray, begin: np.ndarray, last: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Return the points (P, N, D) at offsets (N,) from the first frames of pieces that are continued by their mirror images.

    Parameters
    ----------
    track
        (T, D) without gaps.
    begin
        (P, 1) first frame of each piece.
    last
        (P, 1) offset of its last frame.
    offset
        (N,) frames from the first one; may be negative.
    """
    periods, within = np.divmod(offset, 2 * last)  # a period is the piece and its mirror image
    points = track[begin + np.where(within <= last, within, 2 * last - within)]
    start, end = track[begin], track[begin + last]
    return np.where((within <= last)[..., None], points, 2 * end - points) + 2 * periods[..., None] * (end - start)


def smooth_kalman(track: np.ndarray, step: Kalman) -> np.ndarray:
    """Smooth by the fixed-interval smoother of a point whose velocity (or acceleration) is a random walk with unknown start.

    It minimises Σ (y − x)² / measurement² + Σ (Δᵈx)² / process² over the known points y, with d = 2 (or 3). The minimum is found
    in one banded system of equations (Whittaker 1923) rather than frame by frame.
    """
    from scipy.linalg import solveh_banded

    order, known_of_track = DIFFERENCE_ORDER[step.motion], known_points(track)
    weight = (step.measurement / step.process) ** 2
    difference = np.diff(np.eye(order + 1), order, axis=0)[0]
    first, length = find_pieces(track)
    points = np.diff(np.searchsorted(np.flatnonzero(known_of_track), np.append(first, len(track))))  # known points of each piece
    frames, piece = piece_frames(first[points > order], length[points > order])
    if not len(frames):
        return track
    known = known_of_track[frames]
    weights = np.where(piece[order:] == piece[: len(piece) - order], weight, 0.0)  # 0 for differences across pieces
    bands = np.zeros((order + 1, len(frames)))  # of the lower half of the matrix
    for row in range(order + 1):
        for start in range(order + 1 - row):
            bands[row, start : start + len(weights)] += weights * difference[start] * difference[start + row]
    bands[0] += known
    position = np.where(known[:, None], track[frames], 0.0)
    count = np.bincount(piece, known)
    mean = np.stack([np.bincount(piece, position[:, axis]) / count for axis in range(track.shape[1])], axis=1)[piece]
    right = np.where(known[:, None], position - mean, 0.0)
    return replace_known(track, frames, solveh_banded(bands, right, lower=True, check_finite=False) + mean)
