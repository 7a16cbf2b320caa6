"""Frame of a video and its conversion to RGB, grey or YUV planes."""

from collections.abc import Iterator, Sequence
from typing import Any

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange

from posemake.video.color_spaces import RED_BLUE

# pixel formats whose planes are brightness, Cb and Cr, colour at full or half width and height
PLANAR = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p")
LUMA_FIRST = (*PLANAR, "nv12", "gray")  # pixel formats whose first plane is brightness
# tables (256,) of values: limited to full range of brightness, and full to limited range of brightness and of colour
TO_FULL = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)
LIMITED_LUMA = np.rint(16 + np.arange(256) * 219 / 255).astype(np.uint8)
LIMITED_CHROMA = np.rint(128 + (np.arange(256) - 128) * 224 / 255).astype(np.uint8)


def upright_size(frame: av.VideoFrame) -> tuple[int, int]:
    """Return width and height of a decoded frame after the rotation that its file asks for."""
    return (frame.height, frame.width) if round(frame.rotation / 90) % 2 else (frame.width, frame.height)


def quarter_turns(frame: av.VideoFrame, mirrored: bool) -> int:
    """Return the quarter turns counterclockwise by which a decoded frame becomes upright, after it was mirrored left to right.

    FFmpeg's angle is that of the first row of the display matrix, which mirroring turns round.
    """
    return round(frame.rotation / 90 + 2 * mirrored) % 4


def is_full_range(frame: av.VideoFrame) -> bool:
    """Return whether brightness and colour of a decoded frame span 0 to 255, and not 16 to 235 and 16 to 240."""
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def yuv_to_rgb_matrix(red: float, blue: float, full_range: bool) -> np.ndarray:
    """Return the matrix (3, 4) from (brightness, Cb, Cr, 1) to RGB, all in 0 … 255 (ITU-T H.273, equations 38 to 43).

    Parameters
    ----------
    red, blue
        Weights of red and blue in the brightness.
    full_range
        Whether brightness and colour span 0 to 255.
    """
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if full_range else (255 / 219, 255 / 224)
    from_cb, from_cr = 2 * (1 - blue) * chroma, 2 * (1 - red) * chroma
    matrix = np.array([[luma, 0, from_cr], [luma, -from_cb * blue / green, -from_cr * red / green], [luma, from_cb, 0]])
    return np.column_stack([matrix, -matrix @ [0 if full_range else 16, 128, 128]])


