"""Pages of a TIFF file: which of them are frames, and their pixels as a viewer shows them."""

import json
import logging
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.data.pixels import RawImage, describe_unsupported, pillow_pixels, turn_upright, upright_shape

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # first bytes of a TIFF and of a BigTIFF
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = range(4)  # photometric interpretations that are read without Pillow
ORIENTATION = 274  # tag
OPACITY = (1, 2)  # kinds of an extra sample that is opacity
AXES = {"T": "time (T)", "Z": "depth (Z)", "C": "channels (C)"}
COLOURS = 3


class _ErrorCollector(logging.Handler):
    """Collects the errors that tifffile logs and does not raise."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@dataclass(frozen=True)
class _Layout:
    """Which pages are frames."""

    frames: int
    channels: int = 1  # pages that are the colours of one frame
    frame_stride: int = 1  # pages from a frame to the next one
    channel_stride: int = 1  # pages from a colour to the next one
    findings: tuple[str, ...] = field(default=())


def _axis_name(axis: str) -> str:
    return AXES.get(axis, "an axis without a name")


def _find_layout(axes: list[tuple[str, int]], pages: int, is_told: bool) -> _Layout:
    """Return which pages are frames.

    Parameters
    ----------
    axes
        Letter and length of the axes along which the pages lie, the fastest last.
    pages
        Number of pages.
    is_told
        Whether the file tells time from depth.

    Raises
    ------
    ValueError
        If this is not clear.
    """
    axes = [(axis, length) for axis, length in axes if length > 1]
    if math.prod(length for _, length in axes) != pages:
        axes = [axis for axis in axes if len(axes) > 1] and [("?", pages)]
    if len(axes) < 2:
        axis = axes[0][0] if axes else "T"
        is_plain = axis not in AXES or axis == "T" or (axis == "Z" and not is_told)
        findings = () if is_plain else (f"its pages lie along {_axis_name(axis)}, not time, and are read as frames",)
        return _Layout(pages, findings=findings)
    letters, lengths = [axis for axis, _ in axes], [length for _, length in axes]
    where = " and ".join(f"{_axis_name(axis)}: {length}" for axis, length in axes)
    if len(axes) > 2 or "C" not in letters:
        raise ValueError(
            f"its pages lie along more than time ({where}); save one plane, or a projection, for each point in time as a TIFF"
        )
    place = letters.index("C")
    if lengths[place] != COLOURS:
        raise ValueError(f"each of its frames has {lengths[place]} channels ({where}); save one of them, or RGB, as a TIFF")
    told = "each frame has three channels, which are read as red, green and blue"
    if place == 1:
        return _Layout(lengths[0], COLOURS, COLOURS, 1, (told,))
    return _Layout(lengths[1], COLOURS, 1, lengths[1], (told,))


class TiffPages:
    """Pages of a TIFF that are frames, read on request.

    A page that tifffile cannot decode alone, because of its compression or its photometric interpretation, is read by Pillow.

    Raises
    ------
    PosemakeError
        If the TIFF cannot be opened, has no page, or does not tell which of its pages are frames.
    """

    def __init__(self, path: StrPath):
        import tifffile

        self.path = Path(path)
        errors = _ErrorCollector()
        logging.getLogger("tifffile").addHandler(errors)
        self._block: np.ndarray | None = None
        self._by_pillow: Image.Image | None = None
        try:
            self._tiff = tifffile.TiffFile(path)
            self.pages = len(self._tiff.pages)
            imagej = self._tiff.imagej_metadata or {}
            if imagej.get("images", 1) > self.pages:
                # in a file larger than 4 GB, ImageJ describes only the first image; the others follow it without headers
                block = tifffile.memmap(path, mode="r")
                self._block = block.reshape(-1, *block.shape[-3 if self._tiff.series[0].axes.endswith("S") else -2 :])
                self.pages = len(self._block)
        except Exception as error:
            raise PosemakeError(f"{path}: not a TIFF that can be opened ({error}); it may be cut short: copy it again") from error
        finally:
            logging.getLogger("tifffile").removeHandler(errors)
        if errors.messages:
            raise PosemakeError(
                f"{path}: its pages cannot all be found ({errors.messages[0]}); it may be cut short: copy it again"
            )
        if not self.pages:
            raise PosemakeError(f"{path}: the TIFF holds no page; it may be cut short: copy it again")
        self._layout: _Layout | None = None

    @property
    def layout(self) -> _Layout:
        """Which pages are frames."""
        if self._layout is None:
            try:
                self._layout = _find_layout(*_page_axes(self._tiff, self.pages))
            except ValueError as error:
                raise PosemakeError(f"{self.path}: {error}") from error
        return self._layout

    def close(self) -> None:
        """Close the file."""
        self._tiff.close()
        if self._by_pillow is not None:
            self._by_pillow.close()

    def size(self) -> tuple[int, int]:
        """Return width and height of the first page, upright."""
        page = self._page(0)
        return upright_shape(page.imagewidth, page.imagelength, _orientation(page))

    def read(self, frame: int) -> RawImage:
        """Return a frame.

        Raises
        ------
        UnsupportedImageError
            If it is neither grey nor colours of 8 or 16 bits.
        """
        layout = self.layout
        first = frame * layout.frame_stride
        if layout.channels == 1:
            return self.read_page(first)
        colours = [self.read_page(first + channel * layout.channel_stride) for channel in range(layout.channels)]
        if any(colour.pixels.ndim != 2 for colour in colours):
            raise describe_unsupported("channels", (len(colours), *colours[0].pixels.shape))
        return RawImage(np.stack([colour.pixels for colour in colours], axis=-1), colours[0].inverted, self.pages)

    def read_page(self, index: int) -> RawImage:
        """Return a page, as `read` does."""
        page = self._page(0 if self._block is not None else index)
        values: np.ndarray | None = None
        if self._block is not None:
            values = self._block[index].astype(self._block.dtype.newbyteorder("="))
        elif page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE):
            try:
                values = page.asarray()
            except ValueError:  # a compression that needs imagecodecs
                return self._read_compressed(index, page)
        else:
            return self._read_by_pillow(index, page)
        return _interpret(values, page, self.pages)

    def _page(self, index: int) -> "TiffPage":
        return self._tiff.pages[index].aspage()

    def _read_compressed(self, index: int, page: "TiffPage") -> RawImage:
        """Return a page of a compression that tifffile lacks; OpenCV keeps the 16 bits of colours, which Pillow does not."""
        if page.photometric == RGB and page.dtype == np.uint16:
            flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
            is_read, images = cv2.imreadmulti(str(self.path), start=index, count=1, flags=flags)
            if not is_read or images[0].ndim != 3:
                raise ValueError("it cannot be decoded")
            return RawImage(turn_upright(images[0][..., 2::-1], _orientation(page)), pages=self.pages)
        return self._read_by_pillow(index, page)

    def _read_by_pillow(self, index: int, page: "TiffPage") -> RawImage:
        if self._by_pillow is None:
            self._by_pillow = Image.open(self.path, formats=("TIFF",))  # which remembers where pages lie
        self._by_pillow.seek(index)
        pixels = pillow_pixels(self._by_pillow)  # Pillow turns pages of a TIFF upright by itself
        return RawImage(pixels, page.photometric == WHITE_IS_ZERO and pixels.dtype == np.uint16, self.pages)


def _page_axes(tiff: "TiffFile", pages: int) -> tuple[list[tuple[str, int]], int, bool]:
    """Return the axes along which the pages of a TIFF lie, the number of pages, and whether it tells time from depth."""
    imagej = tiff.imagej_metadata
    if imagej:
        axes = [(axis, int(imagej.get(key, 1))) for axis, key in (("T", "frames"), ("Z", "slices"), ("C", "channels"))]
        return axes, pages, bool(imagej.get("hyperstack"))
    if tiff.is_ome:
        series = tiff.series[0]
        return [(a, n) for a, n in zip(series.axes, series.shape) if a not in "YXS"], pages, True
    first = tiff.pages[0]
    if tiff.is_shaped:  # as tifffile writes them: the first page tells the shape of all
        told = json.loads(str(getattr(first, "shaped_description", None) or "{}"))
        shape = [int(length) for length in told.get("shape", ())]
        leading = shape[: len(shape) - len(first.axes)]
        letters = str(told.get("axes", ""))[: len(leading)]
        return list(zip(letters if len(letters) == len(leading) else "?" * len(leading), leading)), pages, bool(letters)
    return [("?", pages)], pages, False


def _orientation(page: "TiffPage") -> int:
    tag = page.tags.get(ORIENTATION)
    return int(tag.value) if tag is not None and isinstance(tag.value, int) else 1


def _interpret(values: np.ndarray, page: "TiffPage", pages: int) -> RawImage:
    """Return stored values (with an axis of samples first or last, if any) of a page as a viewer shows them."""
    kind, shape = values.dtype, values.shape
    if "S" in page.axes and values.ndim == len(page.axes):
        values = np.moveaxis(values, page.axes.index("S"), -1)
    samples = values.shape[2] if values.ndim == 3 else 1
    is_colour = page.photometric == RGB and samples >= COLOURS
    # beside the one of grey, a sample is taken for opacity only if the file says so
    is_grey = page.photometric != RGB and (samples == 1 or (samples == 2 and tuple(page.extrasamples) in {(k,) for k in OPACITY}))
    if values.ndim > 3 or not (is_colour or is_grey) or kind not in (np.uint8, np.uint16, np.bool_):
        raise describe_unsupported(kind, shape)
    pixels = values[..., :COLOURS] if is_colour else values.reshape(*values.shape[:2], -1)[..., 0]
    if page.photometric == PALETTE and page.colormap is not None:
        colours = (page.colormap.T // 256).astype(np.uint8)
        pixels = (colours[:, 0] if (colours == colours[:, :1]).all() else colours)[pixels.astype(np.intp)]
    elif kind == np.bool_ or (kind == np.uint8 and page.bitspersample < 8):
        most = 2 ** int(page.bitspersample) - 1 if kind == np.uint8 else 1
        pixels = (pixels.astype(np.uint16) * 255 // most).astype(np.uint8)
    inverted = page.photometric == WHITE_IS_ZERO
    if inverted and pixels.dtype == np.uint8:
        pixels, inverted = 255 - pixels, False
    return RawImage(turn_upright(pixels, _orientation(page)), inverted, pages)
