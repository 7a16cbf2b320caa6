"""YAML files."""

from pathlib import Path
from typing import Any

import yaml

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath


def parse_yaml(path: StrPath, text: str, as_typed: bool = False) -> Any:
    """Parse YAML of plain values.

    Parameters
    ----------
    path
        The file, for messages.
    text
        Its content.
    as_typed
        Return all values as the text that was typed: YAML 1.1 would make False of ``no``, and 12 of ``1_2``.

    Raises
    ------
    PosemakeError
        If that fails; the message names line and column.
    """
    loader = "BaseLoader" if as_typed else "SafeLoader"
    try:
        return yaml.load(text, Loader=getattr(yaml, f"C{loader}", getattr(yaml, loader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PosemakeError(f"{path}{place}: this is not YAML ({getattr(error, 'problem', None) or error})") from error


def read_yaml(path: StrPath) -> Any:
    """Read a YAML file of plain values.

    Raises
    ------
    PosemakeError
        If the file cannot be read or parsed; the message names line and column.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PosemakeError(f"{path}: cannot be read ({error})") from error
    return parse_yaml(path, text)