def _plane_values(plane: VideoPlane) -> np.ndarray:
    """Return the values (height, width) of a plane, uint8, without copying them."""
    buffer: Any = plane  # it has the buffer protocol, which PyAV's annotations lack
    return np.frombuffer(buffer, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _resize_plane(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a plane averaged or enlarged to a size (width, height)."""
    if plane.shape[::-1] == size:
        return plane
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA if plane.shape[1] >= size[0] else cv2.INTER_LINEAR)


def _to_rgb(image: np.ndarray) -> np.ndarray:
    """Return an image, grey (H, W) or RGB, as RGB (H, W, 3)."""
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


class Frame:
    """One frame of a video, upright, converted on request.

    Parameters
    ----------
    source
        The frame as it was decoded, or an image, grey (H, W) or RGB (H, W, 3), uint8.
    size
        Width and height of the frame in the original video, to which `rgb` and `yuv_planes` scale; that of the content if None.
    content_size
        Width and height of the source without padding, which lies to the right and below; all of it if None.
    mirrored
        Whether a player mirrors the decoded frame (`display_matrix.is_mirrored`).
    """

    def __init__(
        self,
        source: av.VideoFrame | np.ndarray,
        size: tuple[int, int] | None = None,
        content_size: tuple[int, int] | None = None,
        mirrored: bool = False,
    ):
        image, decoded = (source, None) if isinstance(source, np.ndarray) else (None, source)
        self.decoded = decoded  # None where the source is an image
        self._image = image
        self._mirrored = mirrored
        self._quarter_turns = 0 if decoded is None else quarter_turns(decoded, mirrored)
        source_size = source.shape[1::-1] if isinstance(source, np.ndarray) else upright_size(source)
        self._content_size = content_size or source_size
        self.size = size or self._content_size

    def _turn(self, image: np.ndarray) -> np.ndarray:
        image = image[:, ::-1] if self._mirrored else image
        return np.rot90(image, self._quarter_turns) if self._quarter_turns else image

    def _upright(self, image: np.ndarray) -> np.ndarray:
        image = self._turn(image)
        return image[: self._content_size[1], : self._content_size[0]]

    def rgb(self) -> np.ndarray:
        """Return the frame as RGB (H, W, 3), uint8, in the size of the original video."""
        image = self._upright(self.decoded.to_ndarray(format="rgb24") if self.decoded else _to_rgb(self._array()))
        if self._content_size != self.size:
            image = cv2.resize(image, self.size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(image)

    def downscaled(self, size: tuple[int, int]) -> np.ndarray:
        """Return the frame as RGB (height, width, 3), uint8, averaged to a size (width, height) not above the original one.

        The planes of a decoded frame are averaged before they become RGB, so that fewer pixels are converted; apart from
        rounding, the result is the same. FFmpeg's scaler (``reformat`` with interpolation AREA) takes three times as long at
        half the size, and its colours deviate more from those of `rgb`, which a network is trained on.
        """
        frame = self.decoded
        if frame is None or frame.format.name not in PLANAR or frame.colorspace not in RED_BLUE:
            return cv2.resize(self.rgb(), size, interpolation=cv2.INTER_AREA)
        matrix = yuv_to_rgb_matrix(*RED_BLUE[frame.colorspace], is_full_range(frame))
        return cv2.transform(cv2.merge([_resize_plane(plane, size) for plane in self._upright_planes(frame)]), matrix)

    def grey(self, size: tuple[int, int], region: Sequence[int] | None = None) -> np.ndarray:
        """Return the brightness (height, width), uint8, averaged to a size (width, height).

        Parameters
        ----------
        size
            Width and height of the result in pixels.
        region
            x1, x2, y1, y2 in pixels of the original video, x2 and y2 excluded; None for the whole frame.
        """
        image = self._upright(self._luma())
        if region:
            fx, fy = self._content_size[0] / self.size[0], self._content_size[1] / self.size[1]
            x1, x2, y1, y2 = region
            x1, y1 = min(round(x1 * fx), self._content_size[0] - 1), min(round(y1 * fy), self._content_size[1] - 1)
            image = image[y1 : max(y1 + 1, round(y2 * fy)), x1 : max(x1 + 1, round(x2 * fx))]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cv2.LUT(image, TO_FULL) if self._is_limited() else image

    def yuv_planes(self) -> list[np.ndarray]:
        """Return brightness (H, W), Cb and Cr (⌈H/2⌉, ⌈W/2⌉), uint8, in the size of the original video; they must not be changed.

        Brightness spans 16 to 235 and colour 16 to 240. The colour matrix is that of the decoded frame, BT.601 for an image. The
        values of a decoded frame in a planar format do not pass through RGB.
        """
        frame = self.decoded or av.VideoFrame.from_ndarray(np.ascontiguousarray(_to_rgb(self._array())), format="rgb24")
        full_range = is_full_range(frame)
        if frame.format.name not in PLANAR:
            frame, full_range = frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG), False
        planes = []
        width, height = self.size
        for plane, halved, table in zip(self._upright_planes(frame), (0, 1, 1), (LIMITED_LUMA, LIMITED_CHROMA, LIMITED_CHROMA)):
            plane = _resize_plane(plane, ((width + halved) >> halved, (height + halved) >> halved))
            planes.append(cv2.LUT(np.ascontiguousarray(plane), table) if full_range else plane)
        return planes

    def _array(self) -> np.ndarray:
        """Return the image that is the source."""
        assert self._image is not None
        return self._image

    def _upright_planes(self, frame: av.VideoFrame) -> Iterator[np.ndarray]:
        """Yield the planes of a frame in a planar format, upright and without padding; they must not be changed."""
        width, height = (frame.height, frame.width) if self._quarter_turns % 2 else (frame.width, frame.height)
        for plane in frame.planes:
            image = self._turn(_plane_values(plane))
            rows, columns = image.shape
            yield image[: -(-self._content_size[1] * rows // height), : -(-self._content_size[0] * columns // width)]

    def _is_limited(self) -> bool:
        """Return whether brightness spans 16 to 235, as in most videos."""
        if self.decoded is None:
            return False
        name = self.decoded.format.name
        return name in LUMA_FIRST and name != "gray" and not is_full_range(self.decoded)

    def _luma(self) -> np.ndarray:
        """Return the brightness (H, W) of the source, not yet upright."""
        if self.decoded is None:
            image = self._array()
            return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        frame = self.decoded
        if frame.format.name not in LUMA_FIRST:
            frame = frame.reformat(format="gray")
        return _plane_values(frame.planes[0])
