"""Videos that are images: a folder, a numbered pattern such as ``img%04d.png``, or a TIFF of several pages.

Each image is a frame, in the order of the numbers in the file names. Images with more than 8 bits are scaled to 8 bits, with the
same white for all.
"""

import os
import re
from pathlib import Path

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.file_endings import IMAGE_ENDINGS, TIFF_ENDINGS, describe_left_out, has_ending, is_hidden
from posemake.core.image_patterns import NUMBER, is_image_pattern
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.data.images import read_raw_image
from posemake.data.pixels import RawImage, UnsupportedImageError, to_8_bits
from posemake.data.tiff_pages import TiffPages

FILES_OF_SYSTEMS = ("thumbs.db", "desktop.ini")  # which Windows writes into folders
WHITE_SAMPLES = 20  # images whose brightest value decides which value is white


def is_stack(path: StrPath) -> bool:
    """Return whether a path leads to images, and not to a video file."""
    return Path(path).is_dir() or is_image_pattern(path) or has_ending(path, TIFF_ENDINGS)


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
        names = [entry.name for entry in os.scandir(path) if has_ending(entry.name, IMAGE_ENDINGS) and not is_hidden(entry.name)]
    if not names:
        raise PosemakeError(f"{path}: there are no images of this name; a folder or a pattern such as img%04d.png is asked for")
    return [folder / name for name in sorted(names, key=_numbers_and_name)]


def list_other_files(folder: StrPath) -> list[str]:
    """Return the names of the files in a folder of images that are no images; hidden files and those of systems do not count."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_file()
        and not has_ending(entry.name, IMAGE_ENDINGS)
        and not is_hidden(entry.name)
        and entry.name.lower() not in FILES_OF_SYSTEMS
    )


def _numbers_and_name(name: str) -> tuple[list[int], str]:
    return [int(digits) for digits in re.findall(r"\d+", Path(name).stem)], name


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
        self._pages = TiffPages(self.path) if self.path.is_file() else None
        self.files = [] if self._pages else list_images(path)  # image files; none of a TIFF
        self.count = self._pages.layout.frames if self._pages else len(self.files)

    def name(self, index: int) -> str:
        """Return the name of an image for a message, after the path."""
        return f"page {index + 1}" if self._pages else self.files[index].name

    def findings(self) -> tuple[str, ...]:
        """Return sentences about what is unusual: how pages are read, and which files of the folder are left out."""
        if self._pages:
            return self._pages.layout.findings
        others = list_other_files(self.path) if self.path.is_dir() else []
        if not others:
            return ()
        verbs = ("has", "is") if len(others) == 1 else ("have", "are")
        files = f"{count_noun(len(others), 'file')} of the folder {verbs[0]} no ending of an image and {verbs[1]} left out"
        return (f"{files}: {describe_left_out(others)}",)

    def _read_raw(self, index: int) -> RawImage:
        """Return an image, upright, with all of its 8 or 16 bits."""
        place = f"{self.path}: {self.name(index)}"
        try:
            raw = self._pages.read(index) if self._pages else read_raw_image(self.files[index])
        except UnsupportedImageError as error:
            raise PosemakeError(f"{place} {error}") from error
        except Exception as error:
            if self._pages:
                raise PosemakeError(f"{place} cannot be read ({error}); copy it again, or take it out") from error
            raise PosemakeError(f"{place} is no image that can be read; copy it again, or take it out") from error
        if not self._pages and raw.pages > 1:
            raise PosemakeError(
                f"{place} holds {raw.pages} images, and each file of a folder or pattern is one frame; give each such file a row "
                "of the sheet, or save its images one by one"
            )
        return raw

    def measure_white(self) -> None:
        """Find the value that is white in images of 16 bits: the next power of two above all values of some images, less one."""
        indices = np.unique(np.linspace(0, self.count - 1, WHITE_SAMPLES).round().astype(int))
        images = [self._read_raw(int(index)).pixels for index in indices]
        if any(image.dtype == np.uint16 for image in images):
            self.white = float(2 ** max(8, int(max(image.max() for image in images)).bit_length()) - 1)

    def read(self, index: int) -> np.ndarray:
        """Return an image, grey (H, W) or RGB (H, W, 3), uint8.

        Raises
        ------
        PosemakeError
            If it cannot be read, or is neither grey nor RGB of 8 or 16 bits.
        """
        return to_8_bits(self._read_raw(index), self.white)
