"""Crash-safe labels of one person in one folder of images (K keypoints).

Each change is on the disk when ``put`` returns: it goes to the history first (`history`). The label file and its decisions follow
in ``flush``; after a crash the next opening brings them up to date. One process writes a scorer's files of a folder at a time
(`lock`).
"""

import contextlib
import re
import time
from pathlib import Path

import numpy as np

from posemake.core.atomic import atomic_write_files, sync_folder
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.data.label_decisions import ImageLabels, make_image_labels
from posemake.data.label_files import find_label_files, label_file_scorer
from posemake.labelling.store.history import (
    Entry,
    apply_pending,
    entry_line,
    labels_after,
    read_history,
    read_pending,
    refused_line,
    written_line,
)
from posemake.labelling.store.journal import Journal
from posemake.labelling.store.label_file import HISTORY, FileState, StoredLabels
from posemake.labelling.store.lock import Lock, whoami


class ChangedOnDisk(PosemakeError):
    """Another tool changed the label file; nothing was overwritten."""


class LabelStore:
    """The label file of one scorer in one folder.

    Parameters
    ----------
    folder
        ``labels/round-<r>/<video>``; it is made if it is missing.
    scorer
        Who labels; becomes part of the file's name.
    keypoints
        Names (K,) of the config's keypoints. Others that the file has are kept as they are.
    video
        Name of the video.
    read_only
        Do not take the lock; ``claim`` does that later.

    Raises
    ------
    PosemakeError
        If a file is damaged, or the scorer cannot be part of a file's name.
    """

    def __init__(self, folder: StrPath, scorer: str, keypoints: list[str], video: str, read_only: bool = False) -> None:
        if not re.fullmatch(r"\w[\w .-]*(?<!\.part)", scorer):
            raise PosemakeError(f"scorer: {scorer!r} becomes part of a file's name; use letters, digits, _, - and .")
        self.folder, self.scorer, self.video, self.keypoints = Path(folder), scorer, video, list(keypoints)
        self.path = self.folder / f"CollectedData_{scorer}.csv"
        self._file = StoredLabels(self.path, scorer, video, self.keypoints)
        self.read_only, self.why_read_only = True, "the labels were opened for reading only"
        self._lock = Lock(self.path.with_suffix(".lock"))
        self._journal = Journal(self.path.with_suffix(HISTORY))
        self._user = whoami()
        self._made_folder = False
        self._file_states: dict[str, FileState] | None = None  # when the files were read or written last
        self._pending: list[Entry] = []  # changes that the label file lacks
        self._refused: dict[int, set[str]] = {}  # pending changes that gave way to another tool, not yet marked so
        self._number = 0  # of the last change
        if read_only:
            self._read()
        else:
            self.claim()

    # --- reading

    def get(self, image: str) -> ImageLabels:
        """Return the labels of an image."""
        count = len(self.keypoints)
        labels = self._file.get(image)
        return ImageLabels(labels.xy[:count], labels.visibility[:count], labels.accepted[:count])

    def images(self) -> list[str]:
        """Return the images with a decision, in the order of their frames."""
        return self._file.images()

    def decided(self, image: str) -> int:
        """Return how many of an image's keypoints are decided."""
        labels = self._file.labels.get(image)
        return 0 if labels is None else int(np.count_nonzero(labels.visibility[: len(self.keypoints)]))

    def done(self, image: str) -> bool:
        """Return whether each keypoint of an image is decided."""
        return self.decided(image) == len(self.keypoints)

    def seconds(self, image: str) -> float:
        """Return the time spent on an image."""
        return self._file.seconds.get(image, 0.0)

    def add_seconds(self, image: str, seconds: float) -> None:
        """Count time spent on an image; it is written with the next change."""
        self._file.seconds[image] = self.seconds(image) + seconds

    @property
    def unwritten(self) -> bool:
        """Whether the history has changes that the label file lacks."""
        return bool(self._pending)

    def others(self) -> list[str]:
        """Return who else labelled this folder."""
        scorers = [label_file_scorer(path) for path in find_label_files(self.folder)]
        return [name for name in scorers if name != self.scorer]

    def history(self) -> list[Entry]:
        """Return all changes, the first one first."""
        return read_history(self._journal.path)

    # --- changes

    def put(self, image: str, labels: ImageLabels, what: str) -> None:
        """Change an image's labels; the change is in the history and on the disk when this returns.

        Parameters
        ----------
        image
            File name.
        labels
            The new labels; positions are rounded, and those of keypoints that are not visible are dropped.
        what
            The change in words, for the history.

        Raises
        ------
        ChangedOnDisk
            If another tool changed the label file; the change is in the history, marked as refused. ``reload`` goes on.
        PosemakeError
            If the store is read-only or the disk full; nothing is changed then.
        ValueError
            If a visible keypoint has no position.
        """
        self._must_be_ours()
        before = self._file.get(image)
        after = self._complete(make_image_labels(labels.xy, labels.visibility, labels.accepted), before)
        changed = np.flatnonzero(before.differs(after)).tolist()
        if not changed:
            return
        columns = self._file.columns
        refused = {columns[k] for k in changed} if self._file.is_changed_outside() else set()
        old, new = ({columns[k]: state.keypoint(k) for k in changed} for state in (before, after))
        now = time.strftime("%Y-%m-%dT%H:%M:%S")
        entry = Entry(self._number + 1, now, self._user, image, what, old, new, refused)
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
        self._file.set(image, after)

    def _complete(self, labels: ImageLabels, before: ImageLabels) -> ImageLabels:
        """Return labels of the config's keypoints with those of the file's other columns, which stay as they were."""
        count = len(self.keypoints)
        if len(labels.xy) != count:
            raise ValueError(f"labels of {len(labels.xy)} keypoints, where there are {count}")
        pairs = ((labels.xy, before.xy), (labels.visibility, before.visibility), (labels.accepted, before.accepted))
        return ImageLabels(*(np.concatenate([new, old[count:]]) for new, old in pairs))

    def add_image(self, source: StrPath) -> None:
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
            atomic_write_files({target: Path(source).read_bytes()})
        except OSError as error:
            if target.exists():  # another scorer was quicker
                return
            raise PosemakeError(f"{target}: the image cannot be copied from {source} ({error.strerror})") from error

    def after(self, number: int) -> tuple[str, ImageLabels]:
        """Return the image of an entry of the history, refused or not, and its labels as they were after it.

        Raises
        ------
        PosemakeError
            If there is no such entry.
        """
        entries = self.history()
        image = next((entry.image for entry in entries if entry.number == number), None)
        if image is None:
            raise PosemakeError(f"{self._journal.path}: has no change number {number}")
        current = self._file.get(image)
        by_keypoint = {keypoint: current.keypoint(k) for k, keypoint in enumerate(self._file.columns)}
        then = labels_after(entries, number, by_keypoint)
        return image, self.get(image).replaced({k: then[keypoint] for k, keypoint in enumerate(self.keypoints)})

    def restore(self, number: int) -> None:
        """Bring an image back to how it was after an entry of the history, as a new change; raises as ``put``."""
        image, labels = self.after(number)
        self.put(image, labels, f"restore {number}")

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
        if self._file.is_changed_outside():
            raise self._changed_on_disk()
        try:
            self._file.write()
        except OSError as error:
            raise PosemakeError(
                f"{self.path}: cannot be written ({error.strerror}); the labels are safe in {self._journal.path.name}, and are "
                "written as soon as they can be"
            ) from error
        self._pending = []
        with contextlib.suppress(OSError):  # without it, the changes are only applied once more
            self._journal.append(written_line(self._number), sync=False)
        self._file_states = self._file.file_states()

    def reload(self) -> list[Entry]:
        """Read what another tool wrote, and return the changes that gave way to it, which stay in the history."""
        self._read()
        return self._mark_refused()

    # --- who writes

    def claim(self) -> None:
        """Take the lock for writing; ``read_only`` and ``why_read_only`` say whether that succeeded."""
        if not self.read_only:
            return
        try:
            self._made_folder = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            for folder in self.folder.parents[:2] if self._made_folder else ():
                sync_folder(folder)
            refusal = self._lock.take()
        except OSError as error:
            refusal = f"{self.folder} cannot be written ({error.strerror})"
        try:
            if self._file_states is None or self._file_states != self._file.file_states():
                self._read()
        except BaseException:
            self._leave("the labels could not be read")
            raise
        if refusal:
            self._leave(refusal)
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
        if self._made_folder:
            with contextlib.suppress(OSError):
                self.folder.rmdir()  # goes if nothing was labelled

    def _must_be_ours(self) -> None:
        if not self.read_only and not self._lock.held():
            self._leave(f"{self._lock.path} was removed or is another's by now; open the labels again")
        if self.read_only:
            raise PosemakeError(f"{self.folder}: nothing is changed: {self.why_read_only}")

    def _read(self) -> None:
        """Read what is on the disk, and apply the changes that only the history has."""
        states = self._file.file_states()
        self._file.read()
        pending, self._number = read_pending(self._journal.path)
        changed, self._refused = apply_pending(self._file.labels, self._file.columns, pending)
        for image, labels in changed.items():
            self._file.set(image, labels)
        self._pending = [entry for entry in pending if not entry.is_refused]
        self._file_states = states

    def _mark_refused(self) -> list[Entry]:
        refused, self._refused = self._refused, {}
        if not refused:
            return []
        with contextlib.suppress(OSError):  # without the line they give way again at the next opening
            self._journal.append(refused_line(refused, self._number))
        gone = [entry for entry in self._pending if entry.number in refused]
        for entry in gone:
            entry.refused.update(refused[entry.number])
        self._pending = [entry for entry in self._pending if not entry.is_refused]
        return gone

    def _changed_on_disk(self) -> ChangedOnDisk:
        return ChangedOnDisk(f"{self.path}: another tool changed it since it was read; nothing was overwritten; reload it")
