"""What a person decided on each keypoint of each labelled image: the label file with what its CSV cannot say.

A cell is the decision on one keypoint of one image: (x, y, "placed" or "accepted") where it is seen, "occluded" or "absent" where
it is not, None where nothing is decided yet. ``CollectedData_<scorer>.decisions.json`` lies beside the CSV and holds the words.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.label_files import Labels

SEEN = ("placed", "accepted")  # by a click, or as a prediction that a person looked at
UNSEEN = ("occluded", "absent")  # there and hidden, or not in the frame
FORMAT = 1

Cell = tuple[float, float, str] | str | None


def seen_cell(point: Sequence[float], word: str) -> Cell:
    """The cell of a position, rounded as in the label file; no -0.0."""
    return (round(float(point[0]), 3) + 0.0, round(float(point[1]), 3) + 0.0, word)


@dataclass
class Decisions:
    """Content of a file of decisions."""

    images: dict[str, dict[str, str]] = field(default_factory=dict)  # image: {keypoint: decision}
    seconds: dict[str, float] = field(default_factory=dict)  # image: time spent on it


def decisions_path(label_file: str | Path) -> Path:
    """The file of decisions of a label file."""
    return Path(label_file).with_suffix(".decisions.json")


def read_decisions(label_file: str | Path) -> Decisions | None:
    """Read the decisions of a label file; None if it has none.

    Raises
    ------
    PosemakeError
        If the file is damaged, or of a later version.
    """
    path = decisions_path(label_file)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["format"]
        images = {image: dict(words) for image, words in content["images"].items()}
        seconds = {image: float(spent) for image, spent in content.get("seconds", {}).items()}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PosemakeError(
            f"{path}: is damaged ({type(error).__name__}: {error}); put back a copy, or remove it, so that each row of the label "
            "file counts as done"
        ) from error
    if version != FORMAT:
        raise PosemakeError(f"{path}: is of format {version}, and this version of posemake reads {FORMAT}; update posemake")
    for image, words in images.items():
        for keypoint, word in words.items():
            if word not in SEEN + UNSEEN:
                raise PosemakeError(f"{path}: {image}, {keypoint}: {word!r} is none of {', '.join(SEEN + UNSEEN)}; correct it")
    return Decisions(images, seconds)


def _cell(point: list[float], word: str | None, listed: bool) -> Cell:
    """Where the CSV and the word disagree, another tool changed the CSV, and the CSV counts. Rounded as label files are."""
    if point[0] == point[0]:
        return seen_cell(point, word if word in SEEN else "placed")
    return "occluded" if not listed or word in SEEN else word


def read_cells(labels: Labels, decisions: Decisions | None, keypoints: Iterable[str]) -> dict[str, list[Cell]]:
    """The cells of each image of a label file.

    An image that the decisions do not list comes from another tool and is done: what has no position is occluded.

    Parameters
    ----------
    keypoints
        The order of the cells; the file may lack some of them.
    """
    keypoints = list(keypoints)
    places = [labels.keypoints.index(part) if part in labels.keypoints else None for part in keypoints]
    missing = [np.nan, np.nan]
    known = decisions.images if decisions else {}
    cells = {}
    for image, points in zip(labels.images, labels.xy.tolist()):
        words = known.get(image, {})
        listed = image in known
        cells[image] = [
            _cell(missing if place is None else points[place], words.get(part), listed) for part, place in zip(keypoints, places)
        ]
    return cells


def is_done(cells: list[Cell]) -> bool:
    """Whether all of an image's keypoints are decided."""
    return None not in cells


def decisions_line(image: str, keypoints: Iterable[str], cells: Iterable[Cell]) -> str:
    """One image's entry of the file of decisions."""
    words = {part: cell if isinstance(cell, str) else cell[2] for part, cell in zip(keypoints, cells) if cell is not None}
    return f"{json.dumps(image)}: {json.dumps(words)}"


def decisions_text(lines: Iterable[str], seconds: dict[str, float]) -> str:
    """The file of decisions, a line per image, from the lines of ``decisions_line``."""
    listed = ",\n".join(lines)
    return f'{{"format": {FORMAT},\n"images": {{\n{listed}\n}},\n"seconds": {json.dumps(seconds)}}}\n'
