"""Garbage collection of the process that plans a run."""

import atexit
import gc

# Net new objects between collections. The plan of 5,000 videos consists of millions of objects that stay until the end; with
# Python's 700, a quarter of the time goes into looking for garbage among them.
THRESHOLD = 1_000_000


def collect_garbage_seldom() -> None:
    """Look for garbage seldom from now on, and not once more when the process ends."""
    gc.set_threshold(THRESHOLD)
    atexit.register(gc.freeze)
