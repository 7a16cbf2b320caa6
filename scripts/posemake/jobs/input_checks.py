"""Whether files that somebody else may write are still what they were."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress

PIECES, PIECE = 4, 4096  # of a file, in bytes: enough to tell recordings apart, and cheap for thousands of them
TOLERANCE = 10.0  # seconds that the clocks of two computers may differ


def stamps(paths: Iterable[str]) -> dict[str, object]:
    """Size and time of each file, and names and sizes in each folder; None of what is not there."""
    found: dict[str, object] = {}
    for path in map(str, paths):
        found[path] = None
        with suppress(OSError):
            if os.path.isdir(path):
                entries = [(entry.name, entry.stat().st_size) for entry in os.scandir(path) if not entry.name.startswith(".")]
                found[path] = sorted(entries)
            else:
                with open(path, "rb") as file:  # a network drive tells the truth of a file that is opened
                    stat = os.fstat(file.fileno())
                found[path] = stat.st_size, stat.st_mtime_ns  # no inode: some network drives number files anew
    return found


def changed(before: dict[str, object]) -> list[str]:
    """The paths whose stamps are others by now."""
    now = stamps(before)
    return [path for path, stamp in before.items() if now[path] != stamp]


def sample(path: str) -> str:
    """Digest of a few pieces of a file, or of the first and the last file of a folder; of nothing where it cannot be read."""
    paths = [path]
    if os.path.isdir(path):
        names = sorted(entry.name for entry in os.scandir(path) if entry.is_file() and not entry.name.startswith("."))
        paths = [os.path.join(path, name) for name in dict.fromkeys([*names[:1], *names[-1:]])]
    digest = hashlib.sha256()
    for each in paths:
        with suppress(OSError), open(each, "rb") as file:
            last = max(0, os.fstat(file.fileno()).st_size - PIECE)
            for start in sorted({i * last // (PIECES - 1) for i in range(PIECES)}):
                file.seek(start)
                digest.update(file.read(PIECE))
    return digest.hexdigest()[:16]


def broken_links(paths: Iterable[str]) -> list[str]:
    """Those of some paths that are links and lead nowhere, in words."""
    return [
        f"{path}: is a link to {os.readlink(path)}, which is not there; mount its disk, or correct the link"
        for path in paths
        if os.path.islink(path) and not os.path.exists(path)
    ]


def now_in(folder: str) -> float:
    """Seconds since 1970, by this computer's clock or, if that is ahead, by that of the drive which a folder is on."""
    now = time.time()
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        now = max(now, os.fstat(file.fileno()).st_mtime)
    return now


def from_the_future(paths: Iterable[str], now: float) -> list[tuple[str, float]]:
    """The paths that were changed later than ``now``, as their times say, and these; seconds since 1970."""
    found = []
    for path in paths:
        with suppress(OSError):
            if (changed := os.stat(path).st_mtime) > now + TOLERANCE:
                found.append((str(path), changed))
    return found
