"""One person's labels of one folder of images: each change is on the disk when ``put`` returns, whatever happens after.

A change goes to the history first (label_history). The label file and its decisions follow in ``flush``; after a crash the next
opening brings them up to date. One process writes a scorer's files of a folder at a time (label_lock).
"""

import contextlib
import os
import re
import time
from pathlib import Path

import numpy as np

from posemake.core.atomic import sync_folder, write_aside
from posemake.core.errors import PosemakeError
from posemake.data.label_decisions import SEEN, UNSEEN, Cell, is_done, seen_cell
from posemake.data.label_files import find_label_files
from posemake.labelling.store.history import (
    Entry,
    apply_pending,
    cells_after,
    entry_line,
    read_history,
    read_pending,
    refused_line,
    written_line,
)
from posemake.labelling.store.journal import Journal
from posemake.labelling.store.lock import Lock, whoami
from posemake.labelling.store.table import HISTORY, LabelTable


class ChangedOnDisk(PosemakeError):
    """Another tool changed the label file; nothing was overwritten."""


def _arrays(cells: list[Cell]) -> tuple[np.ndarray, list[str | None]]:
    xy = [cell[:2] if isinstance(cell, tuple) else (np.nan, np.nan) for cell in cells]
    return np.array(xy, float).reshape(-1, 2), [cell[2] if isinstance(cell, tuple) else cell for cell in cells]


def _cell(point: np.ndarray, word: str | None) -> Cell:
    if word in SEEN:
        if not np.isfinite(point).all():
            raise ValueError(f"a keypoint that is {word} has a position, not {point}")
        return seen_cell(point, word)
    if word is not None and word not in UNSEEN:
        raise ValueError(f"{word!r} is no decision")
    return word


