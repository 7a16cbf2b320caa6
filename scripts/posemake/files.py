"""Files that are whole or not there."""

import csv
import hashlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from posemake.faults import as_disk_fault

WHOLE = 64 << 20  # bytes up to which a quick digest reads all of a file
PIECES, PIECE = 32, 1 << 20  # of larger ones
DECIDING = ("torch", "torchvision", "opencv-python-headless", "numpy", "av", "onnxruntime", "openvino")  # on the numbers
NUMBERED = re.compile(r"%0?(\d*)d")  # in a pattern of images


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


def write_json(path: str | Path, content: dict[str, Any]) -> None:
    """Write JSON that reads well and whose bytes follow from its content."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: str | Path) -> dict[str, Any]:
    """Read what ``write_json`` wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_rows(path: str | Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a CSV; floats with six significant digits, missing values empty."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(columns)
    for row in rows:
        out.writerow(["" if v is None or v != v else f"{v:.6g}" if isinstance(v, float) else v for v in row])
    write_text(path, text.getvalue())


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


def is_pattern(path: str | Path) -> bool:
    """Whether a path is a numbered pattern, as ``img%04d.png``, and no file of that name."""
    return NUMBERED.search(Path(path).name) is not None and not Path(path).exists()


def folder_of(path: str | Path) -> Path:
    """What a workflow watches: the file, or the folder that holds the images."""
    return Path(path).parent if is_pattern(path) else Path(path)


def source_size(path: str | Path) -> list[int]:
    """Bytes of a file, and its number of files, 1; of a folder, of all files in it that are not hidden."""
    if os.path.isdir(path):
        sizes = [entry.stat().st_size for entry in os.scandir(path) if entry.is_file() and not entry.name.startswith(".")]
        return [sum(sizes), len(sizes)]
    return [os.path.getsize(path), 1]


def package_versions() -> dict[str, str]:
    """Versions of what decides on the numbers, where it is installed; without loading it."""
    found = {}
    for name in DECIDING:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
