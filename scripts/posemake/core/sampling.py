"""Selection of items for display."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
MAX_SHOWN_VIDEOS = 12  # videos with pictures on a page; all others are in the tables only


def pick_evenly(items: Sequence[T], count: int = MAX_SHOWN_VIDEOS) -> list[T]:
    """Return up to ``count`` items (at least 2), evenly spaced from the first to the last."""
    if len(items) <= count:
        return list(items)
    return [items[i * (len(items) - 1) // (count - 1)] for i in range(count)]
