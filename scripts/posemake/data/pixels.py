"""Pixels of an image file, as Pillow or a TIFF reader decodes them, before they become 8 bits."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from posemake.core.errors import PosemakeError

DEEPEST_WHITE = 65535.0  # value of white in 16 bits


class UnsupportedImageError(PosemakeError):
    """An image whose pixels are neither grey nor colours of 8 or 16 bits; the text goes after the image's name."""


@dataclass(frozen=True)
class RawImage:
    """An upright image."""

    pixels: np.ndarray  # (H, W) grey or (H, W, 3) RGB, uint8 or uint16
    inverted: bool = False  # whether 0 is white, which only 16-bit values are
    pages: int = 1  # images in the file


def to_8_bits(raw: RawImage, white: float | None = None) -> np.ndarray:
    """Return an image, grey (H, W) or RGB (H, W, 3), uint8.

    Parameters
    ----------
    raw
        The image.
    white
        Value of 16 bits that becomes 255; the greatest one if None.
    """
    image = raw.pixels
    if image.dtype == np.uint16:
        image = np.clip(image * (255 / (white or DEEPEST_WHITE)), 0, 255).round().astype(np.uint8)
        image = 255 - image if raw.inverted else image
    return np.ascontiguousarray(image)


def turn_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return an image as its orientation (EXIF and TIFF, 1 to 8) asks a viewer to show it; another number counts as 1."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def upright_shape(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Return width and height of an image after `turn_upright`."""
    return (height, width) if orientation in (5, 6, 7, 8) else (width, height)


def describe_unsupported(kind: object, shape: tuple[int, ...]) -> UnsupportedImageError:
    """Return the error for an image of another kind of values or another number of channels."""
    return UnsupportedImageError(f"is not grey or RGB in 8 or 16 bits but {kind} of {shape}; convert it")


def pillow_pixels(image: Image.Image) -> np.ndarray:
    """Return the pixels of an opened image as Pillow shows them: (H, W) or (H, W, 3), uint8 or uint16; opacity is left out.

    Raises
    ------
    UnsupportedImageError
        If its values are not of 8 or 16 bits.
    """
    mode = image.mode
    if mode in ("1", "L", "LA", "La"):
        return np.array(image.convert("L"))
    if mode.startswith("I"):
        values = np.array(image)
        if values.min(initial=0) < 0 or values.max(initial=0) > DEEPEST_WHITE:
            raise describe_unsupported(values.dtype, values.shape)
        return values.astype(np.uint16)
    if mode in ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"):
        image = image.convert("RGBA") if mode == "RGBa" else image
        return np.array(image.convert("RGB"))
    raise describe_unsupported(f"mode {mode}", (image.height, image.width))
