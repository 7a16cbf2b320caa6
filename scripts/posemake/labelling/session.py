"""What a person does while labelling, without any window: placing, marking, accepting, undoing (K keypoints).

Points of a model, of the frame before, or carried over by optical flow are proposals; they become labels when they are accepted,
moved or placed anew. Each change is on the disk when its method returns.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.geometry import outside
from posemake.data.label_decisions import SEEN, UNSEEN
from posemake.labelling.navigation import Walk
from posemake.labelling.optical_flow import carry_points
from posemake.labelling.store.history import Entry
from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import Item


class Proposals(NamedTuple):
    """What is proposed for the undecided keypoints of a frame."""

    xy: np.ndarray  # (K, 2) in pixels, NaN where nothing is
    confidence: np.ndarray  # (K,), NaN where it is unknown


@dataclass(frozen=True)
class _Step:
    """A change that can be undone: labels of one frame before and after."""

    frame: int
    keypoint: int
    what: str
    before: tuple[np.ndarray, list[str | None]]
    after: tuple[np.ndarray, list[str | None]]

    def turned(self) -> "_Step":
        return _Step(self.frame, self.keypoint, self.what, self.after, self.before)


def _different(one: tuple[np.ndarray, list], other: tuple[np.ndarray, list]) -> np.ndarray:
    """Which keypoints (K,) differ."""
    same = (one[0] == other[0]) | (np.isnan(one[0]) & np.isnan(other[0]))
    return ~same.all(1) | np.array([a != b for a, b in zip(one[1], other[1])])


class Session(Walk):
    """One person's work on some frames; for what it is built from, see `Walk`."""

    def __init__(
        self,
        items: Sequence[Item],
        keypoints: Sequence[str],
        skeleton: Sequence[Sequence[str]],
        stores: dict[tuple[int, str], LabelStore],
        advance: bool = True,
        read_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(items, keypoints, skeleton, stores, advance, read_only, clock)
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._offered: dict[int, Proposals] = {}

    # --- changes; all raise PosemakeError where nothing can be changed

    def place(self, xy: Sequence[float]) -> None:
        """Place the current keypoint at (x, y), and go on: to the next undecided one of the frame, then to the next open frame.

        A keypoint that was decided already is corrected, and stays the current one.
        """
        self.move(self.keypoint, xy)

    def move(self, k: int, xy: Sequence[float]) -> None:
        """Place a keypoint at (x, y)."""
        self._decide({k: ("placed", xy)}, f"place {self.keypoints[k]}")

    def clear(self, k: int) -> None:
        """Take a keypoint's decision back; it becomes the current one."""
        self._decide({k: (None, None)}, f"clear {self.keypoints[k]}")
        self.choose(k)

    def mark(self, k: int, decision: str) -> None:
        """Say that a keypoint is `occluded` or `absent`."""
        self._decide({k: (decision, None)}, f"{decision} {self.keypoints[k]}")

    def mark_all(self, decision: str = "absent") -> None:
        """Say it of all keypoints of the frame, also of those that are placed: there is nothing to see."""
        self._decide(dict.fromkeys(range(len(self.keypoints)), (decision, None)), f"{decision} all")

    def mark_rest(self, decision: str = "absent") -> None:
        """Say it of the undecided keypoints of the frame."""
        rest = [k for k, word in enumerate(self.decisions) if word is None]
        self._decide(dict.fromkeys(rest, (decision, None)), f"{decision} rest")

    def accept(self, k: int) -> None:
        """Make a keypoint's proposal its label."""
        point = self.proposals.xy[k]
        if np.isnan(point).any():
            raise PosemakeError(f"{self.item.image}: no point is proposed for {self.keypoints[k]}; place it")
        self._decide({k: ("accepted", point)}, f"accept {self.keypoints[k]}")

    def accept_all(self) -> None:
        """Make all proposals that lie in the image labels."""
        points = self.proposals.xy
        inside = np.isfinite(points).all(1) & ~outside(points, self._size())
        if not inside.any():
            raise PosemakeError(f"{self.item.image}: no points are proposed; place them")
        self._decide({k: ("accepted", points[k]) for k in np.flatnonzero(inside).tolist()}, "accept all")

    def _size(self) -> tuple[int, int]:
        height, width = self.image().shape[:2]
        return width, height

    def _decide(self, changes: dict[int, tuple[str | None, Sequence[float] | None]], what: str, go_on: bool = True) -> None:
        before = self.store.get(self.item.image)
        xy, decisions = before[0].copy(), list(before[1])
        for k, (decision, point) in changes.items():
            if decision not in (*SEEN, *UNSEEN, None):
                raise ValueError(f"{decision!r} is no decision")
            if point is not None and outside(np.asarray(point, float), self._size()):
                raise PosemakeError(f"{self.item.image}: {self.keypoints[k]} would lie outside the image; nothing was changed")
            xy[k], decisions[k] = (np.nan if point is None else point), decision
        if not _different(before, (xy, decisions)).any():
            return
        current = self.keypoint
        self._put(xy, decisions, what)
        after = self.store.get(self.item.image)
        self._undo.append(_Step(self.frame, next(iter(changes)), what, before, after))
        self._redo.clear()
        finished = None in before[1] and None not in after[1]
        if go_on and (finished or (before[1][current] is None and after[1][current] is not None)):
            self._go_on()
        self._notify()

    def _put(self, xy: np.ndarray, decisions: list[str | None], what: str) -> None:
        self.store.add_image(self.item.path)
        self._count_time()
        self.store.put(self.item.image, xy, decisions, what)

    def _go_on(self) -> None:
        """To the next undecided keypoint, or frame."""
        decisions = self.decisions
        count = len(decisions)
        rest = [k % count for k in range(self.keypoint + 1, self.keypoint + count) if decisions[k % count] is None]
        if rest:
            self.keypoint = rest[0]
        elif self.advance and (index := self._not_done(range(self.frame + 1, self.frame + len(self.items)))) != self.frame:
            try:
                self._enter(index)
            except PosemakeError as error:  # the change itself is made
                self._unsettled[self.item.key] = str(error)

    def undo(self) -> str:
        """Undo the last change, on its frame, which becomes the current one; returns the change in words, empty if there is none.

        Raises
        ------
        PosemakeError
            If somebody else changed the same keypoints since.
        """
        return self._step_back(self._undo, self._redo, "undo")

    def redo(self) -> str:
        """Redo the change that was undone last; as ``undo``."""
        return self._step_back(self._redo, self._undo, "redo")

    def _step_back(self, steps: list[_Step], others: list[_Step], word: str) -> str:
        if not steps:
            return ""
        step = steps[-1]
        self._enter(step.frame)
        now = self.store.get(self.item.image)
        touched = _different(step.before, step.after)
        if (_different(now, step.after) & touched).any():
            steps.pop()
            raise PosemakeError(f"{self.item.image}: cannot {word} «{step.what}», as it was changed since")
        xy = np.where(touched[:, None], step.before[0], now[0])
        decisions = [old if k else new for k, old, new in zip(touched, step.before[1], now[1])]
        self._put(xy, decisions, f"{word} {step.what}")
        others.append(steps.pop().turned())
        self.keypoint = step.keypoint
        self._notify()
        return step.what

    def history(self) -> list[Entry]:
        """All changes of the current video's labels."""
        return self.store.history()

    def restore(self, number: int) -> None:
        """Make an image of the current video as it was after a change of its history; can be undone."""
        image, xy, decisions = self.store.after(number)
        index = next((i for i, item in enumerate(self.items) if (item.key, item.image) == (self.item.key, image)), None)
        if index is None:
            raise PosemakeError(f"{image}: is no longer among the frames to label")
        self._enter(index)
        changes = {k: (word, point if word in SEEN else None) for k, (word, point) in enumerate(zip(decisions, xy))}
        self._decide(changes, f"restore {number}", go_on=False)

    def reload(self) -> list[Entry]:
        """Take over what another tool wrote into the current label file; returns the changes that gave way to it."""
        refused = self.store.reload()
        self._settle(self.item.key, leave=False)
        self._notify()
        return refused

    # --- proposals

    @property
    def proposals(self) -> Proposals:
        """What is proposed for the current frame."""
        xy, confidence = self._proposed(self.frame)
        decided = np.array([decision is not None for decision in self.decisions])
        return Proposals(np.where(decided[:, None], np.nan, xy), np.where(decided, np.nan, confidence))

    def _proposed(self, index: int) -> Proposals:
        item, count = self.items[index], len(self.keypoints)
        xy = np.full((count, 2), np.nan) if item.proposals is None else item.proposals
        confidence = np.full(count, np.nan) if item.confidence is None else item.confidence
        return self._offered.get(index, Proposals(xy, confidence))

    def propose_previous(self) -> None:
        """Propose the points of the frame before, for what is undecided here.

        Raises
        ------
        PosemakeError
            If there is no such frame in this video, or it has no points.
        """
        self._offer(self._points_before())

    def propose_flow(self) -> None:
        """Propose the points of the frame before where optical flow carries them (label_flow); raises as ``propose_previous``,
        and where no point is found again."""
        points = self._points_before()
        before, now = self.image(self.frame - 1), self.image()
        if before.shape != now.shape:
            raise PosemakeError(f"{self.item.image}: has another size than the frame before; copy its points instead")
        carried = carry_points(before, now, points)
        if not np.isfinite(carried).any():
            raise PosemakeError(f"{self.item.image}: none of the points of the frame before is found again; place them")
        self._offer(carried)

    def withdraw(self) -> None:
        """Propose nothing on the current frame any more."""
        count = len(self.keypoints)
        self._offered[self.frame] = Proposals(np.full((count, 2), np.nan), np.full(count, np.nan))
        self._notify()

    def _points_before(self) -> np.ndarray:
        if self.frame == 0 or self.items[self.frame - 1].key != self.item.key:
            raise PosemakeError(
                f"{self.item.image}: is the first frame of {self.item.video}; there is none before it to copy from"
            )
        points = self.store.get(self.items[self.frame - 1].image)[0]
        if not np.isfinite(points).any():
            raise PosemakeError(f"{self.items[self.frame - 1].image}: has no points to copy")
        return points

    def _offer(self, xy: np.ndarray) -> None:
        old, known = self._proposed(self.frame), np.isfinite(xy).all(1)
        confidence = np.where(known, np.nan, old.confidence)
        self._offered[self.frame] = Proposals(np.where(known[:, None], xy, old.xy), confidence)
        self._notify()
