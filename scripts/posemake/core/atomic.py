"""Files that are whole or not there."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posemake.core.machine_errors import as_disk_fault


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``, with its ending, which becomes ``path`` if no error comes before.

    Its content is then on the disk. An error of the disk names ``path`` (`faults.as_disk_fault`).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())  # else the name may be on the disk before what it names, when the power goes
        os.replace(part, path)
    except Exception as error:
        fault = as_disk_fault(error, path)
        if fault is error:
            raise
        raise fault from error
    finally:
        with suppress(OSError):  # of a disk that turned read-only, which the error above tells
            part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole; for what libraries encode in memory, as some of them do not notice a full disk."""
    with replacing(path) as part:
        part.write_bytes(content)


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
