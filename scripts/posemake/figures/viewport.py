"""Frames and part of the frame that the labelled video shows (T frames, K keypoints)."""

from collections.abc import Sequence

import bottleneck
import numpy as np

from posemake.core.errors import PosemakeError

SMOOTHING = 0.4  # seconds, standard deviation over which the viewport's path is smoothed: the eye follows such a camera easily
MAX_OFFSET = 0.25  # share of the viewport's sides that the animal may be off its centre where it is fast


def choose_span(start: int, stop: int, span: Sequence[float], unit: str, times: np.ndarray) -> tuple[int, int]:
    """Return the first frame, and the frame after the last, that are shown.

    Parameters
    ----------
    start, stop
        Frames that the sheet of videos leaves, the second excluded.
    span
        Two frames, the second excluded, or two times in seconds; empty for all frames.
    unit
        ``frames`` or ``s``.
    times
        Seconds of each frame (T,).

    Raises
    ------
    PosemakeError
        If no frame is left.
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


def viewport_size(follow: Sequence[float], frame: tuple[int, int]) -> tuple[int, int]:
    """Return the even width and height of what is shown: all of the frame, or a viewport that follows the animal.

    A frame of odd size is shown with one more row or column, as video codecs want even ones; a viewport is never larger than the
    frame.

    Parameters
    ----------
    follow
        Width and height of the viewport; empty for all of the frame.
    frame
        Width and height of the frame.
    """
    if not follow:
        return frame[0] + frame[0] % 2, frame[1] + frame[1] % 2
    width, height = (max(2, min(int(side) + int(side) % 2, full - full % 2)) for side, full in zip(follow, frame))
    return width, height


def viewport_corners(xy: np.ndarray, size: tuple[int, int], frame: tuple[int, int], fps: float) -> np.ndarray:
    """Return the path of a viewport that follows the animal.

    It follows the centre of the box around the known points, and moves on a straight line where none is known. Its path is
    smoothed by a Gaussian that looks ahead as much as back, so that the viewport neither lags nor shakes.

    Parameters
    ----------
    xy
        Positions (T, K, 2) in pixels.
    size, frame
        Width and height of the viewport and of the frame.
    fps
        Frames per second.

    Returns
    -------
    np.ndarray
        Upper left corners (T, 2) in whole pixels.
    """
    from scipy.ndimage import gaussian_filter1d  # slow to import, and few videos are shown in a viewport

    room = np.maximum(np.subtract(frame, size), 0)
    known = np.isfinite(xy).all(-1)
    seen = known.any(1)
    if not seen.any():
        return np.broadcast_to(room // 2, (len(xy), 2)).astype(int)
    centre = np.full((len(xy), 2), np.nan)
    points = np.where(known[seen][..., None], xy[seen], np.nan)
    centre[seen] = (np.nanmin(points, axis=1) + np.nanmax(points, axis=1)) / 2
    frames = np.arange(len(xy))
    centre = np.stack([np.interp(frames, frames[seen], centre[seen, axis]) for axis in (0, 1)], axis=1)
    path = gaussian_filter1d(centre, SMOOTHING * fps, axis=0, mode="nearest")
    path = np.clip(path, centre - MAX_OFFSET * np.array(size), centre + MAX_OFFSET * np.array(size))
    return np.clip(np.rint(path - np.array(size) / 2), 0, room).astype(int)


def most_active_span(xy: np.ndarray, trusted: np.ndarray, length: int) -> tuple[int, int]:
    """Return the frames (start, stop) in which the animal moves most.

    The movement from a frame to the next is the median over the points that are trusted in both. Of it, the median over the five
    movements around it counts, so that a jump there and back does not.

    Parameters
    ----------
    xy
        Positions (T, K, 2) in pixels.
    trusted
        (T, K) points that count.
    length
        Number of frames; a shorter video is taken whole.

    Returns
    -------
    tuple
        The first span of those with equal movement.
    """
    if len(xy) <= length:
        return 0, len(xy)
    both = trusted[1:] & trusted[:-1] & np.isfinite(xy[1:] + xy[:-1]).all(-1)
    distances = np.linalg.norm(np.where(both[..., None], np.diff(xy, axis=0), 0), axis=-1)
    moved = np.zeros(len(xy))
    known = both.any(1)
    moved[1:][known] = np.nanmedian(np.where(both[known], distances[known], np.nan), axis=1)
    robust = bottleneck.move_median(np.pad(moved, 2, mode="symmetric"), 5)[4:]
    total = np.concatenate([[0.0], np.cumsum(robust)])
    start = int(np.argmax(np.round(total[length:] - total[:-length], 6)))
    return start, start + length
