"""One frame as it was decoded, and its conversions."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange

from posemake.core.atomic import write_bytes

# planes 1 and 2 of these are colour, at full size or half of it
PLANAR = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p")
LUMA_FIRST = (*PLANAR, "nv12", "gray")  # plane 0 is brightness
FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)
# weights of red and blue in the brightness, by what a file says of its colours; one that says nothing is taken for BT.601
BT601, BT709, BT2020 = (0.299, 0.114), (0.2126, 0.0722), (0.2627, 0.0593)
RED_BLUE = {1: BT709, 2: BT601, 5: BT601, 6: BT601, 9: BT2020}
LIMITED = [np.rint(16 + np.arange(256) * 219 / 255), np.rint(128 + (np.arange(256) - 128) * 224 / 255)]  # brightness, colour


def upright_size(frame: av.VideoFrame) -> tuple[int, int]:
    """Width and height of a decoded frame once it is turned as its file asks for."""
    return (frame.height, frame.width) if round(frame.rotation / 90) % 2 else (frame.width, frame.height)


def rgb_matrix(red: float, blue: float, full: bool) -> np.ndarray:
    """The matrix (3, 4) that makes RGB of brightness, Cb, Cr and 1, all in 0 … 255 (ITU-T H.273, equations 38 to 43)."""
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if full else (255 / 219, 255 / 224)
    of_cb, of_cr = 2 * (1 - blue) * chroma, 2 * (1 - red) * chroma
    matrix = np.array([[luma, 0, of_cr], [luma, -of_cb * blue / green, -of_cr * red / green], [luma, of_cb, 0]])
    return np.column_stack([matrix, -matrix @ [0 if full else 16, 128, 128]])


def save_png(image: np.ndarray, path: str | Path) -> None:
    """Write an image (H, W, 3), RGB, uint8, as PNG."""
    write_bytes(path, cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes())


def is_full(frame: av.VideoFrame) -> bool:
    """Whether brightness and colour of a frame span 0 to 255."""
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def _sized(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A plane averaged to a size (width, height), or enlarged to it."""
    if plane.shape[::-1] == size:
        return plane
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA if plane.shape[1] >= size[0] else cv2.INTER_LINEAR)


class Picture:
    """A decoded frame, converted when asked: the pixels of a file's frame, or an image (H, W[, 3]).

    ``size`` (width, height) is that of the original frame; ``part`` that of the pixels which show it, where the frame was padded.
    """

    def __init__(
        self, source: av.VideoFrame | np.ndarray, size: tuple[int, int] | None = None, part: tuple[int, int] | None = None
    ):
        self._source = source
        self._turns = 0 if isinstance(source, np.ndarray) else round(source.rotation / 90) % 4
        whole = source.shape[1::-1] if isinstance(source, np.ndarray) else upright_size(source)
        self._part = part or whole
        self.size = size or self._part

    def _upright(self, image: np.ndarray) -> np.ndarray:
        image = np.rot90(image, self._turns) if self._turns else image
        return image[: self._part[1], : self._part[0]]

    def rgb(self) -> np.ndarray:
        """RGB (H, W, 3), uint8, of the original's size."""
        if not isinstance(self._source, np.ndarray):
            image = self._source.to_ndarray(format="rgb24")
        else:
            image = self._source if self._source.ndim == 3 else cv2.cvtColor(self._source, cv2.COLOR_GRAY2RGB)
        image = self._upright(image)
        if self._part != self.size:
            image = cv2.resize(image, self.size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(image)

    def shrunk(self, size: tuple[int, int]) -> np.ndarray:
        """RGB (height, width, 3), uint8, averaged to ``size`` (width, height), which is not larger than the original.

        The planes of a video's frame are averaged before they become RGB, not after: there is less to convert, and only rounding
        differs.
        """
        frame = self._source
        known = not isinstance(frame, np.ndarray) and frame.format.name in PLANAR and frame.colorspace in RED_BLUE
        if not known:
            return cv2.resize(self.rgb(), size, interpolation=cv2.INTER_AREA)
        matrix = rgb_matrix(*RED_BLUE[frame.colorspace], is_full(frame))
        return cv2.transform(cv2.merge([_sized(plane, size) for plane in self._upright_planes(frame)]), matrix)

    def grey(self, size: tuple[int, int], region: tuple[int, int, int, int] | list[int] | None = None) -> np.ndarray:
        """Brightness (height, width), uint8, of ``region`` (x1, x2, y1, y2 of the upright frame), averaged to ``size``."""
        image = self._upright(self._luma())
        if region:
            fx, fy = self._part[0] / self.size[0], self._part[1] / self.size[1]
            x1, x2, y1, y2 = region
            x1, y1 = min(round(x1 * fx), self._part[0] - 1), min(round(y1 * fy), self._part[1] - 1)
            image = image[y1 : max(y1 + 1, round(y2 * fy)), x1 : max(x1 + 1, round(x2 * fx))]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cv2.LUT(image, FULL_RANGE) if self._is_limited() else image

    def planes(self) -> list[np.ndarray]:
        """Brightness (H, W), and the colour planes Cb and Cr (⌈H/2⌉, ⌈W/2⌉), uint8, of the original's size, to be read only.

        Brightness spans 16 to 235 and colour 16 to 240, as video has them; the matrix is that of the frame (BT.601 of images).
        What a video holds is passed on without the way through RGB.
        """
        frame = self._source
        if isinstance(frame, np.ndarray):
            rgb = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        full = is_full(frame)
        if frame.format.name not in PLANAR:
            frame, full = frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG), False
        made = []
        for half, image in zip((0, 1, 1), self._upright_planes(frame)):
            image = _sized(image, tuple((side + half) >> half for side in self.size))
            made.append(cv2.LUT(np.ascontiguousarray(image), LIMITED[half].astype(np.uint8)) if full else image)
        return made

    def _upright_planes(self, frame: av.VideoFrame) -> Iterator[np.ndarray]:
        """The planes of a frame in one of the formats PLANAR, turned upright, without padding, to be read only."""
        width, height = (frame.height, frame.width) if self._turns % 2 else (frame.width, frame.height)
        for plane in frame.planes:
            image = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
            image = np.rot90(image, self._turns) if self._turns else image
            high, wide = image.shape
            yield image[: -(-self._part[1] * high // height), : -(-self._part[0] * wide // width)]

    def colors(self) -> av.VideoFrame | None:
        """The frame that says what the colours of `planes` mean; None of an image."""
        return None if isinstance(self._source, np.ndarray) else self._source

    def _is_limited(self) -> bool:
        """Whether brightness spans 16 to 235, as that of most videos does."""
        if isinstance(self._source, np.ndarray):
            return False
        name = self._source.format.name
        return name in LUMA_FIRST and name != "gray" and not is_full(self._source)

    def _luma(self) -> np.ndarray:
        if isinstance(self._source, np.ndarray):
            return self._source if self._source.ndim == 2 else cv2.cvtColor(self._source, cv2.COLOR_RGB2GRAY)
        frame = self._source if self._source.format.name in LUMA_FIRST else self._source.reformat(format="gray")
        plane = frame.planes[0]
        return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
