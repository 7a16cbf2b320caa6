"""Labels of one label file in memory, and their reading and writing (K keypoints)."""

import hashlib
import re
from bisect import insort
from pathlib import Path

import numpy as np

from posemake.core.atomic import atomic_write_files, sync_folder
from posemake.data.label_decisions import (
    ImageLabels,
    combine_decisions,
    decisions_line,
    decisions_path,
    decisions_text,
    make_image_labels,
    read_decisions,
    undecided_labels,
)
from posemake.data.label_files import Labels, header_text, read_labels, row_text

HISTORY = ".history.jsonl"
FileState = tuple[int, int, int]  # size, time and inode of a file; each writing changes at least one


def image_sort_key(image: str) -> tuple[float, str]:
    """Return a key that sorts images as their frames; those without a number come last."""
    number = re.search(r"(\d+)$", image.rpartition(".")[0] or image)
    return (int(number[1]) if number else float("inf"), image)


def _file_state(path: Path) -> FileState | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except FileNotFoundError:
        return b""


class StoredLabels:
    """Labels of one label file with the decisions on them.

    Parameters
    ----------
    path
        The CSV to write, ``…/CollectedData_<scorer>.csv``.
    scorer
        Who labels.
    video
        Name of the video, for the first columns of each row.
    keypoints
        Those of the config; others that the file has stay behind them.
    """

    def __init__(self, path: Path, scorer: str, video: str, keypoints: list[str]) -> None:
        self.path, self.scorer, self.video, self.keypoints = path, scorer, video, keypoints
        self.columns = list(keypoints)
        self.labels: dict[str, ImageLabels] = {}  # of images with a decision; keypoints in the order of the columns
        self.seconds: dict[str, float] = {}
        self._order: list[tuple[float, str]] = []
        self._lines: dict[str, tuple[str, str]] = {}
        self._state: FileState | None = None
        self._content = b""  # digest of the CSV

    def images(self) -> list[str]:
        """Return the images with a decision, in the order of their frames."""
        return [image for _, image in self._order]

    def get(self, image: str) -> ImageLabels:
        """Return the labels of an image, of all columns."""
        return self.labels.get(image) or undecided_labels(len(self.columns))

    def set(self, image: str, labels: ImageLabels) -> None:
        """Replace the labels of an image; one without any decision is left out."""
        key = image_sort_key(image)
        if image not in self.labels:
            insort(self._order, key)
        self.labels[image] = labels
        self._lines.pop(image, None)
        if not labels.decided.any():
            del self.labels[image]
            self._order.remove(key)

    def read(self) -> None:
        """Read what is on the disk.

        Raises
        ------
        PosemakeError
            If a file is damaged; nothing is changed then.
        """
        state, content = _file_state(self.path), _digest(self.path)
        existing = [path for path in (self.path, self.path.with_suffix(".h5")) if path.is_file()]
        labels = read_labels(existing[0]) if existing else Labels(self.scorer, (), (), np.zeros((0, 0, 2)))
        decisions = read_decisions(self.path)
        columns = list(dict.fromkeys([*self.keypoints, *labels.keypoints]))
        decided = combine_decisions(labels, decisions, columns)
        self._state, self._content, self.columns = state, content, columns
        self.labels = {
            image: make_image_labels(xy, visibility, accepted)
            for image, xy, visibility, accepted in zip(decided.images, decided.xy, decided.visibility, decided.accepted)
            if visibility.any()
        }
        self._order = sorted(map(image_sort_key, self.labels))
        self._lines = {}
        self.seconds = decisions.seconds if decisions else {}

    def write(self) -> None:
        """Write what differs from the disk: the decisions first, as a row without decisions would count as done.

        Raises
        ------
        OSError
            If that fails.
        """
        decisions = decisions_path(self.path)
        if not self.labels:  # a label file without rows is none
            self.path.unlink(missing_ok=True)
            decisions.unlink(missing_ok=True)
            sync_folder(self.path.parent)
            self._state, self._content = None, b""
            return
        rows, lines = zip(*map(self._render, self.images()))
        seconds = {image: round(self.seconds[image], 1) for image in self.images() if self.seconds.get(image)}
        contents = {decisions: decisions_text(lines, seconds).encode()}
        csv = (header_text(self.scorer, self.columns) + "".join(rows)).encode()
        digest = hashlib.sha256(csv).digest()
        if digest != self._content:
            contents[self.path] = csv
        atomic_write_files(contents)
        self._state, self._content = _file_state(self.path), digest

    def is_changed_outside(self) -> bool:
        """Return whether the CSV is no longer what was read or written last."""
        state = _file_state(self.path)
        if state != self._state and _digest(self.path) == self._content:
            self._state = state  # touched, or replaced by a copy
        return state != self._state

    def file_states(self) -> dict[str, FileState]:
        """Return the states of the scorer's files, to notice that one changed."""
        endings = (".csv", ".h5", ".decisions.json", HISTORY)
        return {ending: state for ending in endings if (state := _file_state(self.path.with_suffix(ending)))}

    def _render(self, image: str) -> tuple[str, str]:
        """Return an image's row of the label file and its line of the decisions."""
        if image not in self._lines:
            labels = self.labels[image]
            row = row_text(self.video, image, labels.xy.reshape(-1).tolist())
            self._lines[image] = row, decisions_line(image, self.columns, labels.words)
        return self._lines[image]
