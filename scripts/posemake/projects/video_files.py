"""Videos among the files of a folder or a pattern."""

from collections.abc import Iterable
from pathlib import Path

from posemake.core.errors import PosemakeError
from posemake.core.file_endings import IMAGE_ENDINGS, TIFF_ENDINGS, VIDEO_ENDINGS, has_ending, is_hidden
from posemake.data.tiff_pages import TiffPages
from posemake.video.image_stack import list_images
from posemake.video.reader import open_stream


def reason_to_leave_out(path: Path, only_known_endings: bool = True) -> str | None:
    """Return why a file is not taken for a video; None if it is.

    Parameters
    ----------
    path
        The file.
    only_known_endings
        Take no file that is known by its content only.
    """
    if has_ending(path, VIDEO_ENDINGS):
        return None  # if it is damaged, `validate_videos` says so
    if has_ending(path, TIFF_ENDINGS):
        return "it holds one image" if _is_one_image(path) else None
    if has_ending(path, IMAGE_ENDINGS):
        return "it is one image"
    if only_known_endings:
        return f"its ending {path.suffix!r} is not that of a video"
    try:
        with open_stream(path):
            return None
    except PosemakeError:
        return "it cannot be opened as a video"


def _is_one_image(tiff: Path) -> bool:
    try:
        pages = TiffPages(tiff)
    except PosemakeError:
        return False  # `validate_videos` says what is wrong with it
    try:
        return pages.pages == 1
    finally:
        pages.close()


def videos_among(paths: Iterable[Path], only_known_endings: bool) -> tuple[list[Path], list[str]]:
    """Return the videos among files, and the names of the others with the reason why each is left out.

    Hidden files and folders are left out without a reason.

    Parameters
    ----------
    paths
        Files, and folders.
    only_known_endings
        Take no file that is known by its content only.
    """
    videos, left_out = [], []
    for path in paths:
        if is_hidden(path.name) or not path.is_file():
            continue
        reason = reason_to_leave_out(path, only_known_endings)
        if reason is None:
            videos.append(path)
        else:
            left_out.append(f"{path.name} ({reason})")
    return videos, left_out


def images_of(path: Path) -> list[Path]:
    """Return the images of a folder or a numbered pattern; none if there are none."""
    try:
        return list_images(path)
    except PosemakeError:
        return []


def videos_of_folder(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the videos of a folder, as `videos_among` does; a folder that holds images only is itself a video."""
    videos, left_out = videos_among(sorted(folder.iterdir()), only_known_endings=True)
    if not videos and len(images_of(folder)) > 1:
        return [folder], []
    for inside in sorted(path for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name)):
        if len(images_of(inside)) > 1:
            left_out.append(f"{inside.name} (a folder of images; name it to take it for a video)")
    return videos, left_out
