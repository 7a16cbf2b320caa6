"""Table of the chosen frames of a video (``frames.csv``)."""

from collections.abc import Iterable

from posemake.core.paths import StrPath
from posemake.core.tables import write_rows

FRAME_COLUMNS = ("frame", "image", "method", "reason")


def write_frame_table(path: StrPath, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """Write chosen frames as CSV: index in the video, name of the image, method that chose it, and the reason in words."""
    write_rows(path, FRAME_COLUMNS, rows)
