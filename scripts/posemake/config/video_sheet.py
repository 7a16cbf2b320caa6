"""config.video_sheet."""

import csv
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posemake.config.validation import _faults, nearest

MOST_LISTED = 10000  # frames that a cell may name: more is a slip of the keyboard


def _cell(text: str, kind: str) -> Any:
    """A cell as the schema's type; text that is none stays text, so that the schema refuses it."""
    try:
        value = {"integer": int, "number": float}.get(kind, str)(text)
    except ValueError:
        return text
    return text if kind == "number" and not math.isfinite(value) else value


def _listed(text: str) -> Iterator[range]:
    """The parts of a list of frames such as 12,100-200:20; a range includes its end where a step falls on it."""
    for part in text.split(","):
        first, last, step = re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", part.strip()).groups()
        yield range(int(first), int(last or first) + 1, int(step or 1))


def _bounds(values: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """What is out of order in a row; makes crop and roi four numbers and frames a list on the way."""
    for name in ("crop", "roi"):
        text = values.get(name)
        if text is not None and re.fullmatch(schema["properties"][name]["pattern"], text):
            x1, x2, y1, y2 = values[name] = [int(v) for v in text.split(",")]
            if x1 >= x2 or y1 >= y2:
                yield f"{name}: {text!r} is empty; it is x1,x2,y1,y2 with x1 < x2 and y1 < y2"
    text = values.get("frames")
    if text is not None and re.fullmatch(schema["properties"]["frames"]["pattern"], text):
        ranges = list(_listed(text))
        if not all(ranges):
            yield f"frames: {text!r} has a range that is empty; the first frame stands first, as in 100-200:20"
        elif sum(map(len, ranges)) > MOST_LISTED:
            yield f"frames: {text!r} names more than {MOST_LISTED} frames"
        else:
            values["frames"] = sorted({frame for part in ranges for frame in part})
    start, stop = values.get("start", 0), values.get("stop")
    if isinstance(start, int) and isinstance(stop, int) and start >= stop:
        yield f"stop: {stop} must be greater than start, which is {start}"


def read_videos(path: str | Path, schema: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Read the sheet of videos, tab-separated with a header.

    Returns
    -------
    videos
        By id: every column of the schema, None where the sheet has no value; ``crop`` and ``roi`` as [x1, x2, y1, y2],
        ``frames`` as a list of indices.
    faults
        Sentences that name file and row.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path}: the sheet of videos cannot be read ({error}); see config/README.md"]
    known = schema["properties"]
    lines = ("\n" if line.startswith("#") else line for line in io.StringIO(text))
    reader = csv.reader(lines, delimiter="\t")
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        return {}, [f"{path}: the sheet is empty; its first row names the columns: {', '.join(known)}"]
    header = [name.strip() for name in rows[0][1]]
    faults = [f"{path}: there is no column {name!r}; {nearest(name, list(known))}" for name in header if name not in known]
    faults += [f"{path}: the column {name!r} is missing" for name in schema["required"] if name not in header]
    faults += [f"{path}: the column {name!r} stands there twice" for name in sorted({n for n in header if header.count(n) > 1})]
    if faults:
        return {}, faults
    videos: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    for number, row in rows[1:]:
        if len(row) > len(header):
            faults.append(
                f"{path}, row {number}: {len(row)} cells under a header of {len(header)}; columns are set apart by tabs"
            )
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row) if cell.strip()}
        values = {name: _cell(cell, known[name].get("type", "string")) for name, cell in cells.items()}
        found = [f"{path}, row {number}, {'.'.join(map(str, keys))}: {what}" for keys, what in _faults(values, schema)]
        name = values.get("video")
        if name in first:
            found.append(f"{path}, row {number}, video: {name!r} already stands in row {first[name]}; ids are unique")
        found += [f"{path}, row {number}, {what}" for what in _bounds(values, schema)]
        faults += found
        if name is None or name in first:
            continue
        first[name] = number
        # a row with a fault is kept, so that what else is wrong with it is told in the same run
        videos[name] = {column: values.get(column) for column in known} | {"row": number}
    if not videos and not faults:
        faults.append(f"{path}: the sheet names no video")
    return videos, faults


def frames_faults(frames: dict[str, Any], videos: dict[str, dict[str, Any]], config: str, sheet: str) -> list[str]:
    """What the section `frames` of the config (filled) asks of the sheet that it does not have, in sentences."""
    faults, rows = [], [row for row in videos.values() if row["use"] != "analyse"]
    for column in ("group", "subject"):
        known = sorted({row[column] for row in rows if row[column]})
        for name in map(str, frames[f"per_{column}"]):
            if name not in known:
                hint = nearest(name, known) if known else f"the column {column!r} is empty"
                faults.append(f"{config}, frames.per_{column}: no video to label is of the {column} {name!r}; {hint}")
    if frames["method"] == "manual":
        faults += [
            f"{sheet}, row {row['row']}, frames: is empty, and frames.method is manual; name the frames, as in 12,40,100-200:20"
            for row in rows
            if row["path"] and not row["frames"]
        ]
    return faults


def frames_of_video(frames: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The section `frames` of the config (filled) as it holds for one row of the sheet: ``per_video`` is its number, that of
    its subject before that of its group, so that another group's number changes nothing here. Without ``weights``: what they
    bring about is in the features."""
    number = frames["per_video"]
    for column in ("group", "subject"):
        number = {str(name): value for name, value in frames[f"per_{column}"].items()}.get(row[column], number)
    chosen = {key: value for key, value in frames.items() if key != "weights"}
    return chosen | {"per_video": number, "per_group": {}, "per_subject": {}}
