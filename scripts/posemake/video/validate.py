"""Stage `validate_videos`: whether all videos can be read."""

import csv

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def validate_videos(table_file: StrPath, summary_file: StrPath) -> None:
    """Summarise the table of videos (CSV) as text, with a line for each video that is unusual.

    Raises
    ------
    PosemakeError
        If a video cannot be read: a line for each, with the reason and what to do.
    """
    with open(table_file, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    unreadable = [row for row in rows if row["fault"]]
    if unreadable:
        lines = [f"{row['video']}: {row['fault']}" for row in unreadable]
        count = f"{len(unreadable)} of {_count(len(rows), 'video')}"
        heading = f"{count} cannot be read; mend each, or take its row out of the sheet (--keep-going does all else):"
        raise PosemakeError("\n".join([heading, *lines]))
    frames, seconds = sum(int(row["frames"]) for row in rows), sum(float(row["duration"]) for row in rows)
    lines = [f"{_count(len(rows), 'video')}, {_count(frames, 'frame')}, {seconds / 60:.1f} min; all can be read"]
    for row in rows:
        notes = [f"read from a transcoded copy: {row['standardised']}"] if row["standardised"] else []
        notes += [row["findings"]] if row["findings"] else []
        if notes:
            lines.append(f"{row['video']}: {'; '.join(notes)}")
    write_text(summary_file, "\n".join(lines) + "\n")
