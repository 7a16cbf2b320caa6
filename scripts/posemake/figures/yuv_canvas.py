"""Canvas for drawing into the planes of a video frame; converting to RGB and back would cost more than decoding.

A frame in yuv420p has a plane of brightness (H, W) and two planes of colour (H/2, W/2). Each shape is drawn into all three.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from posemake.video.color_spaces import BT601, BT709, UNSPECIFIED

FIXED_POINT_BITS = 4  # OpenCV draws at 1/16 pixel
NEUTRAL = 128  # value of the planes of colour for grey
TEXT_RIM = (16, NEUTRAL, NEUTRAL)  # black
BT709_ROWS = 720  # rows; players take larger videos for BT.709 if they do not state their colour matrix

YuvColor = tuple[int, int, int]


def uses_bt709(frame: av.VideoFrame | None) -> bool:
    """Return whether the colours of a frame are those of BT.709; not if there is no decoded frame."""
    if frame is None:
        return False
    if frame.colorspace == UNSPECIFIED:
        return frame.height >= BT709_ROWS
    return frame.colorspace in (Colorspace.ITU709, Colorspace.SMPTE240M, Colorspace.BT2020)


def rgb_to_yuv(rgb: tuple[float, float, float], bt709: bool = False) -> YuvColor:
    """Return brightness (16 … 235) and colour (16 … 240) of red, green and blue (0 … 1)."""
    red, blue = BT709 if bt709 else BT601
    r, g, b = rgb
    y = red * r + (1 - red - blue) * g + blue * b
    return round(16 + 219 * y), round(128 + 112 * (b - y) / (1 - blue)), round(128 + 112 * (r - y) / (1 - red))


@lru_cache(256)
def text_masks(text: str, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of each pixel that a text's letters cover, and letters with a rim: two (H, W) in 0 … 1, of even size."""
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

    def __init__(self, planes: list[np.ndarray], corner: Sequence[float] | np.ndarray = (0, 0)):
        self.planes = planes
        self.corner = np.array(corner, float)

    def contains(self, xy: np.ndarray) -> bool:
        """Return whether a position (2,) lies inside."""
        place = xy - self.corner
        return bool((place >= 0).all() and (place < self.planes[0].shape[::-1]).all())

    def to_fixed_point(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return positions (…, 2) as OpenCV's integers, in the plane of brightness and in those of colour.

        Unknown positions (NaN) give any integer.
        """
        place = xy - self.corner
        with np.errstate(invalid="ignore"):
            bright = np.rint(place * (1 << FIXED_POINT_BITS)).astype(np.int32)
            return bright, np.rint((place - 0.5) * (1 << FIXED_POINT_BITS >> 1)).astype(np.int32)

    def draw_disc(self, bright: Sequence[int], half: Sequence[int], radius: int, color: YuvColor, ring: bool = False) -> None:
        """Draw a disc, or a ring of one pixel, around a point.

        Parameters
        ----------
        bright, half
            The point by `to_fixed_point`.
        radius
            Pixels.
        color
            Brightness and colour.
        ring
            Whether only the rim is drawn.
        """
        for number, (plane, value) in enumerate(zip(self.planes, color)):
            size = radius << FIXED_POINT_BITS >> bool(number)
            centre = half if number else bright
            cv2.circle(plane, centre, size, value, 1 if ring else -1, cv2.LINE_AA, FIXED_POINT_BITS)

    def draw_lines(self, bright: list[np.ndarray], half: list[np.ndarray], color: YuvColor) -> None:
        """Draw thin lines.

        Parameters
        ----------
        bright, half
            Points (n, 2) of each line by `to_fixed_point`.
        color
            Brightness and colour.
        """
        for number, (plane, value) in enumerate(zip(self.planes, color)):
            cv2.polylines(plane, half if number else bright, False, value, 1, cv2.LINE_AA, FIXED_POINT_BITS)

    @contextmanager
    def blended(self, xy: np.ndarray, margin: float, opacity: float) -> Iterator["Canvas"]:
        """Yield a canvas around some positions; what is drawn into it is laid over this one at the end.

        Parameters
        ----------
        xy
            Known positions (n, 2).
        margin
            Pixels around them that are drawn into.
        opacity
            Share of what is drawn, in 0 … 1.
        """
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

    def draw_text(self, text: str, at: np.ndarray, color: YuvColor, scale: float, anchor: tuple[float, float]) -> None:
        """Draw a text with a dark rim, moved as little as needed to lie inside; leave it out if it is larger than the canvas.

        Parameters
        ----------
        text
            Text to draw.
        at
            Position (2,).
        color
            Brightness and colour.
        scale
            Size of the letters; 1 is OpenCV's, 22 pixels.
        anchor
            Point of the text's box that lies at the position, in widths and heights of the box; (0, 0) is its upper left corner.
        """
        letters, rim = text_masks(text, scale)
        (high, wide), (height, width) = letters.shape, self.planes[0].shape
        if high > height or wide > width:
            return
        x, y = np.asarray(at) - self.corner - np.array(anchor) * (wide, high)
        x, y = int(np.clip(x, 0, width - wide)) & ~1, int(np.clip(y, 0, height - high)) & ~1
        for number, (plane, value, dark) in enumerate(zip(self.planes, color, TEXT_RIM)):
            part = plane[y : y + high, x : x + wide]
            over, under = letters, rim
            if number:
                part = plane[y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
                over, under = (cv2.resize(mask, part.shape[::-1], interpolation=cv2.INTER_AREA) for mask in (letters, rim))
            part[:] = np.rint(part * (1 - under) + dark * (under - over) + value * over)


def new_frame(size: tuple[int, int]) -> tuple[av.VideoFrame, list[np.ndarray]]:
    """Return a new frame in yuv420p of even size (width, height), and its planes to write to."""
    frame = av.VideoFrame(*size, "yuv420p")
    shapes = (size[::-1], (size[1] // 2, size[0] // 2), (size[1] // 2, size[0] // 2))
    buffers: Any = frame.planes  # they have the buffer protocol, which PyAV's annotations lack
    planes = [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: shape[0], : shape[1]]
        for plane, shape in zip(buffers, shapes)
    ]
    return frame, planes


def copy_region(to: list[np.ndarray], source: list[np.ndarray], corner: tuple[int, int]) -> None:
    """Copy the region of a frame's planes that begins at a corner (x, y).

    Beyond the edge of the source frame, its last row and column are repeated.

    Parameters
    ----------
    to
        Planes to fill.
    source
        Planes of the frame.
    corner
        Upper left pixel of the region, even.
    """
    for number, (plane, image) in enumerate(zip(to, source)):
        x, y = (side >> bool(number) for side in corner)
        part = image[y : y + plane.shape[0], x : x + plane.shape[1]]
        high, wide = part.shape
        plane[:high, :wide] = part
        if wide < plane.shape[1]:
            plane[:high, wide:] = part[:, -1:]
        if high < plane.shape[0]:
            plane[high:] = plane[high - 1]


def downscale_frame(planes: list[np.ndarray], size: tuple[int, int]) -> av.VideoFrame:
    """Return a frame of another even size (width, height), its pixels averaged."""
    frame, target = new_frame(size)
    for plane, image in zip(target, planes):
        cv2.resize(image, plane.shape[::-1], dst=plane, interpolation=cv2.INTER_AREA)
    return frame
