"""Where a person is among the frames to label, and what is there (K keypoints)."""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.images import read_image
from posemake.labelling.progress import Progress, count_progress, state_of
from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import Item

IMAGES_KEPT = 8
LONGEST_PAUSE = 60.0  # seconds between two actions that count as work


class Walk:
    """One person among some frames, of which the current one can be changed.

    Parameters
    ----------
    items
        The frames, those of a video one after another.
    skeleton
        Pairs of keypoints, for who draws them.
    stores
        Of each (round, video) of the items. That of the current frame is claimed for writing, the others are not.
    advance
        Whether the last decision on a frame leads to the next open one.
    read_only
        Whether nothing is to be changed.
    clock
        Seconds; for the time spent on a frame.

    Raises
    ------
    PosemakeError
        If there are no items.
    """

    def __init__(
        self,
        items: Sequence[Item],
        keypoints: Sequence[str],
        skeleton: Sequence[Sequence[str]],
        stores: dict[tuple[int, str], LabelStore],
        advance: bool,
        read_only: bool,
        clock: Callable[[], float],
    ) -> None:
        if not items:
            raise PosemakeError("there are no frames to label; run snakemake first, which chooses them")
        self.items, self.keypoints, self.skeleton = list(items), tuple(keypoints), [tuple(edge) for edge in skeleton]
        self.stores, self.advance = stores, advance
        self.frame, self.keypoint = 0, 0
        self._unsettled: dict[tuple[int, str], str] = {}
        self._look_only, self._clock = read_only, clock
        self._images: OrderedDict[int, np.ndarray] = OrderedDict()
        self._listeners: list[Callable[[], None]] = []
        self._since = clock()
        first = next((i for i in range(len(items)) if not self.done(i)), 0)
        for key, store in stores.items() if not read_only else ():
            if store.unwritten:  # since a crash
                store.claim()
                self._settle(key, leave=True)
        self._enter(first)

    # --- what is there

    @property
    def item(self) -> Item:
        """The current frame."""
        return self.items[self.frame]

    @property
    def store(self) -> LabelStore:
        """That of the current frame."""
        return self.stores[self.item.key]

    @property
    def trouble(self) -> str:
        """Why some changes are in the history only, in a sentence; empty if they are not. They are safe all the same."""
        return next(iter(self._unsettled.values()), "")

    @property
    def xy(self) -> np.ndarray:
        """Positions (K, 2) of the current frame's labels, NaN where none is."""
        return self.store.get(self.item.image)[0]

    @property
    def decisions(self) -> list[str | None]:
        """Decisions (K) on the current frame."""
        return self.store.get(self.item.image)[1]

    @property
    def read_only(self) -> bool:
        """Whether the current frame's labels cannot be changed."""
        return self.store.read_only

    @property
    def why_read_only(self) -> str:
        """Why not, in words."""
        return self.store.why_read_only

    def done(self, index: int) -> bool:
        """Whether each keypoint of a frame is decided."""
        item = self.items[index]
        return self.stores[item.key].done(item.image)

    def state(self, index: int) -> str:
        """`done`, `partly` or `open`."""
        return state_of(self.items[index], self.stores[self.items[index].key])

    def progress(self) -> Progress:
        """How far the work is."""
        return count_progress(self.items, self.stores)

    def image(self, index: int | None = None) -> np.ndarray:
        """A frame as RGB uint8 (H, W, 3), by default the current one; a few are kept.

        Raises
        ------
        PosemakeError
            If the file is missing or damaged.
        """
        index = self.frame if index is None else index
        image = self._images.pop(index, None)
        if image is None:
            image = read_image(self.items[index].path)
        self._images[index] = image
        while len(self._images) > IMAGES_KEPT:
            self._images.popitem(last=False)
        return image

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after each change and each move."""
        self._listeners.append(callback)

    def _notify(self) -> None:
        for callback in self._listeners:
            callback()

    # --- moving about

    def go_to(self, index: int) -> None:
        """Show a frame, the first or the last one where there is no such frame; its first undecided keypoint is the current one.

        What was changed on the frame that is left is written to its label file; ``trouble`` says where that fails.

        Raises
        ------
        PosemakeError
            If the labels of the frame's video are damaged; the current frame then stays.
        """
        self._enter(min(max(index, 0), len(self.items) - 1))
        self._notify()

    def _enter(self, index: int) -> None:
        key, left = self.items[index].key, self.item.key
        if not self._look_only:
            self.stores[key].claim()
        self._count_time()
        self._settle(left, leave=key != left)
        self.frame = index
        self.keypoint = next((k for k, decision in enumerate(self.decisions) if decision is None), 0)

    def _settle(self, key: tuple[int, str], leave: bool) -> None:
        """Have a video's label file written, and let others write it where it is left."""
        store = self.stores[key]
        if store.read_only:
            return
        self._unsettled.pop(key, None)
        try:
            if leave:
                store.close()
            else:
                store.flush()
        except PosemakeError as error:
            self._unsettled[key] = str(error)

    def _count_time(self) -> None:
        now = self._clock()
        self.store.add_seconds(self.item.image, min(now - self._since, LONGEST_PAUSE))
        self._since = now

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
        self.go_to(len(self.items) - 1)

    def next_open(self) -> None:
        """Show the next frame that is not done; after the last one, the search goes on at the first."""
        self.go_to(self._not_done(range(self.frame + 1, self.frame + len(self.items))))

    def previous_open(self) -> None:
        """Show the frame before that is not done; the search goes round as well."""
        self.go_to(self._not_done(range(self.frame - 1, self.frame - len(self.items), -1)))

    def _not_done(self, order: range) -> int:
        return next((i for i in (i % len(self.items) for i in order) if not self.done(i)), self.frame)

    def choose(self, k: int) -> None:
        """Make a keypoint the current one."""
        self.keypoint = min(max(k, 0), len(self.keypoints) - 1)
        self._notify()

    def next_keypoint(self) -> None:
        """Go to the next keypoint; the last one stays."""
        self.choose(self.keypoint + 1)

    def previous_keypoint(self) -> None:
        """Go to the keypoint before; the first one stays."""
        self.choose(self.keypoint - 1)

    # --- the end

    def flush(self) -> None:
        """Write the label files of all that is in the history only.

        Raises
        ------
        PosemakeError
            If that fails; nothing is lost.
        """
        self._count_time()
        for key in [self.item.key, *self._unsettled]:
            if not self._look_only:
                self.stores[key].claim()
            self._settle(key, leave=key != self.item.key)
        if self.trouble:
            raise PosemakeError(self.trouble)

    def close(self) -> None:
        """Write everything and let others label; raises as ``flush``."""
        try:
            self.flush()
        finally:
            for store in self.stores.values():
                with contextlib.suppress(PosemakeError):  # flush says it
                    store.close()
