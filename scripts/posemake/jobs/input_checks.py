"""Checks of input files that others may write: changes while a job runs, broken links, times in the future."""

import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress

CLOCK_TOLERANCE = 10.0  # seconds by which the clocks of two computers may differ


def file_states(paths: Iterable[str]) -> dict[str, object]:
    """Return size and time of each file, or names and sizes in each folder; None for what does not exist."""
    states: dict[str, object] = {}
    for path in map(str, paths):
        states[path] = None
        with suppress(OSError):
            if os.path.isdir(path):
                entries = [(entry.name, entry.stat().st_size) for entry in os.scandir(path) if not entry.name.startswith(".")]
                states[path] = sorted(entries)
            else:
                with open(path, "rb") as file:  # network drives may state old sizes and times until the file is opened
                    stat = os.fstat(file.fileno())
                states[path] = stat.st_size, stat.st_mtime_ns  # no inode: some network drives number files anew
    return states


def changed_files(before: dict[str, object]) -> list[str]:
    """Return the paths whose state differs from the one of `file_states` before."""
    now = file_states(before)
    return [path for path, state in before.items() if now[path] != state]


def describe_broken_links(paths: Iterable[str]) -> list[str]:
    """Return a sentence for each path that is a link to a file that does not exist."""
    return [
        f"{path}: is a link to {os.readlink(path)}, which is not there; mount its disk, or correct the link"
        for path in paths
        if os.path.islink(path) and not os.path.exists(path)
    ]


def current_time(folder: str) -> float:
    """Return the time in seconds since 1970, by the clock of this computer or of the drive of a folder, whichever is ahead."""
    now = time.time()
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        now = max(now, os.fstat(file.fileno()).st_mtime)
    return now


def future_files(paths: Iterable[str], now: float) -> list[tuple[str, float]]:
    """Return the paths whose time of change is later than now, and these times; in seconds since 1970."""
    files = []
    for path in paths:
        with suppress(OSError):
            if (changed := os.stat(path).st_mtime) > now + CLOCK_TOLERANCE:
                files.append((str(path), changed))
    return files
