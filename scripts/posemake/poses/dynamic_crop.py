"""A window that goes with the animal, for one that is small in the frame (K keypoints, H W pixels of the network's input).

Frames come at the network's scale. A window's corner lies at a multiple of the network's coarsest stride, so that it falls on the
same grid as the whole frame and its points are those of the whole frame, but for what the network sees beyond the window.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from posemake.config.settings import Follow
from posemake.networks.runtimes import Runtime

LAG = 4  # frames that a window is behind: as many are computed at the same time, on any machine, so that the result is the same
BORDER = 8  # input pixels; points that close to a window's border may be a part of what lies beyond it


def window_size(extent: float, margin: float, size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Size (H, W) of the window around an animal.

    Parameters
    ----------
    extent
        Input pixels that the animal takes up.
    margin
        To be seen beyond it on each side, in extents.
    size
        (H, W) of the whole frame, which the window does not exceed.
    multiple
        That sizes and corners divide by; as much is added for the corners that are moved to it.
    """
    side = math.ceil((extent * (1 + 2 * margin) + multiple) / multiple) * multiple
    return min(side, size[0]), min(side, size[1])


def corner(centre: np.ndarray, window: tuple[int, int], size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Top and left of a window (H, W) about a centre (x, y), within the frame, at a multiple."""
    tops = [(middle - inner / 2, outer - inner) for middle, inner, outer in zip(centre[::-1], window, size)]
    top, left = (min(max(0, round(at / multiple) * multiple), last // multiple * multiple) for at, last in tops)
    return top, left


class Follower:
    """Looks at a window around the last pose; at the whole frame at first, every so often, and where the animal is lost.

    Parameters
    ----------
    whole, inner
        Compute frames of ``size`` and of ``window``.
    size, window
        (H, W) in input pixels.
    multiple
        As of `window_size`.
    """

    def __init__(
        self, whole: Runtime, inner: Runtime, size: tuple[int, int], window: tuple[int, int], multiple: int, settings: Follow
    ):
        self.whole, self.inner, self.size, self.window, self.multiple = whole, inner, size, window, multiple
        self.settings = settings
        self.centre: np.ndarray | None = None  # of the last pose; None while the animal is lost
        self.looked = 0  # at whole frames

    def _start(self, image: np.ndarray) -> tuple[np.ndarray, tuple[int, int] | None, Callable[[], np.ndarray]]:
        if self.centre is None:
            self.looked += 1
            return image, None, self.whole.start(image[None])
        top, left = at = corner(self.centre, self.window, self.size, self.multiple)
        part = image[top : top + self.window[0], left : left + self.window[1]]
        return image, at, self.inner.start(np.ascontiguousarray(part[None]))

    def _finish(self, image: np.ndarray, at: tuple[int, int] | None, wait: Callable[[], np.ndarray]) -> np.ndarray:
        points = wait()[0]
        sure = points[:, 2] >= self.settings.threshold
        if at is not None:
            points[:, :2] += at[::-1]
            if not (2 * int(sure.sum()) >= len(points) and self._inside(points[sure, :2], at)):
                self.looked += 1
                at, points = None, self.whole.start(image[None])()[0]
                sure = points[:, 2] >= self.settings.threshold
        enough = 2 * int(sure.sum()) >= len(points)  # else what is seen may not be the animal, or a part of it only
        self.centre = (points[sure, :2].min(0) + points[sure, :2].max(0)) / 2 if enough else None
        return points

    def _inside(self, xy: np.ndarray, at: tuple[int, int]) -> bool:
        """Whether points (N, 2) lie away from borders of the window beyond which the frame goes on."""
        first = np.array([left if left else -np.inf for left in at[::-1]])
        ends = [(a + inner, outer) for a, inner, outer in zip(at, self.window, self.size)][::-1]
        last = np.array([end if end < outer else np.inf for end, outer in ends])
        return bool(((xy >= first + BORDER) & (xy <= last - 1 - BORDER)).all())

    def track(self, frames: Iterator[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, points (K, 3) in the whole frame) of frames (index, (H, W, 3) uint8) in order.

        What is found of a frame depends on no frame before the last multiple of ``every`` after the first.
        """
        under_way: deque = deque()
        for count, (index, image) in enumerate(frames):
            afresh = count % self.settings.every == 0
            while under_way and (afresh or len(under_way) == LAG):
                earlier, started = under_way.popleft()
                yield earlier, self._finish(*started)
            if afresh:
                self.centre = None
                yield index, self._finish(*self._start(image))
            else:
                under_way.append((index, self._start(image)))
        for earlier, started in under_way:
            yield earlier, self._finish(*started)
