"""Videos that are images: a folder, a numbered pattern such as ``img%04d.png``, or a TIFF of several pages.

Each image is a frame, in the order of the numbers in the file names. Images with more than 8 bits are scaled to 8 bits, with the
same white for all.
"""

import logging
import os
import re
from pathlib import Path

import cv2
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.image_patterns import NUMBER, is_image_pattern
from posemake.core.paths import StrPath

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
WHITE_SAMPLES = 20  # images whose brightest value decides which value is white


def is_stack(path: StrPath) -> bool:
    """Return whether a path leads to images, and not to a video file."""
    return Path(path).is_dir() or is_image_pattern(path) or Path(path).suffix.lower() in (".tif", ".tiff")


def list_images(path: StrPath) -> list[Path]:
    """Return the image files of a folder or pattern in the order of the numbers in their names.

    Raises
    ------
    PosemakeError
        If there is none.
    """
    path = Path(path)
    if is_image_pattern(path):
        before, digits, after = NUMBER.split(path.name, maxsplit=1)
        name = re.compile(re.escape(before) + rf"(\d{{{digits or 1},}})" + re.escape(after))
        folder = path.parent
        names = [entry.name for entry in os.scandir(folder) if name.fullmatch(entry.name)] if folder.is_dir() else []
    else:
        folder = path
        names = [entry.name for entry in os.scandir(path) if entry.name.lower().endswith(IMAGE_ENDINGS) and entry.name[0] != "."]
    if not names:
        raise PosemakeError(f"{path}: there are no images of this name; a folder or a pattern such as img%04d.png is asked for")
    return [folder / name for name in sorted(names, key=_numbers_and_name)]


def _numbers_and_name(name: str) -> tuple[list[int], str]:
    return [int(digits) for digits in re.findall(r"\d+", Path(name).stem)], name


class _ErrorCollector(logging.Handler):
    """Collects the errors that tifffile logs and does not raise."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


class _TiffPages:
    """Pages of a TIFF.

    Raises
    ------
    PosemakeError
        If the TIFF cannot be opened, or has no page.
    """

    def __init__(self, path: Path):
        import tifffile

        errors = _ErrorCollector()
        logging.getLogger("tifffile").addHandler(errors)
        self._block: np.ndarray | None = None
        try:
            self._tiff = tifffile.TiffFile(path)
            self.count = len(self._tiff.pages)
            if (self._tiff.imagej_metadata or {}).get("images", 1) > self.count:
                # in a file larger than 4 GB, ImageJ describes only the first image; the others follow it without headers
                block = tifffile.memmap(path, mode="r")
                self._block = block.reshape(-1, *block.shape[-3 if self._tiff.series[0].axes.endswith("S") else -2 :])
                self.count = len(self._block)
        except Exception as error:
            raise PosemakeError(f"{path}: not a TIFF that can be opened ({error}); it may be cut short: copy it again") from error
        finally:
            logging.getLogger("tifffile").removeHandler(errors)
        if errors.messages:
            raise PosemakeError(
                f"{path}: its pages cannot all be found ({errors.messages[0]}); it may be cut short: copy it again"
            )
        if not self.count:
            raise PosemakeError(f"{path}: the TIFF holds no page; it may be cut short: copy it again")

    def read(self, index: int) -> np.ndarray:
        """Return a page as it is stored."""
        if self._block is not None:
            return self._block[index].astype(self._block.dtype.newbyteorder("="))
        return self._tiff.pages[index].asarray()


class ImageStack:
    """Images of a folder, a pattern or a TIFF, read on request.

    Parameters
    ----------
    path
        Folder, numbered pattern or TIFF.
    white
        Value that becomes 255; None where images have 8 bits, or if `measure_white` is to find it.

    Raises
    ------
    PosemakeError
        If there is no image, or the TIFF cannot be opened.
    """

    def __init__(self, path: StrPath, white: float | None = None):
        self.path = Path(path)
        self.white = white
        self._pages = _TiffPages(self.path) if self.path.is_file() else None
        self.files = [] if self._pages else list_images(path)  # image files; none of a TIFF
        self.count = self._pages.count if self._pages else len(self.files)

    def name(self, index: int) -> str:
        """Return the name of an image for a message, after the path."""
        return f"page {index + 1}" if self._pages else self.files[index].name

    def _read_raw(self, index: int) -> np.ndarray:
        """Return an image (H, W) or RGB (H, W, 3) as it is stored, uint8 or uint16."""
        image: np.ndarray | None
        try:
            if self._pages:
                image = self._pages.read(index)
            else:
                image = cv2.imread(str(self.files[index]), cv2.IMREAD_UNCHANGED)
                if image is not None and image.ndim == 3:
                    image = image[..., 2::-1]  # OpenCV's order is blue, green, red, opacity
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
        """Find the value that is white in images of 16 bits: the next power of two above all values of some images, less one."""
        indices = np.unique(np.linspace(0, self.count - 1, WHITE_SAMPLES).round().astype(int))
        images = [self._read_raw(int(index)) for index in indices]
        if any(image.dtype == np.uint16 for image in images):
            self.white = float(2 ** max(8, int(max(image.max() for image in images)).bit_length()) - 1)

    def read(self, index: int) -> np.ndarray:
        """Return an image, grey (H, W) or RGB (H, W, 3), uint8.

        Raises
        ------
        PosemakeError
            If it cannot be read, or is neither grey nor RGB of 8 or 16 bits.
        """
        image = self._read_raw(index)
        if image.dtype == np.uint16:
            image = np.clip(image * (255 / (self.white or 65535.0)), 0, 255).round().astype(np.uint8)
        return np.ascontiguousarray(image)
