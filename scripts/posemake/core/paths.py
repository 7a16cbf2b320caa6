"""Types of paths."""

from os import PathLike

StrPath = str | PathLike[str]