class LabelStore:
    """The label file of one scorer in one folder.

    Parameters
    ----------
    folder
        ``labels/round-<r>/<video>``; need not be there.
    keypoints
        Those of the config. Others that the file has are kept as they are.
    read_only
        Do not take the lock; ``claim`` does that later.

    Raises
    ------
    PosemakeError
        If a file is damaged.
    """

    def __init__(self, folder: str | Path, scorer: str, keypoints: list[str], video: str, read_only: bool = False) -> None:
        if not re.fullmatch(r"\w[\w .-]*(?<!\.part)", scorer):
            raise PosemakeError(f"scorer: {scorer!r} becomes part of a file's name; use letters, digits, _, - and .")
        self.folder, self.scorer, self.video, self.keypoints = Path(folder), scorer, video, list(keypoints)
        self.path = self.folder / f"CollectedData_{scorer}.csv"
        self._table = LabelTable(self.path, scorer, video, self.keypoints)
        self.read_only, self.why_read_only = True, "the labels were opened for reading only"
        self._lock = Lock(self.path.with_suffix(".lock"))
        self._journal = Journal(self.path.with_suffix(HISTORY))
        self._by = whoami()
        self._made = False  # the folder, by this store
        self._files: dict[str, tuple[int, int, int]] | None = None  # as they were when they were read or written last
        if read_only:
            self._read()
        else:
            self.claim()

    # --- what is there

    def get(self, image: str) -> tuple[np.ndarray, list[str | None]]:
        """Positions (K, 2) in pixels, NaN where none is, and decisions (K) of an image."""
        return _arrays(self._table.row(image)[: len(self.keypoints)])

    def images(self) -> list[str]:
        """Images with a decision, in the order of their frames."""
        return self._table.images()

    def decided(self, image: str) -> int:
        """How many of an image's keypoints are decided."""
        return len(self.keypoints) - self._table.row(image)[: len(self.keypoints)].count(None)

    def done(self, image: str) -> bool:
        """Whether each keypoint of an image is decided."""
        return is_done(self._table.row(image)[: len(self.keypoints)])

    def seconds(self, image: str) -> float:
        """Time spent on an image."""
        return self._table.seconds.get(image, 0.0)

    def add_seconds(self, image: str, seconds: float) -> None:
        """Count time spent on an image; it is written with the next change."""
        self._table.seconds[image] = self.seconds(image) + seconds

    @property
    def unwritten(self) -> bool:
        """Whether the history has changes that the label file lacks."""
        return bool(self._pending)

    def others(self) -> list[str]:
        """Who else labelled this folder."""
        scorers = [path.stem.removeprefix("CollectedData_") for path in find_label_files(self.folder)]
        return [name for name in scorers if name != self.scorer]

    def history(self) -> list[Entry]:
        """All changes, the first one first."""
        return read_history(self._journal.path)

    # --- changes

    def put(self, image: str, xy: np.ndarray, decisions: list[str | None], what: str) -> None:
        """Change an image's labels; in the history and on the disk when this returns.

        Parameters
        ----------
        xy
            (K, 2) in pixels; what is neither placed nor accepted has none, whatever stands there.
        decisions
            (K) of placed, accepted, occluded, absent and None.
        what
            The change in words, for the history.

        Raises
        ------
        ChangedOnDisk
            If another tool changed the label file; the change is in the history, marked as refused. ``reload`` goes on.
        PosemakeError
            If the store is read-only or the disk full; nothing is changed then.
        """
        self._must_be_ours()
        after = [_cell(point, word) for point, word in zip(np.asarray(xy, float), decisions, strict=True)]
        before = self._table.row(image)
        after += before[len(after) :]
        changed = [k for k in range(len(after)) if before[k] != after[k]]
        if not changed:
            return
        columns = self._table.columns
        refused = {columns[k] for k in changed} if self._table.is_changed_outside() else set()
        old, new = ({columns[k]: cells[k] for k in changed} for cells in (before, after))
        now = time.strftime("%Y-%m-%dT%H:%M:%S")
        entry = Entry(self._number + 1, now, self._by, image, what, old, new, refused)
        try:
            self._journal.append(entry_line(entry))
        except OSError as error:
            raise PosemakeError(
                f"{self._journal.path}: the change was not made, as it cannot be saved ({error.strerror})"
            ) from error
        self._number += 1
        if refused:
            raise self._changed_on_disk()
        self._pending.append(entry)
        self._table.set(image, after)

    def add_image(self, source: str | Path) -> None:
        """Copy an image into the folder, if it is not there, before its first label.

        Raises
        ------
        PosemakeError
            If it cannot be read or written.
        """
        target = self.folder / Path(source).name
        if target.exists():
            return
        self._must_be_ours()
        try:
            os.replace(write_aside(target, Path(source).read_bytes()), target)
            sync_folder(self.folder)
        except OSError as error:
            if target.exists():  # another scorer was quicker
                return
            raise PosemakeError(f"{target}: the image cannot be copied from {source} ({error.strerror})") from error

    def after(self, number: int) -> tuple[str, np.ndarray, list[str | None]]:
        """Image, positions and decisions as they were after an entry of the history, refused or not."""
        entries = self.history()
        image = next((entry.image for entry in entries if entry.number == number), None)
        if image is None:
            raise PosemakeError(f"{self._journal.path}: has no change number {number}")
        cells = cells_after(entries, number, dict(zip(self._table.columns, self._table.row(image))))
        return image, *_arrays([cells[part] for part in self.keypoints])

    def restore(self, number: int) -> None:
        """Make an image as it was after an entry of the history, as a new change; raises as ``put``."""
        self.put(*self.after(number), f"restore {number}")

    def flush(self) -> None:
        """Bring label file and decisions up to date.

        Raises
        ------
        ChangedOnDisk
            If another tool changed the label file.
        PosemakeError
            If the disk is full; the old files stay, and the changes are safe in the history.
        """
        if not self._pending:
            return
        self._must_be_ours()
        if self._table.is_changed_outside():
            raise self._changed_on_disk()
        try:
            self._table.write()
        except OSError as error:
            raise PosemakeError(
                f"{self.path}: cannot be written ({error.strerror}); the labels are safe in {self._journal.path.name}, and are "
                "written as soon as they can be"
            ) from error
        self._pending = []
        with contextlib.suppress(OSError):  # without it, the changes are only applied once more
            self._journal.append(written_line(self._number), sync=False)
        self._files = self._table.stamps()

    def reload(self) -> list[Entry]:
        """Take over what another tool wrote, and return the changes that gave way to it, which stay in the history."""
        self._read()
        return self._mark_refused()

    # --- who writes

    def claim(self) -> None:
        """Take the files for writing; ``read_only`` and ``why_read_only`` tell whether that went well."""
        if not self.read_only:
            return
        try:
            self._made = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            for folder in self.folder.parents[:2] if self._made else ():
                sync_folder(folder)
            who = self._lock.take()
        except OSError as error:
            who = f"{self.folder} cannot be written ({error.strerror})"
        try:
            if self._files is None or self._files != self._table.stamps():
                self._read()
        except BaseException:
            self._leave("the labels could not be read")
            raise
        if who:
            self._leave(who)
            return
        self.read_only, self.why_read_only = False, ""
        with contextlib.suppress(PosemakeError):  # what cannot be written now is written later
            self._mark_refused()
            self.flush()

    def close(self) -> None:
        """Write what is not written, and let others label; raises as ``flush``."""
        try:
            if not self.read_only:
                self.flush()
        finally:
            self._leave("the labels were closed")

    def _leave(self, why: str) -> None:
        self.read_only, self.why_read_only = True, why
        self._journal.close()
        self._lock.release()
        if self._made:
            with contextlib.suppress(OSError):
                self.folder.rmdir()  # goes if nothing was labelled

    def _must_be_ours(self) -> None:
        if not self.read_only and not self._lock.held():
            self._leave(f"{self._lock.path} was removed or is another's by now; open the labels again")
        if self.read_only:
            raise PosemakeError(f"{self.folder}: nothing is changed: {self.why_read_only}")

    def _read(self) -> None:
        """Take over what is on the disk, with the changes that the history has beyond it."""
        files = self._table.stamps()
        self._table.read()
        pending, self._number = read_pending(self._journal.path)
        changed, self._refused = apply_pending(self._table.cells, self._table.columns, pending)
        for image, cells in changed.items():
            self._table.set(image, cells)
        self._pending = [entry for entry in pending if not entry.after.keys() <= entry.refused]
        self._files = files

    def _mark_refused(self) -> list[Entry]:
        refused, self._refused = self._refused, {}
        if not refused:
            return []
        with contextlib.suppress(OSError):  # without the line they give way again at the next opening
            self._journal.append(refused_line(refused, self._number))
        gone = [entry for entry in self._pending if entry.number in refused]
        for entry in gone:
            entry.refused.update(refused[entry.number])
        self._pending = [entry for entry in self._pending if not entry.after.keys() <= entry.refused]
        return gone

    def _changed_on_disk(self) -> ChangedOnDisk:
        return ChangedOnDisk(f"{self.path}: another tool changed it since it was read; nothing was overwritten; reload it")
