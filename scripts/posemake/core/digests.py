"""Digests of file contents."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from posemake.core.paths import StrPath

MAX_WHOLE = 64 << 20  # bytes; a quick digest reads larger files in part
PIECES, PIECE_SIZE = 32, 1 << 20  # parts of a large file, and bytes of each
SAMPLES, SAMPLE_SIZE = 4, 4096  # enough to tell recordings apart, and cheap for thousands of them


def file_digest(path: StrPath) -> str:
    """Return the SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_pieces(file: BinaryIO, count: int, size: int) -> Iterator[bytes]:
    """Yield ``count`` pieces of ``size`` bytes, evenly spaced, with the first and the last bytes; fewer of a small file."""
    last = max(0, os.fstat(file.fileno()).st_size - size)
    for start in sorted({i * last // (count - 1) for i in range(count)}):
        file.seek(start)
        yield file.read(size)


def quick_digest(path: StrPath, whole: bool = False) -> str:
    """Return a digest of a file that is quick for a large one.

    Parameters
    ----------
    path
        The file.
    whole
        Read all of a large file, too.

    Returns
    -------
    str
        ``sha256:…`` of the content, or, beyond 64 MiB, ``sampled:…`` of the size and pieces of the content.
    """
    size = os.path.getsize(path)
    if whole or size <= MAX_WHOLE:
        return f"sha256:{file_digest(path)}"
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as file:
        for piece in _read_pieces(file, PIECES, PIECE_SIZE):
            digest.update(piece)
    return f"sampled:{digest.hexdigest()}"


def sample_digest(path: StrPath) -> str:
    """Return a digest of a few pieces of a file, or of the first and the last file of a folder.

    What cannot be read counts as empty.
    """
    path = os.fspath(path)
    files = [path]
    if os.path.isdir(path):
        names = sorted(entry.name for entry in _visible_files(path))
        files = [os.path.join(path, name) for name in dict.fromkeys([*names[:1], *names[-1:]])]
    digest = hashlib.sha256()
    for each in files:
        with suppress(OSError), open(each, "rb") as file:
            for piece in _read_pieces(file, SAMPLES, SAMPLE_SIZE):
                digest.update(piece)
    return digest.hexdigest()[:16]


def _visible_files(folder: str) -> Iterator["os.DirEntry[str]"]:
    return (entry for entry in os.scandir(folder) if entry.is_file() and not entry.name.startswith("."))


def measure_source(path: StrPath) -> list[int]:
    """Return bytes and number of files: of a file, or of the files in a folder that are not hidden."""
    path = os.fspath(path)
    if os.path.isdir(path):
        sizes = [entry.stat().st_size for entry in _visible_files(path)]
        return [sum(sizes), len(sizes)]
    return [os.path.getsize(path), 1]
