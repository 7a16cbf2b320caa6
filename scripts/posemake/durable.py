"""Writing that outlasts a crash and a full disk: what was there stays until the new bytes are safe on the disk."""

import contextlib
import os
from pathlib import Path

BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the ends of lines


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_aside(path: Path, content: bytes) -> Path:
    """Write to a hidden name beside ``path``, which no pattern of ``path`` finds, and return it; on the disk at the end."""
    part = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o666)
        try:
            _write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return part


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_files(contents: dict[Path, bytes]) -> None:
    """Replace files of one folder in the order given, after all their new bytes are on the disk; of a link, where it leads.

    Raises
    ------
    OSError
        If there is no space, or the files may not be written; those not yet replaced are as they were.
    """
    contents = {Path(os.path.realpath(path)) if path.is_symlink() else path: content for path, content in contents.items()}
    parts: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            parts[path] = write_aside(path, content)
        for path, part in parts.items():
            os.replace(part, path)
    finally:
        for part in parts.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
    for folder in {path.parent for path in contents}:
        sync_folder(folder)


class Journal:
    """A file of lines that only grows; made by the first line.

    A line counts once it ends: what a crash or a full disk left of one is cut off before the next.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._torn = False

    def _open(self) -> int:
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | BINARY, 0o666)
        try:
            content = self.path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.ftruncate(descriptor, whole)
            if new:
                sync_folder(self.path.parent)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor, self._size, self._torn = descriptor, whole, False
        return descriptor

    def append(self, line: str, sync: bool = True) -> None:
        """Add a line, by default on the disk when this returns.

        Raises
        ------
        OSError
            If that failed; the line then does not count.
        """
        descriptor = self._open() if self._descriptor is None else self._descriptor
        if self._torn:
            os.ftruncate(descriptor, self._size)
            self._torn = False
        content = line.encode() + b"\n"
        try:
            _write(descriptor, content)
            if sync:
                os.fsync(descriptor)
        except BaseException:
            self._torn = True
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._size)
                self._torn = False
            raise
        self._size += len(content)

    def close(self) -> None:
        """Close the file; a later line opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
