"""Videos that are images: a folder, a numbered pattern such as ``img%04d.png``, or a TIFF of many pages.

A frame is an image, in the order of the numbers in the names. More than 8 bits are brought to 8 with the same white for all.
"""

import logging
import os
import re
from pathlib import Path

import cv2
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.image_patterns import NUMBERED, is_pattern

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
SAMPLES = 20  # images that decide which value is white


def is_stack(path: str | Path) -> bool:
    """Whether a path leads to images rather than to a video file."""
    return Path(path).is_dir() or is_pattern(path) or Path(path).suffix.lower() in (".tif", ".tiff")


def list_images(path: str | Path) -> list[Path]:
    """Image files of a folder or pattern in the order of the numbers in their names.

    Raises
    ------
    PosemakeError
        If there is none.
    """
    path = Path(path)
    if is_pattern(path):
        before, digits, after = NUMBERED.split(path.name, maxsplit=1)
        name = re.compile(re.escape(before) + rf"(\d{{{digits or 1},}})" + re.escape(after))
        found = [entry.name for entry in os.scandir(path.parent) if name.fullmatch(entry.name)] if path.parent.is_dir() else []
        folder = path.parent
    else:
        folder = path
        found = [entry.name for entry in os.scandir(path) if entry.name.lower().endswith(IMAGE_ENDINGS) and entry.name[0] != "."]
    if not found:
        raise PosemakeError(f"{path}: there are no images of this name; a folder or a pattern such as img%04d.png is asked for")
    numbered = sorted(([int(digits) for digits in re.findall(r"\d+", Path(name).stem)], name) for name in found)
    return [folder / name for _, name in numbered]


class _Errors(logging.Handler):
    """Gathers the errors that tifffile logs and does not raise."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


class Stack:
    """The images of a path; holds none of them.

    Raises
    ------
    PosemakeError
        If there is no image, or the TIFF cannot be opened.
    """

    def __init__(self, path: str | Path, white: float | None = None):
        self.path = Path(path)
        self.white = white  # the value that becomes 255; None where images have 8 bits
        self._tiff = self._block = None
        if self.path.is_file():
            import tifffile

            errors = _Errors()
            logging.getLogger("tifffile").addHandler(errors)
            try:
                self._tiff = tifffile.TiffFile(self.path)
                self.count = len(self._tiff.pages)
                if (self._tiff.imagej_metadata or {}).get("images", 1) > self.count:
                    # ImageJ tells of the first image only where a file is larger than 4 GB; the others follow it
                    block = tifffile.memmap(self.path, mode="r")
                    self._block = block.reshape(-1, *block.shape[-3 if self._tiff.series[0].axes.endswith("S") else -2 :])
                    self.count = len(self._block)
            except Exception as error:
                raise PosemakeError(
                    f"{path}: not a TIFF that can be opened ({error}); it may be cut short: copy it again"
                ) from error
            finally:
                logging.getLogger("tifffile").removeHandler(errors)
            if errors.told:
                raise PosemakeError(
                    f"{path}: its pages cannot all be found ({errors.told[0]}); it may be cut short: copy it again"
                )
            if not self.count:
                raise PosemakeError(f"{path}: the TIFF holds no page; it may be cut short: copy it again")
        else:
            self.files = list_images(path)
            self.count = len(self.files)

    def name(self, index: int) -> str:
        """What to call an image in a message, after the path."""
        return f"page {index + 1}" if self._tiff else self.files[index].name

    def _raw(self, index: int) -> np.ndarray:
        try:
            if self._block is not None:
                image = self._block[index].astype(self._block.dtype.newbyteorder("="))
            elif self._tiff:
                image = self._tiff.pages[index].asarray()
            else:
                image = cv2.imread(str(self.files[index]), cv2.IMREAD_UNCHANGED)
                if image is not None and image.ndim == 3:
                    image = image[..., 2::-1]  # OpenCV reads blue first, and opacity last
        except Exception as error:
            raise PosemakeError(
                f"{self.path}: {self.name(index)} cannot be read ({error}); copy it again, or take it out"
            ) from error
        if image is None:
            raise PosemakeError(f"{self.path}: {self.name(index)} is no image that can be read; copy it again, or take it out")
        if image.shape[2:] not in ((), (1,), (3,), (4,)) or image.dtype not in (np.uint8, np.uint16):
            raise PosemakeError(
                f"{self.path}: {self.name(index)} is not grey or RGB in 8 or 16 bits but {image.dtype} of {image.shape}; convert"
            )
        return image[..., :3] if image.ndim == 3 and image.shape[2] > 1 else image.reshape(image.shape[:2])

    def measure_white(self) -> None:
        """Settle which value is white: the least power of two above all values of some images, where they have 16 bits."""
        picked = np.unique(np.linspace(0, self.count - 1, SAMPLES).round().astype(int))
        images = [self._raw(int(index)) for index in picked]
        if any(image.dtype == np.uint16 for image in images):
            self.white = float(2 ** max(8, int(max(image.max() for image in images)).bit_length()) - 1)

    def read(self, index: int) -> np.ndarray:
        """Image (H, W) or RGB (H, W, 3), uint8.

        Raises
        ------
        PosemakeError
            If it cannot be read, or is neither grey nor RGB of 8 or 16 bits.
        """
        image = self._raw(index)
        if image.dtype == np.uint16:
            image = np.clip(image * (255 / (self.white or 65535.0)), 0, 255).round().astype(np.uint8)
        return np.ascontiguousarray(image)
