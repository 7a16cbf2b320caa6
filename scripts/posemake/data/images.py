"""Image files: the one way in which the package reads them, as a viewer shows them.

The orientation that a file states is applied, palettes and other photometric interpretations become grey or RGB, and opacity is
left out. `image_size` agrees with the pixels.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    WebPImagePlugin,
)

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.data.pixels import RawImage, UnsupportedImageError, pillow_pixels, to_8_bits, turn_upright, upright_shape
from posemake.data.tiff_pages import MAGIC, ORIENTATION, TiffPages

# Formats that Pillow decodes without other programs. Their plugins are loaded with this module: when Pillow loads them with the
# first image, it takes a plugin that cannot be loaded for an image that is damaged.
PLUGINS = (
    PngImagePlugin.PngImageFile,
    JpegImagePlugin.JpegImageFile,
    BmpImagePlugin.BmpImageFile,
    BmpImagePlugin.DibImageFile,
    WebPImagePlugin.WebPImageFile,
    PpmImagePlugin.PpmImageFile,
    Jpeg2KImagePlugin.Jpeg2KImageFile,
    GifImagePlugin.GifImageFile,
)
FORMATS = tuple(plugin.format for plugin in PLUGINS)
# marks in a PNG that may state an orientation; Pillow decodes all of an image to find them
PNG_ORIENTATION_MARKS = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")


def _is_tiff(path: StrPath) -> bool:
    with open(path, "rb") as file:
        return file.read(4) in MAGIC


def _orientation(image: Image.Image, path: StrPath) -> int:
    """Return the orientation that an opened image states, 1 to 8."""
    if image.format == "PNG" and not any(mark in Path(path).read_bytes() for mark in PNG_ORIENTATION_MARKS):
        return 1
    value = image.getexif().get(ORIENTATION, 1)
    return value if isinstance(value, int) else 1


def read_raw_image(path: StrPath) -> RawImage:
    """Read an image file, of several pages the first one, upright and with all of its 8 or 16 bits.

    Raises
    ------
    UnsupportedImageError
        If its pixels are neither grey nor colours of 8 or 16 bits.
    PosemakeError, OSError
        If it cannot be read; other errors of the decoders are possible.
    """
    if _is_tiff(path):
        pages = TiffPages(path)
        try:
            return pages.read_page(0)
        finally:
            pages.close()
    with Image.open(path, formats=FORMATS) as image:
        is_deep_colour = image.format == "PNG" and any(";16" in str(tile[3]) for tile in image.tile) and image.mode[:1] != "I"
        orientation = _orientation(image, path)
        pixels = None if is_deep_colour else pillow_pixels(image)
    if pixels is None:  # Pillow would keep only 8 bits of them
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise OSError("it is damaged")
        pixels = pixels[..., 2::-1] if pixels.ndim == 3 else pixels  # OpenCV's order is blue, green, red, opacity
    return RawImage(turn_upright(pixels, orientation))


def read_image(path: StrPath) -> np.ndarray:
    """Read an image file as RGB uint8 (H, W, 3).

    Raises
    ------
    PosemakeError
        If the file is missing or damaged, or is neither grey nor colours of 8 or 16 bits.
    """
    try:
        image = to_8_bits(read_raw_image(path))
    except UnsupportedImageError as error:
        raise PosemakeError(f"{path}: {error}") from error
    except Exception as error:
        raise PosemakeError(f"{path}: the image is missing or damaged; put it back, or remove its row of labels") from error
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


def image_size(path: StrPath) -> tuple[int, int]:
    """Return width and height of an image as `read_image` gives it, without decoding it.

    Raises
    ------
    OSError
        If the file is missing or damaged.
    """
    try:
        return _stated_size(path)
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{path}: {error}") from error


def _stated_size(path: StrPath) -> tuple[int, int]:
    if _is_tiff(path):
        pages = TiffPages(path)
        try:
            return pages.size()
        finally:
            pages.close()
    with Image.open(path, formats=FORMATS) as image:
        return upright_shape(image.width, image.height, _orientation(image, path))
