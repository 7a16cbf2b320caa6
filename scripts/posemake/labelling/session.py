"""Labelling without a window: placing, marking, accepting and undoing (K keypoints).

Points of a model, of the frame before, or carried over by optical flow are proposals; they become labels when they are accepted,
moved or placed anew. Each change is on the disk when its method returns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.geometry import outside_frame
from posemake.data.label_decisions import ImageLabels, KeypointLabel
from posemake.data.visibility import Visibility
from posemake.labelling.image_cache import ImageCache
from posemake.labelling.navigation import Navigator
from posemake.labelling.optical_flow import carry_points
from posemake.labelling.progress import Progress, count_progress
from posemake.labelling.proposals import Proposals, ProposalTable
from posemake.labelling.store.history import Entry
from posemake.labelling.store.store import LabelStore


@dataclass(frozen=True)
class _Change:
    """A change that can be undone: labels of one frame before and after."""

    frame: int
    keypoint: int  # the first one that changed
    what: str  # in words
    before: ImageLabels
    after: ImageLabels

    def reversed(self) -> "_Change":
        return _Change(self.frame, self.keypoint, self.what, self.after, self.before)


def _word(visibility: Visibility) -> str:
    return visibility.name.lower()


class Session:
    """One person's work on some frames.

    Parameters
    ----------
    navigator
        The frames, of which the current one can be changed.
    keypoints
        Names (K,).
    skeleton
        Pairs of names of keypoints, for who draws them.
    """

    def __init__(self, navigator: Navigator, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> None:
        self.navigator, self.keypoints = navigator, tuple(keypoints)
        self.skeleton = [(one, other) for one, other in skeleton]
        self._images = ImageCache([task.path for task in navigator.tasks])
        predicted = {i: task.proposals for i, task in enumerate(navigator.tasks) if task.proposals is not None}
        self._proposals = ProposalTable(predicted, len(self.keypoints))
        self._undo: list[_Change] = []
        self._redo: list[_Change] = []

    @property
    def store(self) -> LabelStore:
        """The store of the current frame's labels."""
        return self.navigator.store

    @property
    def labels(self) -> ImageLabels:
        """The current frame's labels."""
        return self.navigator.labels

    @property
    def _image_name(self) -> str:
        return self.navigator.task.image

    def image(self, index: int | None = None) -> np.ndarray:
        """Return a frame as RGB uint8 (H, W, 3), by default the current one.

        Raises
        ------
        PosemakeError
            If the file is missing or damaged.
        """
        return self._images.read(self.navigator.frame if index is None else index)

    def progress(self) -> Progress:
        """Return how many frames are labelled."""
        return count_progress(self.navigator.tasks, self.navigator.stores)

    def close(self) -> None:
        """Write everything and let others label.

        Raises
        ------
        PosemakeError
            If something cannot be written; nothing is lost.
        """
        self.navigator.close()

    # --- changes; all raise PosemakeError where nothing can be changed

    def place(self, xy: Sequence[float]) -> None:
        """Place the current keypoint at (x, y), and go on: to the next undecided one of the frame, then to the next open frame.

        A keypoint that was decided already is corrected, and stays the current one.
        """
        self.move(self.navigator.keypoint, xy)

    def move(self, k: int, xy: Sequence[float]) -> None:
        """Place a keypoint at (x, y)."""
        label = KeypointLabel(Visibility.VISIBLE, (float(xy[0]), float(xy[1])))
        self._change({k: label}, f"place {self.keypoints[k]}")

    def clear(self, k: int) -> None:
        """Make a keypoint undecided again; it becomes the current one."""
        self._change({k: KeypointLabel()}, f"clear {self.keypoints[k]}")
        self.navigator.select_keypoint(k)

    def mark(self, k: int, visibility: Visibility) -> None:
        """Mark a keypoint as OCCLUDED or ABSENT."""
        self._change({k: KeypointLabel(visibility)}, f"{_word(visibility)} {self.keypoints[k]}")

    def mark_all(self, visibility: Visibility = Visibility.ABSENT) -> None:
        """Mark all keypoints of the frame, also those that are placed: there is nothing to see."""
        self._change(dict.fromkeys(range(len(self.keypoints)), KeypointLabel(visibility)), f"{_word(visibility)} all")

    def mark_rest(self, visibility: Visibility = Visibility.ABSENT) -> None:
        """Mark the undecided keypoints of the frame."""
        undecided = np.flatnonzero(~self.labels.decided).tolist()
        self._change(dict.fromkeys(undecided, KeypointLabel(visibility)), f"{_word(visibility)} rest")

    def accept(self, k: int) -> None:
        """Make a keypoint's proposal its label."""
        x, y = self.proposals.xy[k].tolist()
        if np.isnan([x, y]).any():
            raise PosemakeError(f"{self._image_name}: no point is proposed for {self.keypoints[k]}; place it")
        self._change({k: KeypointLabel(Visibility.VISIBLE, (x, y), accepted=True)}, f"accept {self.keypoints[k]}")

    def accept_all(self) -> None:
        """Make all proposals that lie in the image labels."""
        points = self.proposals.xy
        inside = np.isfinite(points).all(1) & ~outside_frame(points, self._image_size())
        if not inside.any():
            raise PosemakeError(f"{self._image_name}: no points are proposed; place them")
        positions = {k: tuple(points[k].tolist()) for k in np.flatnonzero(inside).tolist()}
        changes = {k: KeypointLabel(Visibility.VISIBLE, position, accepted=True) for k, position in positions.items()}
        self._change(changes, "accept all")

    def _image_size(self) -> tuple[int, int]:
        height, width = self.image().shape[:2]
        return width, height

    def _change(self, changes: Mapping[int, KeypointLabel], what: str, go_on: bool = True) -> None:
        """Change keypoints of the current frame.

        Parameters
        ----------
        changes
            New labels by keypoint.
        what
            The change in words, for the history.
        go_on
            Go to the next undecided keypoint or frame, if this change decided the current keypoint or finished the frame.
        """
        for k, label in changes.items():
            if label.position is not None and outside_frame(np.array(label.position), self._image_size()):
                raise PosemakeError(f"{self._image_name}: {self.keypoints[k]} would lie outside the image; nothing was changed")
        before = self.labels
        wanted = before.replaced(changes)
        if not before.differs(wanted).any():
            return
        current = self.navigator.keypoint
        self._put(wanted, what)
        after = self.labels
        self._undo.append(_Change(self.navigator.frame, next(iter(changes)), what, before, after))
        self._redo.clear()
        finished = after.done and not before.done
        if go_on and (finished or (after.decided[current] and not before.decided[current])):
            self.navigator.go_on()
        self.navigator.notify()

    def _put(self, labels: ImageLabels, what: str) -> None:
        self.store.add_image(self.navigator.task.path)
        self.navigator.count_time()
        self.store.put(self._image_name, labels, what)

    # --- undo and history

    def undo(self) -> str:
        """Undo the last change, on its frame, which becomes the current one.

        Returns
        -------
        str
            The change in words, empty if there is none.

        Raises
        ------
        PosemakeError
            If somebody else changed the same keypoints since.
        """
        return self._take_back(self._undo, self._redo, "undo")

    def redo(self) -> str:
        """Redo the change that was undone last; returns and raises as ``undo``."""
        return self._take_back(self._redo, self._undo, "redo")

    def _take_back(self, changes: list[_Change], reverse: list[_Change], verb: str) -> str:
        """Take back the last of some changes, and add its reverse to others."""
        if not changes:
            return ""
        change = changes[-1]
        self.navigator.enter(change.frame)
        current = self.labels
        touched = change.before.differs(change.after)
        if (current.differs(change.after) & touched).any():
            changes.pop()
            raise PosemakeError(f"{self._image_name}: cannot {verb} «{change.what}», as it was changed since")
        restored = {k: change.before.keypoint(k) for k in np.flatnonzero(touched).tolist()}
        self._put(current.replaced(restored), f"{verb} {change.what}")
        reverse.append(changes.pop().reversed())
        self.navigator.keypoint = change.keypoint
        self.navigator.notify()
        return change.what

    def history(self) -> list[Entry]:
        """Return all changes of the current video's labels."""
        return self.store.history()

    def restore(self, number: int) -> None:
        """Bring an image of the current video back to how it was after a change of its history; can be undone."""
        image, labels = self.store.after(number)
        folder = self.navigator.task.folder
        tasks = enumerate(self.navigator.tasks)
        index = next((i for i, task in tasks if (task.folder, task.image) == (folder, image)), None)
        if index is None:
            raise PosemakeError(f"{image}: is no longer among the frames to label")
        self.navigator.enter(index)
        self._change({k: labels.keypoint(k) for k in range(len(self.keypoints))}, f"restore {number}", go_on=False)

    def reload(self) -> list[Entry]:
        """Read what another tool wrote into the current label file; returns the changes that gave way to it."""
        refused = self.store.reload()
        self.navigator.write(self.navigator.task.folder, release=False)
        self.navigator.notify()
        return refused

    # --- proposals

    @property
    def proposals(self) -> Proposals:
        """What is proposed for the undecided keypoints of the current frame."""
        return self._proposals.get(self.navigator.frame).masked(self.labels.decided)

    def propose_previous(self) -> None:
        """Propose the points of the frame before, for what is undecided here.

        Raises
        ------
        PosemakeError
            If there is no such frame in this video, or it has no points.
        """
        self._propose(self._previous_points())

    def propose_flow(self) -> None:
        """Propose the points of the frame before where optical flow carries them.

        Raises
        ------
        PosemakeError
            As ``propose_previous``, and where no point is found again.
        """
        points = self._previous_points()
        before, now = self.image(self.navigator.frame - 1), self.image()
        if before.shape != now.shape:
            raise PosemakeError(f"{self._image_name}: has another size than the frame before; copy its points instead")
        carried = carry_points(before, now, points)
        if not np.isfinite(carried).any():
            raise PosemakeError(f"{self._image_name}: none of the points of the frame before is found again; place them")
        self._propose(carried)

    def withdraw(self) -> None:
        """Propose nothing on the current frame any more."""
        self._proposals.remove(self.navigator.frame)
        self.navigator.notify()

    def _previous_points(self) -> np.ndarray:
        """Return the positions (K, 2) of the frame before."""
        frame, task = self.navigator.frame, self.navigator.task
        if frame == 0 or self.navigator.tasks[frame - 1].folder != task.folder:
            raise PosemakeError(f"{task.image}: is the first frame of {task.video}; there is none before it to copy from")
        previous = self.navigator.tasks[frame - 1].image
        points = self.store.get(previous).xy
        if not np.isfinite(points).any():
            raise PosemakeError(f"{previous}: has no points to copy")
        return points

    def _propose(self, xy: np.ndarray) -> None:
        self._proposals.add(self.navigator.frame, xy)
        self.navigator.notify()
