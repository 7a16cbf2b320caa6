"""core.image_patterns."""

import re
from pathlib import Path

NUMBERED = re.compile(r"%0?(\d*)d")  # in a pattern of images


def is_pattern(path: str | Path) -> bool:
    """Whether a path is a numbered pattern, as ``img%04d.png``, and no file of that name."""
    return NUMBERED.search(Path(path).name) is not None and not Path(path).exists()


def folder_of(path: str | Path) -> Path:
    """What a workflow watches: the file, or the folder that holds the images."""
    return Path(path).parent if is_pattern(path) else Path(path)
