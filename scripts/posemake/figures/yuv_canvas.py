"""Drawing into the planes of a video frame, without the way through RGB, which costs more than decoding it.

A frame in yuv420p has a plane of brightness (H, W) and two of colour (H/2, W/2); each shape is drawn into all three.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from posemake.video.frame import BT601, BT709
from posemake.video.writer import UNSAID

SHIFT = 4  # OpenCV draws at 1/16 pixel
NEUTRAL = 128  # colour of what has none
BT709_FROM = 720  # rows, from which on players take video for BT.709 that does not tell its matrix


def uses_bt709(frame: av.VideoFrame | None) -> bool:
    """Whether the colours of a frame are BT.709's (of an image: no)."""
    if frame is None:
        return False
    if frame.colorspace == UNSAID:
        return frame.height >= BT709_FROM
    return frame.colorspace in (Colorspace.ITU709, Colorspace.SMPTE240M, Colorspace.BT2020)


def yuv(rgb: tuple[float, float, float], bt709: bool = False) -> tuple[int, int, int]:
    """Brightness (16 … 235) and colour (16 … 240) of red, green and blue (0 … 1)."""
    red, blue = BT709 if bt709 else BT601
    r, g, b = rgb
    y = red * r + (1 - red - blue) * g + blue * b
    return round(16 + 219 * y), round(128 + 112 * (b - y) / (1 - blue)), round(128 + 112 * (r - y) / (1 - red))


@lru_cache(256)
def letters(text: str, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """How much of a text's letters, and of a dark rim around them, covers each pixel: two (H, W) in 0 … 1, of even size."""
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    mask = np.zeros(((height + below + 4) // 2 * 2 + 2, (width + 6) // 2 * 2 + 2), np.uint8)
    cv2.putText(mask, text, (3, height + 2), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    rim = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return mask.astype(np.float32) / 255, rim.astype(np.float32) / 255


class Canvas:
    """A part of a frame that is drawn into, in place.

    Parameters
    ----------
    planes
        Views of the three planes.
    corner
        (x, y) in the whole frame of the part's upper left pixel; positions are those of the whole frame.
    """

    def __init__(self, planes: list[np.ndarray], corner: tuple[int, int] = (0, 0)):
        self.planes = planes
        self.corner = np.array(corner, float)

    def shows(self, xy: np.ndarray) -> bool:
        """Whether a position (2,) is inside."""
        place = xy - self.corner
        return bool((place >= 0).all() and (place < self.planes[0].shape[::-1]).all())

    def fixed(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions (..., 2) for OpenCV, in the plane of brightness and in those of colour; unknown ones lie anywhere."""
        place = xy - self.corner
        with np.errstate(invalid="ignore"):
            bright = np.rint(place * (1 << SHIFT)).astype(np.int32)
            return bright, np.rint((place - 0.5) * (1 << SHIFT >> 1)).astype(np.int32)

    def disc(self, bright: list[int], half: list[int], radius: int, color: tuple[int, int, int], ring: bool = False) -> None:
        """A disc, or a ring of one pixel, around a point that is `fixed`."""
        for number, (plane, value) in enumerate(zip(self.planes, color)):
            size = radius << SHIFT >> bool(number)
            cv2.circle(plane, half if number else bright, size, value, 1 if ring else -1, cv2.LINE_AA, SHIFT)

    def lines(self, bright: list[np.ndarray], half: list[np.ndarray], color: tuple[int, int, int]) -> None:
        """Thin lines through points that are `fixed`, each (n, 2)."""
        for number, (plane, value) in enumerate(zip(self.planes, color)):
            cv2.polylines(plane, half if number else bright, False, value, 1, cv2.LINE_AA, SHIFT)

    @contextmanager
    def faint(self, xy: np.ndarray, margin: float, opacity: float) -> Iterator["Canvas"]:
        """Give a canvas for what is drawn around known positions (n, 2); at the end it is laid over this one."""
        height, width = self.planes[0].shape
        place = xy - self.corner
        box = [*(place.min(0) - margin), *(place.max(0) + margin + 2)]
        x1, y1, x2, y2 = (max(0, min(int(value), side)) & ~1 for value, side in zip(box, (width, height) * 2))
        under = [p[y1 >> half : y2 >> half, x1 >> half : x2 >> half] for p, half in zip(self.planes, (0, 1, 1))]
        if under[0].size:
            over = Canvas([part.copy() for part in under], np.add(self.corner, (x1, y1)))
            yield over
            for part, drawn in zip(under, over.planes):
                part[:] = cv2.addWeighted(drawn, opacity, part, 1 - opacity, 0)
        else:  # all of it lies outside
            yield Canvas([np.zeros((2, 2), np.uint8) for _ in range(3)], self.corner - 1e4)

    def text(self, words: str, at: np.ndarray, color: tuple[int, int, int], scale: float, anchor: tuple[float, float]) -> None:
        """Words with a dark rim, moved as little as needed to be inside.

        ``anchor`` is the place of the words' box, in its widths and heights, that lies at the position; (0, 0) its upper left.
        """
        letter, rim = letters(words, scale)
        (high, wide), (height, width) = letter.shape, self.planes[0].shape
        if high > height or wide > width:
            return
        x, y = np.asarray(at) - self.corner - np.array(anchor) * (wide, high)
        x, y = int(np.clip(x, 0, width - wide)) & ~1, int(np.clip(y, 0, height - high)) & ~1
        for number, (plane, value, dark) in enumerate(zip(self.planes, color, (16, NEUTRAL, NEUTRAL))):
            part = plane[y : y + high, x : x + wide]
            fill, under = letter, rim
            if number:
                part = plane[y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
                fill, under = (cv2.resize(m, part.shape[::-1], interpolation=cv2.INTER_AREA) for m in (letter, rim))
            part[:] = np.rint(part * (1 - under) + dark * (under - fill) + value * fill)


def blank(size: tuple[int, int]) -> tuple[av.VideoFrame, list[np.ndarray]]:
    """A new frame in yuv420p of even size (width, height), and its planes to write to."""
    frame = av.VideoFrame(*size, "yuv420p")
    shapes = (size[::-1], (size[1] // 2, size[0] // 2), (size[1] // 2, size[0] // 2))
    planes = [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: shape[0], : shape[1]]
        for plane, shape in zip(frame.planes, shapes)
    ]
    return frame, planes


def fill(to: list[np.ndarray], source: list[np.ndarray], corner: tuple[int, int]) -> None:
    """Copy the part of a frame's planes that begins at a corner; behind the frame's edge, its last row and column go on."""
    for number, (plane, image) in enumerate(zip(to, source)):
        x, y = (side >> bool(number) for side in corner)
        part = image[y : y + plane.shape[0], x : x + plane.shape[1]]
        high, wide = part.shape
        plane[:high, :wide] = part
        if wide < plane.shape[1]:
            plane[:high, wide:] = part[:, -1:]
        if high < plane.shape[0]:
            plane[high:] = plane[high - 1]


def smaller(planes: list[np.ndarray], size: tuple[int, int]) -> av.VideoFrame:
    """A frame of another even size, its pixels averaged."""
    made, into = blank(size)
    for plane, image in zip(into, planes):
        cv2.resize(image, plane.shape[::-1], dst=plane, interpolation=cv2.INTER_AREA)
    return made
