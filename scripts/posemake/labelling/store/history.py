"""Every change of one label file, in the order it was made: what a crash left out of the label file, and the way back.

``CollectedData_<scorer>.history.jsonl`` has a line per change, on the disk before the change counts, and a line ``written`` after
each writing of the label file, so that the changes behind the last of them are those that the label file may lack.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from posemake.data.label_decisions import Cell

WRITTEN = '{"written"'
REFUSED = '{"refused"'


@dataclass(frozen=True)
class Entry:
    """One change of one image."""

    number: int  # from 1
    time: str  # local time, as 2026-05-01T14:02:11
    by: str  # user@computer
    image: str
    what: str  # in words
    before: dict[str, Cell]  # the cells that it changed
    after: dict[str, Cell]
    refused: set[str] = field(default_factory=set)  # keypoints that it did not change, as the label file had been changed outside


def entry_line(entry: Entry) -> str:
    """An entry as a line of the file."""
    content = {"n": entry.number, "time": entry.time, "by": entry.by, "image": entry.image, "what": entry.what}
    content |= {"before": entry.before, "after": entry.after}
    if entry.refused:
        content["refused"] = sorted(entry.refused)
    return json.dumps(content)


def written_line(number: int) -> str:
    """Says that the label file has all up to an entry."""
    return f'{WRITTEN}: {number}, "n": {number}}}'


def refused_line(refused: dict[int, set[str]], number: int) -> str:
    """Says which keypoints of which entries gave way to a change outside; ``number`` is that of the last entry."""
    return f'{REFUSED}: {json.dumps({n: sorted(parts) for n, parts in refused.items()})}, "n": {number}}}'


def _cells(content: dict) -> dict[str, Cell]:
    return {part: tuple(cell) if isinstance(cell, list) else cell for part, cell in content.items()}


def _parse(lines: Iterable[str]) -> tuple[list[Entry], int]:
    """Entries of some lines and the last number they name; a damaged line is left out."""
    entries: dict[int, Entry] = {}
    last = 0
    for line in lines:
        try:
            content = json.loads(line)
            last = max(last, int(content["n"]))
            if "image" in content:
                changed = _cells(content["before"]), _cells(content["after"])
                words = [content[key] for key in ("n", "time", "by", "image", "what")]
                entries[content["n"]] = Entry(*words, *changed, set(content.get("refused", ())))
            for number, parts in content["refused"].items() if line.startswith(REFUSED) else ():
                if int(number) in entries:
                    entries[int(number)].refused.update(parts)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return list(entries.values()), last


def _whole_lines(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    return content[: content.rfind(b"\n") + 1].decode("utf-8", "replace")  # the last line may be torn


def read_history(path: Path) -> list[Entry]:
    """All entries."""
    return _parse(_whole_lines(path).split("\n"))[0]


def read_pending(path: Path) -> tuple[list[Entry], int]:
    """The entries that the label file may lack, and the number of the last entry of all."""
    text = _whole_lines(path)
    return _parse(text[max(0, text.rfind(WRITTEN)) :].split("\n"))


def apply_pending(
    cells: dict[str, list[Cell]], keypoints: list[str], pending: list[Entry]
) -> tuple[dict[str, list[Cell]], dict[int, set[str]]]:
    """Bring cells that were read from a label file up to date.

    The file may have some of the changes already, and another tool may have changed it. A position in the file that none of the
    changes left or found there comes from outside and stays.

    Returns
    -------
    changed
        The images that differ, with all their cells.
    refused
        {number of the entry: keypoints} that gave way to changes from outside.
    """
    chains: dict[tuple[str, str], list[Entry]] = {}
    for entry in pending:
        for part in entry.after:
            if part in keypoints and part not in entry.refused:
                chains.setdefault((entry.image, part), []).append(entry)
    changed: dict[str, list[Cell]] = {}
    refused: dict[int, set[str]] = {}
    for (image, part), chain in chains.items():
        k = keypoints.index(part)
        now = changed.get(image) or list(cells.get(image) or [None] * len(keypoints))
        known = [chain[0].before[part], *(entry.after[part] for entry in chain)]
        if _position(now[k]) in map(_position, known):
            now[k] = chain[-1].after[part]
            changed[image] = now
        else:
            for entry in chain:
                refused.setdefault(entry.number, set()).add(part)
    return changed, refused


def _position(cell: Cell) -> tuple[float, float] | None:
    return cell[:2] if isinstance(cell, tuple) else None


def cells_after(entries: list[Entry], number: int, now: dict[str, Cell]) -> dict[str, Cell]:
    """The cells of an entry's image as they were after it, from all entries and the cells as they are now.

    The entry counts in full, also where it was refused.
    """
    image = next(entry.image for entry in entries if entry.number == number)
    earlier: dict[str, Cell] = {}
    later: dict[str, Cell] = {}  # what the next change of a keypoint found there
    for entry in (entry for entry in entries if entry.image == image):
        for part in entry.after.keys() if entry.number == number else entry.after.keys() - entry.refused:
            if entry.number <= number:
                earlier[part] = entry.after[part]
            else:
                later.setdefault(part, entry.before[part])
    return now | later | earlier
