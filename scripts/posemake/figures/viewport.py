"""Which frames of a video, and which part of them, are shown (T frames, K keypoints)."""

import bottleneck
import numpy as np

from posemake.core.errors import PosemakeError

SMOOTH = 0.4  # seconds, standard deviation over which the window's way is smoothed: a person's eye follows such a camera easily
LOOSE = 0.25  # of the window's sides, that the animal may be off its middle where it is fast


def chosen_span(start: int, stop: int, span: tuple[float, ...], unit: str, times: np.ndarray) -> tuple[int, int]:
    """First frame, and the frame after the last, of those in start … stop that the setting wants.

    Parameters
    ----------
    span
        Empty for all; or two frames, the second excluded, or, with the ``unit`` s, two times in seconds.
    times
        Seconds of each frame (T,).

    Raises
    ------
    PosemakeError
        If none is left.
    """
    if not span:
        return start, stop
    begin, end = np.searchsorted(times, span) if unit == "s" else span
    first, last = max(start, int(begin)), min(stop, int(end))
    if first >= last:
        raise PosemakeError(
            f"`render.span` {span[0]:g} to {span[1]:g} ({unit}) leaves no frame of {start} to {stop}, the video's or those "
            f"that the sheet bounds ({times[start]:.1f} to {times[stop - 1]:.1f} s); correct one of them"
        )
    return first, last


def window_size(follow: tuple[float, ...], frame: tuple[int, int]) -> tuple[int, int]:
    """Width and height of what is shown: all of the frame without ``follow``; even, as video codecs want it.

    A frame of odd size is shown with one more row or column; a window is never larger than the frame.
    """
    if not follow:
        return frame[0] + frame[0] % 2, frame[1] + frame[1] % 2
    return tuple(max(2, min(int(side) + int(side) % 2, of - of % 2)) for side, of in zip(follow, frame))


def window_corners(xy: np.ndarray, size: tuple[int, int], frame: tuple[int, int], fps: float) -> np.ndarray:
    """Upper left corners (T, 2), whole pixels, of a window of some size that follows positions (T, K, 2) within the frame.

    The middle of the animal is that of the box around its known points; where none is known, it moves on a straight line. Its way
    is smoothed by a Gaussian that looks ahead as much as back, so that the window neither lags nor shakes.
    """
    from scipy.ndimage import gaussian_filter1d  # slow to import, and few videos are shown in a window

    room = np.maximum(np.subtract(frame, size), 0)
    known = np.isfinite(xy).all(-1)
    seen = known.any(1)
    if not seen.any():
        return np.broadcast_to(room // 2, (len(xy), 2)).astype(int)
    middle = np.full((len(xy), 2), np.nan)
    some = np.where(known[seen][..., None], xy[seen], np.nan)
    middle[seen] = (np.nanmin(some, axis=1) + np.nanmax(some, axis=1)) / 2
    at = np.arange(len(xy))
    middle = np.stack([np.interp(at, at[seen], middle[seen, axis]) for axis in (0, 1)], axis=1)
    way = gaussian_filter1d(middle, SMOOTH * fps, axis=0, mode="nearest")
    way = np.clip(way, middle - LOOSE * np.array(size), middle + LOOSE * np.array(size))
    return np.clip(np.rint(way - np.array(size) / 2), 0, room).astype(int)


def liveliest(xy: np.ndarray, trusted: np.ndarray, length: int) -> tuple[int, int]:
    """The stretch of ``length`` frames, as (start, stop), in which positions (T, K, 2) that are trusted (T, K) move most.

    A step counts by the median of the points that are trusted before and after it, and by the median of the five steps around it,
    so that a jump there and back does not count. Of equal stretches it is the first; a shorter track is taken whole.
    """
    if len(xy) <= length:
        return 0, len(xy)
    both = trusted[1:] & trusted[:-1] & np.isfinite(xy[1:] + xy[:-1]).all(-1)
    steps = np.linalg.norm(np.where(both[..., None], np.diff(xy, axis=0), 0), axis=-1)
    moved = np.zeros(len(xy))
    some = both.any(1)
    moved[1:][some] = np.nanmedian(np.where(both[some], steps[some], np.nan), axis=1)
    usual = bottleneck.move_median(np.pad(moved, 2, mode="symmetric"), 5)[4:]
    total = np.concatenate([[0.0], np.cumsum(usual)])
    start = int(np.argmax(np.round(total[length:] - total[:-length], 6)))
    return start, start + length
