"""Frames and pixels of a video that the sheet of videos asks for."""

from collections.abc import Sequence

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.video.info import VideoReport

Region = tuple[int, int, int, int]  # x1, x2, y1, y2 in pixels; x2 and y2 are excluded


def frame_range(video_file: StrPath, report: VideoReport, start: int | None, stop: int | None) -> tuple[int, int]:
    """Return the first frame and the frame after the last that the sheet asks for.

    Parameters
    ----------
    video_file
        Path of the video, for the message.
    report
        What the video holds.
    start, stop
        Cells of the sheet; None stands for the first frame and the end of the video.

    Raises
    ------
    PosemakeError
        If no frame is left.
    """
    start, stop = start or 0, report.frames if stop is None else min(stop, report.frames)
    if start >= stop:
        raise PosemakeError(
            f"{video_file}: start {start} and stop {stop} leave no frame of {report.frames}; correct the sheet of videos"
        )
    return start, stop


def pixel_region(video_file: StrPath, report: VideoReport, column: str, cell: Sequence[int] | None) -> Region:
    """Return the region x1, x2, y1, y2 in pixels that the sheet asks for.

    Parameters
    ----------
    video_file
        Path of the video, for the message.
    report
        What the video holds.
    column
        Column of the sheet, `crop` or `roi`, for the message.
    cell
        x1, x2, y1, y2 in pixels, x2 and y2 excluded; None or empty stands for the whole frame.

    Raises
    ------
    PosemakeError
        If the region is empty or does not lie within the frame.
    """
    x1, x2, y1, y2 = cell or (0, report.width, 0, report.height)
    if not (x1 < x2 <= report.width and y1 < y2 <= report.height):
        raise PosemakeError(
            f"{video_file}: {column} {x1},{x2},{y1},{y2} (x1,x2,y1,y2) does not lie within its {report.width} x "
            f"{report.height} pixels; correct the sheet of videos"
        )
    return x1, x2, y1, y2
