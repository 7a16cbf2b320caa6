"""How far labelling is, in numbers of frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import Item


@dataclass(frozen=True)
class Progress:
    """Numbers of frames."""

    done: int  # each keypoint is decided
    partly: int
    open: int  # none is
    seconds_per_frame: float | None  # mean over the done ones whose time is known
    videos: dict[tuple[int, str], "Progress"] = field(default_factory=dict)  # by round and video

    @property
    def total(self) -> int:
        """All frames."""
        return self.done + self.partly + self.open


def state_of(item: Item, store: LabelStore) -> str:
    """`done`, `partly` or `open`."""
    decided = store.decided(item.image)
    return "done" if decided == len(store.keypoints) else "partly" if decided else "open"


def _count(items: Sequence[Item], stores: dict[tuple[int, str], LabelStore]) -> tuple[int, int, int, float | None]:
    states = [state_of(item, stores[item.key]) for item in items]
    done = (stores[item.key].seconds(item.image) for item, state in zip(items, states) if state == "done")
    spent = [seconds for seconds in done if seconds]
    return *(states.count(state) for state in ("done", "partly", "open")), sum(spent) / len(spent) if spent else None


def count_progress(items: Sequence[Item], stores: dict[tuple[int, str], LabelStore]) -> Progress:
    """Progress of all items and of each video."""
    groups: dict[tuple[int, str], list[Item]] = {}
    for item in items:
        groups.setdefault(item.key, []).append(item)
    return Progress(*_count(items, stores), {key: Progress(*_count(group, stores)) for key, group in groups.items()})
