"""Dynamic cropping: a window that follows an animal that is small in the frame.

Frames come at the network's scale (K keypoints, H W input pixels). The window's corner lies at a multiple of the network's
coarsest stride, so that its heatmaps have the cells of the whole frame. Its points differ from those of the whole frame only by
what the network does not see beyond the window.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from posemake.config.settings import DynamicCrop
from posemake.data.geometry import apply_map, crop_map, inverse
from posemake.networks.runtimes import Runtime

LAG = 4  # frames between a pose and the window placed by it: that many are computed at once, on any machine, for equal results
BORDER = 8  # input pixels; points closer to the border of the window may belong to something beyond it

Corner = tuple[int, int]  # top, left in input pixels
Started = tuple[
    np.ndarray, Corner | None, Callable[[], np.ndarray]
]  # frame, corner of its window, function that gives its points


def window_size(extent: float, margin: float, size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Return the size (H, W) of the window around an animal.

    Parameters
    ----------
    extent
        Input pixels that the animal takes up.
    margin
        Space to see beyond the animal on each side, in extents.
    size
        (H, W) of the whole frame, which the window does not exceed.
    multiple
        Size and corner are multiples of it; the size includes as much again, as the corner is moved to a multiple.
    """
    side = math.ceil((extent * (1 + 2 * margin) + multiple) / multiple) * multiple
    return min(side, size[0]), min(side, size[1])


def window_corner(centre: np.ndarray, window: tuple[int, int], size: tuple[int, int], multiple: int) -> Corner:
    """Return the top and left of a window that lies within the frame.

    Parameters
    ----------
    centre
        (x, y) that the window is placed around.
    window, size
        (H, W) of the window and of the frame.
    multiple
        The corner lies at multiples of it.
    """
    offsets = [(middle - inner / 2, outer - inner) for middle, inner, outer in zip(centre[::-1], window, size)]
    top, left = (min(max(0, round(at / multiple) * multiple), last // multiple * multiple) for at, last in offsets)
    return top, left


class DynamicCropper:
    """Predicts frames within a window around the last pose.

    The whole frame is predicted at first, every so many frames, and where the animal is lost or touches the window's border.

    Parameters
    ----------
    whole, inner
        Runtimes for frames of ``size`` and of ``window``.
    size, window
        (H, W) in input pixels.
    multiple
        As in `window_size`.
    settings
        Interval between whole frames, and the confidence from which a point counts as found.
    """

    def __init__(
        self,
        whole: Runtime,
        inner: Runtime,
        size: tuple[int, int],
        window: tuple[int, int],
        multiple: int,
        settings: DynamicCrop,
    ):
        self.whole, self.inner, self.size, self.window, self.multiple = whole, inner, size, window, multiple
        self.settings = settings
        self.centre: np.ndarray | None = None  # of the last pose; None while the animal is lost
        self.whole_frames = 0  # number of whole frames predicted

    def _start(self, image: np.ndarray) -> Started:
        """Begin to predict a frame, in the window if there is one."""
        if self.centre is None:
            self.whole_frames += 1
            return image, None, self.whole.start(image[None])
        top, left = corner = window_corner(self.centre, self.window, self.size, self.multiple)
        part = image[top : top + self.window[0], left : left + self.window[1]]
        return image, corner, self.inner.start(np.ascontiguousarray(part[None]))

    def _finish(self, image: np.ndarray, corner: Corner | None, wait: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the points (K, 3) of a frame, and place the next window; predict the whole frame if its window is not enough."""
        points = wait()[0]
        found = points[:, 2] >= self.settings.threshold
        if corner is not None:
            top, left = corner
            points[:, :2] = apply_map(inverse(crop_map(left, top)), points[:, :2])
            if not (2 * int(found.sum()) >= len(points) and self._inside(points[found, :2], corner)):
                self.whole_frames += 1
                points = self.whole.start(image[None])()[0]
                found = points[:, 2] >= self.settings.threshold
        enough = 2 * int(found.sum()) >= len(points)  # else the points may not be the animal, or only a part of it
        self.centre = (points[found, :2].min(0) + points[found, :2].max(0)) / 2 if enough else None
        return points

    def _inside(self, xy: np.ndarray, corner: Corner) -> bool:
        """Return whether points (N, 2) lie away from those borders of the window beyond which the frame goes on."""
        first = np.array([left if left else -np.inf for left in corner[::-1]])
        ends = [(a + inner, outer) for a, inner, outer in zip(corner, self.window, self.size)][::-1]
        last = np.array([end if end < outer else np.inf for end, outer in ends])
        return bool(((xy >= first + BORDER) & (xy <= last - 1 - BORDER)).all())

    def predict(self, frames: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, points (K, 3) in the whole frame) of frames (index, (H, W, 3) uint8) in order.

        The points of a frame depend on no frame before the last multiple of ``every`` after the first.
        """
        started: deque[tuple[int, Started]] = deque()
        for count, (index, image) in enumerate(frames):
            afresh = count % self.settings.every == 0
            while started and (afresh or len(started) == LAG):
                earlier, prediction = started.popleft()
                yield earlier, self._finish(*prediction)
            if afresh:
                self.centre = None
                yield index, self._finish(*self._start(image))
            else:
                started.append((index, self._start(image)))
        for earlier, prediction in started:
            yield earlier, self._finish(*prediction)
