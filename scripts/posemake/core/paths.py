"""Types of paths, and paths that other systems wrote."""

from os import PathLike
from pathlib import Path

StrPath = str | PathLike[str]


def is_file(path: StrPath) -> bool:
    """Return whether a file exists; a path that this system cannot have, such as one that is too long, is none."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: StrPath) -> bool:
    """Return whether a folder exists; a path that this system cannot have, such as one that is too long, is none."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False
