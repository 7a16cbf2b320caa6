"""Decisions of a person on each keypoint of each labelled image (N images, K keypoints).

The CSV of a label file holds positions only. ``CollectedData_<scorer>.decisions.json`` beside it has a word for each decided
keypoint: ``placed`` or ``accepted`` where it has a position, ``occluded`` or ``absent`` where it has none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.data.label_files import Labels, reorder
from posemake.data.visibility import Visibility

PLACED, ACCEPTED, OCCLUDED, ABSENT = "placed", "accepted", "occluded", "absent"
WORDS = (PLACED, ACCEPTED, OCCLUDED, ABSENT)
WITHOUT_POSITION = {OCCLUDED: Visibility.OCCLUDED, ABSENT: Visibility.ABSENT}
FORMAT = 1


class KeypointLabel(NamedTuple):
    """Decision on one keypoint of one image."""

    visibility: Visibility = Visibility.NOT_LABELLED  # NOT_LABELLED: nothing is decided yet
    position: tuple[float, float] | None = None  # pixels; of a visible keypoint
    accepted: bool = False  # the position was accepted from a prediction, not placed by a click

    @property
    def word(self) -> str:
        """The decision in one word, empty if there is none."""
        return decision_word(self.visibility, self.accepted)


def decision_word(visibility: int, accepted: bool) -> str:
    """Return the word for a decision: placed, accepted, occluded, absent, or empty where nothing is decided."""
    if visibility == Visibility.VISIBLE:
        return ACCEPTED if accepted else PLACED
    return {Visibility.OCCLUDED: OCCLUDED, Visibility.ABSENT: ABSENT}.get(Visibility(visibility), "")


def _round_position(point: Sequence[float]) -> tuple[float, float]:
    """Return a position as label files store it: three decimals, no -0.0."""
    return round(float(point[0]), 3) + 0.0, round(float(point[1]), 3) + 0.0


@dataclass(frozen=True, eq=False)
class ImageLabels:
    """Decisions on all keypoints of one image; `make_image_labels` checks and rounds the values."""

    xy: np.ndarray  # (K, 2) in pixels, NaN where the keypoint is not visible
    visibility: np.ndarray  # (K,) int8, values of `Visibility`; NOT_LABELLED: nothing is decided yet
    accepted: np.ndarray  # (K,) bool, the position was accepted from a prediction, not placed by a click

    @property
    def decided(self) -> np.ndarray:
        """Whether each keypoint (K,) is decided."""
        return self.visibility != Visibility.NOT_LABELLED

    @property
    def done(self) -> bool:
        """Whether all keypoints are decided."""
        return bool(self.decided.all())

    @property
    def words(self) -> list[str]:
        """The decision on each keypoint in one word, empty where there is none."""
        return [decision_word(*pair) for pair in zip(self.visibility.tolist(), self.accepted.tolist())]

    def keypoint(self, k: int) -> KeypointLabel:
        """Return the decision on one keypoint."""
        visibility = Visibility(int(self.visibility[k]))
        x, y = self.xy[k].tolist()
        return KeypointLabel(visibility, (x, y) if visibility == Visibility.VISIBLE else None, bool(self.accepted[k]))

    def replaced(self, changes: Mapping[int, KeypointLabel]) -> "ImageLabels":
        """Return a copy with other decisions on some keypoints.

        Raises
        ------
        ValueError
            If a visible keypoint has no position.
        """
        xy, visibility, accepted = self.xy.copy(), self.visibility.copy(), self.accepted.copy()
        for k, label in changes.items():
            xy[k] = np.nan if label.position is None else label.position
            visibility[k], accepted[k] = label.visibility, label.accepted
        return make_image_labels(xy, visibility, accepted)

    def differs(self, other: "ImageLabels") -> np.ndarray:
        """Return whether each keypoint (K,) is decided otherwise than in other labels."""
        same = (self.xy == other.xy) | (np.isnan(self.xy) & np.isnan(other.xy))
        return ~same.all(1) | (self.visibility != other.visibility) | (self.accepted != other.accepted)


def undecided_labels(keypoints: int) -> ImageLabels:
    """Return the labels of an image of which nothing is decided yet."""
    return ImageLabels(np.full((keypoints, 2), np.nan), np.zeros(keypoints, np.int8), np.zeros(keypoints, bool))


def make_image_labels(xy: np.ndarray, visibility: np.ndarray, accepted: np.ndarray) -> ImageLabels:
    """Return the labels of an image with positions rounded as label files store them.

    Parameters
    ----------
    xy
        Positions (K, 2) in pixels; ignored where the keypoint is not visible.
    visibility
        Values (K,) of `Visibility`.
    accepted
        Whether each position (K,) was accepted from a prediction; ignored where the keypoint is not visible.

    Raises
    ------
    ValueError
        If a visible keypoint has no position, or a value is none of `Visibility`.
    """
    rows = np.asarray(xy, float).tolist()
    values = [Visibility(value) for value in np.asarray(visibility).tolist()]
    visible = np.array(values, np.int8) == Visibility.VISIBLE
    for row, value in zip(rows, values, strict=True):
        if value == Visibility.VISIBLE and not np.isfinite(row).all():
            raise ValueError(f"a visible keypoint has a position, not {row}")
    rounded = [_round_position(row) if seen else (np.nan, np.nan) for row, seen in zip(rows, visible)]
    return ImageLabels(np.array(rounded, float).reshape(-1, 2), np.array(values, np.int8), visible & np.asarray(accepted, bool))


@dataclass
class Decisions:
    """Content of a file of decisions."""

    images: dict[str, dict[str, str]] = field(default_factory=dict)  # image: {keypoint: word}
    seconds: dict[str, float] = field(default_factory=dict)  # image: time spent on it


def decisions_path(label_file: StrPath) -> Path:
    """Return the path of the file of decisions of a label file."""
    return Path(label_file).with_suffix(".decisions.json")


def read_decisions(label_file: StrPath) -> Decisions | None:
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
            if word not in WORDS:
                raise PosemakeError(f"{path}: {image}, {keypoint}: {word!r} is none of {', '.join(WORDS)}; correct it")
    return Decisions(images, seconds)


@dataclass(frozen=True)
class DecidedLabels:
    """Positions of a label file with the decision on each keypoint of each image."""

    images: tuple[str, ...]  # file names
    xy: np.ndarray  # (N, K, 2) in pixels, NaN where there is no position
    visibility: np.ndarray  # (N, K) int8, values of `Visibility`
    accepted: np.ndarray  # (N, K) bool, the position was accepted from a prediction
    assumed: np.ndarray  # (N, K) bool, occluded because there is no position, and no person said so

    @property
    def done(self) -> np.ndarray:
        """Whether all keypoints of each image (N,) are decided."""
        return (self.visibility != Visibility.NOT_LABELLED).all(1)


def combine_decisions(labels: Labels, decisions: Decisions | None, keypoints: Iterable[str]) -> DecidedLabels:
    """Combine a label file with its decisions.

    Where the two disagree, another tool changed the label file, which then counts. An image that the decisions do not list comes
    from another tool and is done: keypoints without position count as occluded there.

    Parameters
    ----------
    labels
        Content of the label file, which may lack some of the keypoints.
    decisions
        Content of its file of decisions, or None if there is none.
    keypoints
        Names (K,) of the keypoints of the result, in their order.
    """
    keypoints = list(keypoints)
    xy = reorder(labels, keypoints)
    visible = ~np.isnan(xy[..., 0])
    visibility = np.where(visible, Visibility.VISIBLE, Visibility.OCCLUDED).astype(np.int8)
    accepted, assumed = np.zeros(visible.shape, bool), ~visible
    for i, image in enumerate(labels.images):
        words = decisions.images.get(image) if decisions else None
        if words is None:
            continue
        for k, keypoint in enumerate(keypoints):
            word = words.get(keypoint)
            if visible[i, k]:
                accepted[i, k] = word == ACCEPTED
            elif word not in (PLACED, ACCEPTED):
                visibility[i, k] = Visibility.NOT_LABELLED if word is None else WITHOUT_POSITION[word]
                assumed[i, k] = False
    return DecidedLabels(labels.images, xy, visibility, accepted, assumed)


def decisions_line(image: str, keypoints: Iterable[str], words: Iterable[str]) -> str:
    """Return one image's entry of the file of decisions.

    Parameters
    ----------
    image
        File name.
    keypoints
        Names (K,).
    words
        The decision on each keypoint (K,), empty where there is none.
    """
    decided = {keypoint: word for keypoint, word in zip(keypoints, words) if word}
    return f"{json.dumps(image)}: {json.dumps(decided)}"


def decisions_text(lines: Iterable[str], seconds: dict[str, float]) -> str:
    """Return the content of the file of decisions, a line per image, from the lines of ``decisions_line``."""
    entries = ",\n".join(lines)
    return f'{{"format": {FORMAT},\n"images": {{\n{entries}\n}},\n"seconds": {json.dumps(seconds)}}}\n'
