"""Numbered patterns of image files, such as ``img%04d.png``."""

import re
from pathlib import Path

from posemake.core.paths import StrPath

NUMBER = re.compile(r"%0?(\d*)d")  # the number in a pattern; its group is the least count of digits


def is_image_pattern(path: StrPath) -> bool:
    """Return whether a path is a numbered pattern and not an existing file of that name."""
    return NUMBER.search(Path(path).name) is not None and not Path(path).exists()


def watched_path(path: StrPath) -> Path:
    """Return the path whose changes a workflow watches: the folder of a numbered pattern, or the path itself."""
    return Path(path).parent if is_image_pattern(path) else Path(path)
