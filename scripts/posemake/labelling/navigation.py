"""Position among the frames to label, and who holds their label files."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence

from posemake.core.errors import PosemakeError
from posemake.core.round_path import RoundFolder
from posemake.data.label_decisions import ImageLabels
from posemake.labelling.progress import FrameState, frame_state
from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import LabelTask

MAX_PAUSE = 60.0  # seconds between two actions; longer pauses count as this much work


class Navigator:
    """Current frame and keypoint of one person.

    The store of the current frame's video is claimed for writing, the others are not.

    Parameters
    ----------
    tasks
        The frames, those of a video one after another.
    stores
        The labels of each round and video of the tasks.
    advance
        Whether the last decision on a frame leads to the next open frame.
    read_only
        Whether nothing is to be changed.
    clock
        Returns seconds; for the time spent on a frame.

    Raises
    ------
    PosemakeError
        If there are no frames, or labels are damaged.
    """

    def __init__(
        self,
        tasks: Sequence[LabelTask],
        stores: Mapping[RoundFolder, LabelStore],
        advance: bool = True,
        read_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not tasks:
            raise PosemakeError("there are no frames to label; run snakemake first, which chooses them")
        self.tasks, self.stores, self.advance = list(tasks), dict(stores), advance
        self.frame, self.keypoint = 0, 0
        self._write_errors: dict[RoundFolder, str] = {}
        self._never_claim, self._clock = read_only, clock
        self._callbacks: list[Callable[[], None]] = []
        self._last_action = clock()
        first_open = next((i for i in range(len(tasks)) if not self.done(i)), 0)
        for folder, store in self.stores.items():
            if store.unwritten and not read_only:  # since a crash
                store.claim()
                self.write(folder, release=True)
        self.enter(first_open)

    @property
    def task(self) -> LabelTask:
        """The current frame."""
        return self.tasks[self.frame]

    @property
    def store(self) -> LabelStore:
        """The store of the current frame's labels."""
        return self.stores[self.task.folder]

    @property
    def labels(self) -> ImageLabels:
        """The current frame's labels."""
        return self.store.get(self.task.image)

    @property
    def write_error(self) -> str:
        """Why some changes are in the history only, in a sentence; empty if they are not. They are safe all the same."""
        return next(iter(self._write_errors.values()), "")

    def done(self, index: int) -> bool:
        """Return whether each keypoint of a frame is decided."""
        task = self.tasks[index]
        return self.stores[task.folder].done(task.image)

    def state(self, index: int) -> FrameState:
        """Return how many keypoints of a frame are decided."""
        task = self.tasks[index]
        return frame_state(task, self.stores[task.folder])

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change and each move."""
        self._callbacks.append(callback)

    def notify(self) -> None:
        """Call the functions of `on_change`."""
        for callback in self._callbacks:
            callback()

    # --- moving to a frame

    def enter(self, index: int) -> None:
        """Make a frame and its first undecided keypoint the current ones, without telling anybody.

        What was changed on the frame that is left is written to its label file; ``write_error`` says where that fails.

        Raises
        ------
        PosemakeError
            If the labels of the frame's video are damaged; the current frame then stays.
        """
        folder, left = self.tasks[index].folder, self.task.folder
        if not self._never_claim:
            self.stores[folder].claim()
        self.count_time()
        self.write(left, release=folder != left)
        self.frame = index
        self.keypoint = next((k for k, decided in enumerate(self.labels.decided) if not decided), 0)

    def go_to(self, index: int) -> None:
        """Show a frame, the first or the last one where there is no such frame; raises as `enter`."""
        self.enter(min(max(index, 0), len(self.tasks) - 1))
        self.notify()

    def next(self) -> None:
        """Show the next frame."""
        self.go_to(self.frame + 1)

    def previous(self) -> None:
        """Show the frame before."""
        self.go_to(self.frame - 1)

    def first(self) -> None:
        """Show the first frame."""
        self.go_to(0)

    def last(self) -> None:
        """Show the last frame."""
        self.go_to(len(self.tasks) - 1)

    def next_open(self) -> None:
        """Show the next frame that is not done; after the last one, the search goes on at the first."""
        self.go_to(self._find_open(range(self.frame + 1, self.frame + len(self.tasks))))

    def previous_open(self) -> None:
        """Show the previous frame that is not done; before the first one, the search goes on at the last."""
        self.go_to(self._find_open(range(self.frame - 1, self.frame - len(self.tasks), -1)))

    def _find_open(self, order: range) -> int:
        return next((i for i in (i % len(self.tasks) for i in order) if not self.done(i)), self.frame)

    def go_on(self) -> None:
        """Go to the next undecided keypoint of the frame, else to the next open frame, without telling anybody."""
        decided = self.labels.decided
        count = len(decided)
        undecided = [k % count for k in range(self.keypoint + 1, self.keypoint + count) if not decided[k % count]]
        if undecided:
            self.keypoint = undecided[0]
            return
        index = self._find_open(range(self.frame + 1, self.frame + len(self.tasks)))
        if self.advance and index != self.frame:
            try:
                self.enter(index)
            except PosemakeError as error:  # the change itself is made
                self._write_errors[self.task.folder] = str(error)

    # --- moving to a keypoint

    def select_keypoint(self, k: int) -> None:
        """Make a keypoint the current one; the first or the last where there is no such keypoint."""
        self.keypoint = min(max(k, 0), len(self.store.keypoints) - 1)
        self.notify()

    def next_keypoint(self) -> None:
        """Go to the next keypoint; the last one stays."""
        self.select_keypoint(self.keypoint + 1)

    def previous_keypoint(self) -> None:
        """Go to the keypoint before; the first one stays."""
        self.select_keypoint(self.keypoint - 1)

    # --- writing

    def write(self, folder: RoundFolder, release: bool) -> None:
        """Write a video's label file, and let others write it if it is to be released; errors become ``write_error``."""
        store = self.stores[folder]
        if store.read_only:
            return
        self._write_errors.pop(folder, None)
        try:
            if release:
                store.close()
            else:
                store.flush()
        except PosemakeError as error:
            self._write_errors[folder] = str(error)

    def count_time(self) -> None:
        """Add the time since the last action to the current frame."""
        now = self._clock()
        self.store.add_seconds(self.task.image, min(now - self._last_action, MAX_PAUSE))
        self._last_action = now

    def flush(self) -> None:
        """Write the label files of all changes that are in the history only.

        Raises
        ------
        PosemakeError
            If that fails; nothing is lost.
        """
        self.count_time()
        for folder in [self.task.folder, *self._write_errors]:
            if not self._never_claim:
                self.stores[folder].claim()
            self.write(folder, release=folder != self.task.folder)
        if self.write_error:
            raise PosemakeError(self.write_error)

    def close(self) -> None:
        """Write everything and let others label; raises as ``flush``."""
        try:
            self.flush()
        finally:
            for store in self.stores.values():
                with contextlib.suppress(PosemakeError):  # flush raised it already
                    store.close()
