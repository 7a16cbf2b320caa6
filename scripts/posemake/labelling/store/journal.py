"""Crash-safe file of lines that only grows."""

import contextlib
import os
from pathlib import Path

from posemake.core.atomic import BINARY, sync_folder, write_all


class Journal:
    """A file of lines that only grows; the first line creates it.

    A line counts once it ends: a line that a crash or a full disk left incomplete is cut off before the next one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._size = 0  # bytes of all lines that count
        self._torn = False  # an incomplete line follows them

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
            write_all(descriptor, content)
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
