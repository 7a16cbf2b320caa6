"""core.digests."""

import hashlib
import os
from pathlib import Path

WHOLE = 64 << 20  # bytes up to which a quick digest reads all of a file
PIECES, PIECE = 32, 1 << 20  # of larger ones


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def quick_digest(path: str | Path, whole: bool = False) -> str:
    """Digest of a large file: ``sha256:…`` of its content, or, from 64 MiB on, ``sampled:…`` of its size and of pieces of it."""
    size = os.path.getsize(path)
    if whole or size <= WHOLE:
        return f"sha256:{file_digest(path)}"
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as file:
        for start in (i * (size - PIECE) // (PIECES - 1) for i in range(PIECES)):
            file.seek(start)
            digest.update(file.read(PIECE))
    return f"sampled:{digest.hexdigest()}"


def source_size(path: str | Path) -> list[int]:
    """Bytes of a file, and its number of files, 1; of a folder, of all files in it that are not hidden."""
    if os.path.isdir(path):
        sizes = [entry.stat().st_size for entry in os.scandir(path) if entry.is_file() and not entry.name.startswith(".")]
        return [sum(sizes), len(sizes)]
    return [os.path.getsize(path), 1]
