"""History of one label file: every change, in the order it was made.

``CollectedData_<scorer>.history.jsonl`` has a line per change, which is on the disk before the change counts, and a line
``written`` after each writing of the label file: the label file may lack only the changes after the last of these. In a line, a
decision is ``[x, y, "placed"]`` or ``[x, y, "accepted"]``, ``"occluded"``, ``"absent"``, or null where nothing was decided.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posemake.data.label_decisions import ACCEPTED, WITHOUT_POSITION, ImageLabels, KeypointLabel, undecided_labels
from posemake.data.visibility import Visibility

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
    before: dict[str, KeypointLabel]  # by keypoint, of those that it changed
    after: dict[str, KeypointLabel]
    refused: set[str] = field(default_factory=set)  # keypoints that it left alone, as another tool had changed the label file

    @property
    def is_refused(self) -> bool:
        """Whether it changed nothing."""
        return self.after.keys() <= self.refused


def _encode(labels: Mapping[str, KeypointLabel]) -> dict[str, Any]:
    return {
        keypoint: [*label.position, label.word] if label.position is not None else label.word or None
        for keypoint, label in labels.items()
    }


def _decode(content: dict[str, Any]) -> dict[str, KeypointLabel]:
    labels = {}
    for keypoint, value in content.items():
        if isinstance(value, list):
            x, y, word = value
            if not (math.isfinite(x) and math.isfinite(y)):
                raise ValueError(f"{keypoint}: ({x}, {y}) is no position")
            labels[keypoint] = KeypointLabel(Visibility.VISIBLE, (x, y), word == ACCEPTED)
        else:
            labels[keypoint] = KeypointLabel() if value is None else KeypointLabel(WITHOUT_POSITION[value])
    return labels


def entry_line(entry: Entry) -> str:
    """Return an entry as a line of the file."""
    content: dict[str, Any] = {"n": entry.number, "time": entry.time, "by": entry.by, "image": entry.image, "what": entry.what}
    content |= {"before": _encode(entry.before), "after": _encode(entry.after)}
    if entry.refused:
        content["refused"] = sorted(entry.refused)
    return json.dumps(content)


def written_line(number: int) -> str:
    """Return the line that says that the label file has all changes up to an entry."""
    return f'{WRITTEN}: {number}, "n": {number}}}'


def refused_line(refused: Mapping[int, set[str]], number: int) -> str:
    """Return the line that says which keypoints of which entries gave way to another tool; ``number`` is the last entry's."""
    return f'{REFUSED}: {json.dumps({n: sorted(keypoints) for n, keypoints in refused.items()})}, "n": {number}}}'


def _parse_entry(content: dict[str, Any]) -> Entry:
    return Entry(
        number=content["n"],
        time=content["time"],
        by=content["by"],
        image=content["image"],
        what=content["what"],
        before=_decode(content["before"]),
        after=_decode(content["after"]),
        refused=set(content.get("refused", ())),
    )


def _parse(lines: Iterable[str]) -> tuple[list[Entry], int]:
    """Return the entries of some lines and the last number they name; damaged lines are left out."""
    entries: dict[int, Entry] = {}
    last = 0
    for line in lines:
        try:
            content = json.loads(line)
            last = max(last, int(content["n"]))
            if "image" in content:
                entries[content["n"]] = _parse_entry(content)
            for number, keypoints in content["refused"].items() if line.startswith(REFUSED) else ():
                if int(number) in entries:
                    entries[int(number)].refused.update(keypoints)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return list(entries.values()), last


def _read_whole_lines(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    return content[: content.rfind(b"\n") + 1].decode("utf-8", "replace")  # the last line may be torn


def read_history(path: Path) -> list[Entry]:
    """Read all entries."""
    return _parse(_read_whole_lines(path).split("\n"))[0]


def read_pending(path: Path) -> tuple[list[Entry], int]:
    """Read the entries that the label file may lack, and the number of the last entry of all."""
    text = _read_whole_lines(path)
    return _parse(text[max(0, text.rfind(WRITTEN)) :].split("\n"))


def apply_pending(
    labels: Mapping[str, ImageLabels], keypoints: list[str], pending: list[Entry]
) -> tuple[dict[str, ImageLabels], dict[int, set[str]]]:
    """Bring labels that were read from a label file up to date.

    The file may have some of the changes already, and another tool may have changed it. A position in the file that none of the
    changes left or found there is the other tool's and stays.

    Parameters
    ----------
    labels
        Labels by image, as the label file has them.
    keypoints
        Names of the keypoints, in the order of the labels.
    pending
        Changes that the label file may lack.

    Returns
    -------
    changed
        The images that differ, with all their labels.
    refused
        {number of the entry: keypoints} that gave way to another tool.
    """
    chains: dict[tuple[str, str], list[Entry]] = {}
    for entry in pending:
        for keypoint in entry.after:
            if keypoint in keypoints and keypoint not in entry.refused:
                chains.setdefault((entry.image, keypoint), []).append(entry)
    changed: dict[str, ImageLabels] = {}
    refused: dict[int, set[str]] = {}
    for (image, keypoint), chain in chains.items():
        k = keypoints.index(keypoint)
        current = changed.get(image) or labels.get(image) or undecided_labels(len(keypoints))
        known = [chain[0].before[keypoint], *(entry.after[keypoint] for entry in chain)]
        if current.keypoint(k).position in [label.position for label in known]:
            changed[image] = current.replaced({k: chain[-1].after[keypoint]})
        else:
            for entry in chain:
                refused.setdefault(entry.number, set()).add(keypoint)
    return changed, refused


def labels_after(entries: list[Entry], number: int, current: Mapping[str, KeypointLabel]) -> dict[str, KeypointLabel]:
    """Return the labels of an entry's image as they were after it, by keypoint.

    Parameters
    ----------
    entries
        The whole history.
    number
        Number of the entry. It counts in full, also where it was refused.
    current
        The image's labels as they are now.
    """
    image = next(entry.image for entry in entries if entry.number == number)
    earlier: dict[str, KeypointLabel] = {}
    later: dict[str, KeypointLabel] = {}  # what the next change of a keypoint found there
    for entry in (entry for entry in entries if entry.image == image):
        for keypoint in entry.after.keys() if entry.number == number else entry.after.keys() - entry.refused:
            if entry.number <= number:
                earlier[keypoint] = entry.after[keypoint]
            else:
                later.setdefault(keypoint, entry.before[keypoint])
    return {**current, **later, **earlier}
