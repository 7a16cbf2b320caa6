"""Some of many videos, where all would be too much to show."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
SHOWN = 12  # videos with pictures on a page; all others are in the tables


def evenly(items: Sequence[T], most: int = SHOWN) -> list[T]:
    """Up to ``most`` items, evenly spread from the first to the last; the same ones each time."""
    if len(items) <= most:
        return list(items)
    return [items[i * (len(items) - 1) // (most - 1)] for i in range(most)]
