"""The cells of a folder's label file in memory, and the label file with its decisions as they lie on the disk."""

import hashlib
import re
from bisect import insort
from pathlib import Path

import numpy as np

from posemake.core.atomic import replace_files, sync_folder
from posemake.data.label_decisions import Cell, decisions_line, decisions_path, decisions_text, read_cells, read_decisions
from posemake.data.label_files import Labels, head_text, read_labels, row_text

HISTORY = ".history.jsonl"
Stamp = tuple[int, int, int]  # bytes, time and number of a file: a new writing changes one


def image_key(image: str) -> tuple[float, str]:
    """Sorts images as their frames do; those without a number come last."""
    number = re.search(r"(\d+)$", image.rpartition(".")[0] or image)
    return (int(number[1]) if number else float("inf"), image)


def _stamp(path: Path) -> Stamp | None:
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


class LabelTable:
    """Rows of one label file.

    Parameters
    ----------
    path
        The CSV to write, ``…/CollectedData_<scorer>.csv``.
    keypoints
        Those of the config; others that the file has stay behind them.
    """

    def __init__(self, path: Path, scorer: str, video: str, keypoints: list[str]) -> None:
        self.path, self.scorer, self.video, self.keypoints = path, scorer, video, keypoints
        self.columns = list(keypoints)
        self.cells: dict[str, list[Cell]] = {}  # of images with a decision, in the order of the columns
        self.seconds: dict[str, float] = {}
        self._order: list[tuple[float, str]] = []
        self._lines: dict[str, tuple[str, str]] = {}
        self._stamp: Stamp | None = None
        self._content = b""  # digest of the CSV

    def images(self) -> list[str]:
        """Images with a decision, in the order of their frames."""
        return [image for _, image in self._order]

    def row(self, image: str) -> list[Cell]:
        """The cells of an image."""
        return self.cells.get(image) or [None] * len(self.columns)

    def set(self, image: str, cells: list[Cell]) -> None:
        """Take new cells for an image; one without any decision is left out."""
        key = image_key(image)
        if image not in self.cells:
            insort(self._order, key)
        self.cells[image] = cells
        self._lines.pop(image, None)
        if not any(cells):
            del self.cells[image]
            self._order.remove(key)

    def read(self) -> None:
        """Take what is on the disk.

        Raises
        ------
        PosemakeError
            If a file is damaged; the table is then as it was.
        """
        stamp, content = _stamp(self.path), _digest(self.path)
        found = [path for path in (self.path, self.path.with_suffix(".h5")) if path.is_file()]
        labels = read_labels(found[0]) if found else Labels(self.scorer, (), (), np.zeros((0, 0, 2)))
        decisions = read_decisions(self.path)
        columns = list(dict.fromkeys([*self.keypoints, *labels.keypoints]))
        cells = read_cells(labels, decisions, columns)
        self._stamp, self._content, self.columns = stamp, content, columns
        self.cells = {image: row for image, row in cells.items() if any(row)}
        self._order = sorted(map(image_key, self.cells))
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
        if not self.cells:  # a label file without rows is none
            self.path.unlink(missing_ok=True)
            decisions.unlink(missing_ok=True)
            sync_folder(self.path.parent)
            self._stamp, self._content = None, b""
            return
        rows, lines = zip(*map(self._rendered, self.images()))
        seconds = {image: round(self.seconds[image], 1) for image in self.images() if self.seconds.get(image)}
        contents = {decisions: decisions_text(lines, seconds).encode()}
        csv = (head_text(self.scorer, self.columns) + "".join(rows)).encode()
        digest = hashlib.sha256(csv).digest()
        if digest != self._content:
            contents[self.path] = csv
        replace_files(contents)
        self._stamp, self._content = _stamp(self.path), digest

    def is_changed_outside(self) -> bool:
        """Whether the CSV is no longer what was read or written last."""
        stamp = _stamp(self.path)
        if stamp != self._stamp and _digest(self.path) == self._content:
            self._stamp = stamp  # touched, or replaced by a copy
        return stamp != self._stamp

    def stamps(self) -> dict[str, Stamp]:
        """The scorer's files, to notice that one changed."""
        endings = (".csv", ".h5", ".decisions.json", HISTORY)
        return {ending: stamp for ending in endings if (stamp := _stamp(self.path.with_suffix(ending)))}

    def _rendered(self, image: str) -> tuple[str, str]:
        """An image's row of the label file and its line of the decisions."""
        if image not in self._lines:
            cells = self.cells[image]
            values = [v for cell in cells for v in (cell[:2] if isinstance(cell, tuple) else (np.nan, np.nan))]
            self._lines[image] = row_text(self.video, image, values), decisions_line(image, self.columns, cells)
        return self._lines[image]
