"""The stage that tells whether all videos can be read."""

import csv

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def validate_videos(table_file: str, summary_file: str) -> None:
    """Sum up the table of videos, with a line for each that is out of the ordinary.

    Raises
    ------
    PosemakeError
        If a video cannot be read: a line for each, with the reason and the cure.
    """
    with open(table_file, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    bad = [row for row in rows if row["fault"]]
    if bad:
        lines = [f"{row['video']}: {row['fault']}" for row in bad]
        what = f"{len(bad)} of {_counted(len(rows), 'video')} cannot be read; mend each, or take its row out of the sheet"
        raise PosemakeError("\n".join([f"{what} (--keep-going does all else):", *lines]))
    frames, seconds = sum(int(row["frames"]) for row in rows), sum(float(row["duration"]) for row in rows)
    lines = [f"{_counted(len(rows), 'video')}, {_counted(frames, 'frame')}, {seconds / 60:.1f} min; all can be read"]
    for row in rows:
        notes = [*([f"read from a standardised copy: {row['standardised']}"] if row["standardised"] else []), row["findings"]]
        if any(notes):
            lines.append(f"{row['video']}: {'; '.join(filter(None, notes))}")
    write_text(summary_file, "\n".join(lines) + "\n")
