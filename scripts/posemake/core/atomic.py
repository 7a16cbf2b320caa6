"""Atomic, crash-safe writing of files."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from posemake.core.machine_errors import as_disk_error
from posemake.core.paths import StrPath

BINARY = getattr(os, "O_BINARY", 0)  # else Windows changes the ends of lines


def write_all(descriptor: int, content: bytes) -> None:
    """Write all bytes to a file descriptor, as the system may take only some of them at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o666)
    try:
        write_all(descriptor, content)
    finally:
        os.close(descriptor)


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, on systems that can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _move_into_place(parts: Mapping[Path, Path]) -> Iterator[None]:
    """Have temporary files written; then force them to the disk and rename them in their order.

    After an error, no temporary file is left.

    Parameters
    ----------
    parts
        Temporary file by the path that it gets.
    """
    try:
        yield
        for part in parts.values():
            _sync_file(part)  # else a power cut could leave the new name with no content
        for path, part in parts.items():
            os.replace(part, path)
    finally:
        for part in parts.values():
            with suppress(OSError):  # a disk that turned read-only has raised the error above
                part.unlink(missing_ok=True)


@contextmanager
def atomic_write(path: StrPath) -> Iterator[Path]:
    """Give a temporary path that becomes ``path``, with its content on the disk, unless an error comes first.

    The temporary path lies beside ``path`` and has its ending, by which libraries choose the format.

    Raises
    ------
    OSError
        If the disk is at fault; the error names ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        with _move_into_place({path: part}):
            yield part
    except Exception as error:
        disk_error = as_disk_error(error, path)
        if disk_error is error:
            raise
        raise disk_error from error


def atomic_write_files(contents: Mapping[Path, bytes]) -> None:
    """Replace files in the order given, after the new bytes of all are on the disk; a link stays, and its target is replaced.

    The temporary files are hidden, so that no pattern for ``contents`` finds them.

    Raises
    ------
    OSError
        If there is no space, or the files may not be written; those not yet replaced are as they were.
    """
    targets = {Path(os.path.realpath(path)) if path.is_symlink() else path: content for path, content in contents.items()}
    parts = {path: path.with_name(f".{path.name}.part") for path in targets}
    with _move_into_place(parts):
        for path, content in targets.items():
            _write_new(parts[path], content)
    for folder in {path.parent for path in targets}:
        sync_folder(folder)


def write_text(path: StrPath, text: str) -> None:
    """Write a text file atomically."""
    write_bytes(path, text.encode())


def write_bytes(path: StrPath, content: bytes) -> None:
    """Write a file atomically; for what libraries encode in memory, as some of them do not notice a full disk."""
    with atomic_write(path) as part:
        _write_new(part, content)
