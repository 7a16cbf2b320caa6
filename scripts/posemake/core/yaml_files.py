"""YAML files."""

from pathlib import Path
from typing import Any

import yaml

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath


def read_yaml(path: StrPath) -> Any:
    """Read a YAML file of plain values.

    Raises
    ------
    PosemakeError
        If the file cannot be read or parsed; the message names line and column.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PosemakeError(f"{path}{place}: this is not YAML ({getattr(error, 'problem', None) or error})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PosemakeError(f"{path}: cannot be read ({error})") from error
