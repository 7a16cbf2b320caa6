"""Progress of labelling, in numbers of frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from posemake.core.round_path import RoundFolder
from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import LabelTask

MIN_SECONDS = 0.1  # spent on a frame; less is a frame that was passed by


class FrameState(IntEnum):
    """How many of a frame's keypoints are decided."""

    OPEN = 0  # none
    PARTLY = 1  # some
    DONE = 2  # all


@dataclass
class Progress:
    """Numbers of frames by state."""

    done: int = 0
    partly: int = 0
    open: int = 0
    seconds: list[float] = field(default_factory=list)  # spent on each done frame whose time is known
    videos: dict[RoundFolder, "Progress"] = field(default_factory=dict)  # by round and video

    @property
    def total(self) -> int:
        """Number of all frames."""
        return self.done + self.partly + self.open

    @property
    def seconds_per_frame(self) -> float | None:
        """Mean time spent on a done frame, or None if it is unknown."""
        return sum(self.seconds) / len(self.seconds) if self.seconds else None

    def add(self, state: FrameState, seconds: float) -> None:
        """Count one more frame."""
        self.done += state == FrameState.DONE
        self.partly += state == FrameState.PARTLY
        self.open += state == FrameState.OPEN
        if state == FrameState.DONE and seconds > MIN_SECONDS:
            self.seconds.append(seconds)


def frame_state(task: LabelTask, store: LabelStore) -> FrameState:
    """Return how many of a frame's keypoints are decided."""
    decided = store.decided(task.image)
    if not decided:
        return FrameState.OPEN
    return FrameState.DONE if decided == len(store.keypoints) else FrameState.PARTLY


def count_progress(tasks: Sequence[LabelTask], stores: Mapping[RoundFolder, LabelStore]) -> Progress:
    """Return the progress of all frames and of each video."""
    progress = Progress()
    for task in tasks:
        store = stores[task.folder]
        state, seconds = frame_state(task, store), store.seconds(task.image)
        progress.add(state, seconds)
        progress.videos.setdefault(task.folder, Progress()).add(state, seconds)
    return progress
