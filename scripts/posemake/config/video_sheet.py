"""Sheet of videos: its columns, reading and checks."""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from posemake.config.fields import Count, CountOrZero, Integer, Number, Positive, Settings, matches
from posemake.config.settings import Frames
from posemake.config.sheet_text import read_rows
from posemake.config.validation import describe_errors, suggest
from posemake.core.errors import PosemakeError
from posemake.core.plural import count_noun

MAX_LISTED_FRAMES = 10000  # a cell that names more is a slip of the keyboard
BOX = re.compile(r"\d+,\d+,\d+,\d+")
FRAME_RANGE = r"\d+(-\d+(:[1-9]\d*)?)?"
FRAME_LIST = re.compile(rf"{FRAME_RANGE}( *, *{FRAME_RANGE})*")


def _fault(sentence: str) -> PydanticCustomError:
    """Return an error whose message is a sentence that names the value already."""
    return PydanticCustomError("sentence", "{sentence}", {"sentence": sentence})


def _parse_integer(cell: Any) -> Any:
    try:
        return int(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell


def _parse_number(cell: Any) -> Any:
    try:
        number = float(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell
    return number if not isinstance(number, float) or math.isfinite(number) else cell


def _parse_box(name: str) -> BeforeValidator:
    def parse(cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        if not BOX.fullmatch(cell):
            raise ValueError(f"a {name} is x1,x2,y1,y2 in pixels, as in 0,320,0,240")
        x1, x2, y1, y2 = map(int, cell.split(","))
        if x1 >= x2 or y1 >= y2:
            raise _fault(f"{cell!r} is empty; it is x1,x2,y1,y2 with x1 < x2 and y1 < y2")
        return x1, x2, y1, y2

    return BeforeValidator(parse)


def _ranges(cell: str) -> Iterator[range]:
    """Yield the parts of a list of frames such as 12,100-200:20; a range includes its end where a step falls on it."""
    for first, last, step in re.findall(r"(\d+)(?:-(\d+)(?::(\d+))?)?", cell):
        yield range(int(first), int(last or first) + 1, int(step or 1))


def _parse_frames(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    if not FRAME_LIST.fullmatch(cell):
        raise ValueError("a list of frames and ranges of frames, as in 12,40,100-200:20")
    ranges = list(_ranges(cell))
    if not all(ranges):
        raise _fault(f"{cell!r} has a range that is empty; the first frame stands first, as in 100-200:20")
    if sum(map(len, ranges)) > MAX_LISTED_FRAMES:
        raise _fault(f"{cell!r} names more than {MAX_LISTED_FRAMES} frames")
    return tuple(sorted({frame for part in ranges for frame in part}))


def _check_id(cell: Any) -> Any:
    if isinstance(cell, str) and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", cell):
        legal = re.sub(r"[^A-Za-z0-9_.-]+", "_", cell).lstrip("_.-") or "video_1"
        raise _fault(f"{cell!r}: an id begins with a letter or digit and has letters, digits, _ . - only, as in {legal!r}")
    return cell


INTEGER_CELL = BeforeValidator(_parse_integer)
NUMBER_CELL = BeforeValidator(_parse_number)
VideoId = Annotated[str, BeforeValidator(_check_id)]
VideoPath = Annotated[
    str,
    matches(
        r"[^{}\n\r]+",
        "a path has no { and }, which Snakemake takes for its own, and no line breaks; rename the file, or link to it",
    ),
]
PositiveCell = Annotated[Positive, NUMBER_CELL]
Box = tuple[Integer, Integer, Integer, Integer]


class VideoRow(Settings):
    """A row of the sheet of videos; None for an empty cell."""

    video: VideoId = Field(
        description="Id: the name of its folders in labels/ and results/, and the key of the split. A letter or digit, then "
        "letters, digits, _ . and -. No two ids differ in case only."
    )
    path: VideoPath | None = Field(
        default=None,
        description="Video file, relative to the project's folder or absolute. Or images: a folder of them, a numbered "
        "pattern as raw/img%04d.png, or a TIFF of many pages. May be empty with the use train, where there are labels.",
    )
    use: Literal["train", "analyse", "both"] = Field(
        description="train (frames are labelled), analyse (poses are predicted) or both."
    )
    subject: str | None = Field(
        default=None,
        description="Animal, for tables, split.unit: subject and frames.per_subject. If empty, the video counts as one.",
    )
    session: str | None = Field(default=None, description="Session, for tables.")
    group: str | None = Field(default=None, description="Experimental group, for tables and frames.per_group.")
    camera: str | None = Field(default=None, description="Camera, a note that is not used.")
    fps: PositiveCell | None = Field(
        default=None,
        description="Frames per second, instead of the file's frame rate, for speeds, figures and the labelled video.",
    )
    px_per_mm: PositiveCell | None = Field(
        default=None, description="Pixels per millimetre. If empty, there are no speeds in mm/s."
    )
    crop: Annotated[Box, _parse_box("crop")] | None = Field(
        default=None,
        description="x1,x2,y1,y2 in pixels of the upright frame, x2 and y2 excluded: what the network sees when poses are "
        "predicted. If empty, the whole frame.",
    )
    roi: Annotated[Box, _parse_box("region")] | None = Field(
        default=None,
        description="Region of interest, written as crop: frames are chosen by what is seen in it. If empty, the whole frame.",
    )
    start: Annotated[CountOrZero, INTEGER_CELL] | None = Field(default=None, description="First frame, counted from 0.")
    stop: Annotated[Count, INTEGER_CELL] | None = Field(
        default=None, description="Frame after the last. If empty, the end of the video."
    )
    frames: Annotated[tuple[Integer, ...], BeforeValidator(_parse_frames)] | None = Field(
        default=None,
        description="Frames to label with frames.method: manual, single ones and ranges with or without a step, as in "
        "12,40,100-200:20. A range includes its end.",
    )
    downscale: Annotated[Number, Field(gt=0, lt=1), NUMBER_CELL] | None = Field(
        default=None,
        description="Factor above 0 and below 1: the video is read from a copy of that size. All coordinates stay those of the "
        "original.",
    )
    deinterlace: Literal["yes", "no"] | None = Field(
        default=None,
        description="yes or no. With yes, the video is read from a copy with one whole frame for each interlaced one.",
    )
    parts: Annotated[Integer, Field(ge=1, le=1000), INTEGER_CELL] | None = Field(
        default=None, description="Jobs that share the inference of this video, for one of hours. If empty, predict.parts."
    )
    row: int = Field(default=0, exclude=True, description="Line of the sheet, for messages.")


COLUMNS = [name for name in VideoRow.model_fields if name != "row"]
REQUIRED = ("video", "use")


def _read_row(cells: dict[str, str], line: int) -> tuple[VideoRow, list[str]]:
    """Return a row of the sheet, in which cells with a fault are empty, and the faults.

    A row with a fault is kept, so that whatever else is wrong with it is found in the same run.
    """
    faults: list[str] = []
    try:
        row = VideoRow.model_validate({**cells, "row": line})
    except ValidationError as error:
        explained = describe_errors(error, VideoRow)
        faults += [f"{'.'.join(map(str, path))}: {what}" for path, what in explained]
        bad = {path[0] for path, _ in explained}
        valid = {column: cell for column, cell in cells.items() if column not in bad}
        row = VideoRow.model_validate({"video": "unnamed", "use": "both", **valid, "row": line})
        row = row.model_copy(update={"video": cells.get("video", "")})
    if row.stop is not None and (row.start or 0) >= row.stop:
        faults.append(f"stop: {row.stop} must be greater than start, which is {row.start or 0}")
    return row, faults


def read_videos(path: str | Path) -> tuple[dict[str, VideoRow], list[str]]:
    """Read the sheet of videos, which has a header.

    Returns
    -------
    videos
        Rows by id.
    faults
        Sentences that name file and row.
    """
    try:
        rows, separator = read_rows(path, COLUMNS, REQUIRED)
    except PosemakeError as error:
        return {}, [str(error)]
    if not rows:
        return {}, [f"{path}: the sheet is empty; its first row names the columns: {', '.join(COLUMNS)}"]
    header = rows[0][1]
    faults = [
        f"{path}: there is no column {name!r}; {suggest(name, COLUMNS)}" if name else f"{path}: column {number} has no name"
        for number, name in enumerate(header, 1)
        if name not in COLUMNS
    ]
    faults += [f"{path}: the column {name!r} is missing" for name in REQUIRED if name not in header]
    faults += [f"{path}: the column {name!r} stands there twice" for name in sorted({n for n in header if header.count(n) > 1})]
    if faults:
        return {}, faults
    videos: dict[str, VideoRow] = {}
    ids_by_lower_case: dict[str, str] = {}
    for line, cells in rows[1:]:
        if len(cells) > len(header):
            quote = "" if separator == "tabs" else f", so put cells that have {separator} in quotation marks, or use tabs"
            faults.append(
                f"{path}, row {line}: {count_noun(len(cells), 'cell')} under a header of {len(header)}; columns are separated by "
                f"{separator}{quote}"
            )
            continue
        filled = {name: cell for name, cell in zip(header, cells) if cell}
        row, found = _read_row(filled, line)
        if row.video in videos:
            found.append(f"video: {row.video!r} already stands in row {videos[row.video].row}; ids are unique")
        elif same := ids_by_lower_case.get(row.video.lower()):
            found.append(
                f"video: {row.video!r} differs only in case from {same!r} in row {videos[same].row}, and their folders would be "
                "the same on Windows and macOS; rename one of them"
            )
        faults += [f"{path}, row {line}, {fault}" for fault in found]
        if row.video:
            videos.setdefault(row.video, row)
            ids_by_lower_case.setdefault(row.video.lower(), row.video)
    if not videos and not faults:
        faults.append(f"{path}: the sheet names no video")
    return videos, faults


def check_frames(frames: Frames, videos: Mapping[str, VideoRow], config: str, sheet: str) -> list[str]:
    """Return what the section `frames` of the config asks of the sheet and the sheet does not have.

    Parameters
    ----------
    frames
        The section.
    videos
        Rows of the sheet by id.
    config, sheet
        Names of the two files, for the messages.

    Returns
    -------
    list[str]
        Sentences.
    """
    faults, rows = [], [row for row in videos.values() if row.use != "analyse"]
    for column, numbers in (("group", frames.per_group), ("subject", frames.per_subject)):
        known = sorted({name for row in rows if (name := getattr(row, column))})
        for name in numbers:
            if name not in known:
                hint = suggest(name, known) if known else f"the column {column!r} is empty"
                faults.append(f"{config}, frames.per_{column}: no video to label is of the {column} {name!r}; {hint}")
    if frames.method == "manual":
        faults += [
            f"{sheet}, row {row.row}, frames: is empty, and frames.method is manual; name the frames, as in 12,40,100-200:20"
            for row in rows
            if row.path and not row.frames
        ]
    return faults


def frames_of_video(frames: Frames, row: VideoRow) -> dict[str, Any]:
    """Return the section `frames` of the config as it holds for one video, as plain values.

    ``per_video`` is the number of its subject, else that of its group, so that the number of another group changes nothing here.
    ``weights`` is left out, as the weights shape the features only.
    """
    number = frames.per_group.get(row.group or "", frames.per_video)
    number = frames.per_subject.get(row.subject or "", number)
    values = frames.model_dump(exclude={"weights"})
    return values | {"per_video": number, "per_group": {}, "per_subject": {}}
