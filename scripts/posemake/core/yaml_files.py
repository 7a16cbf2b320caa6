"""core.yaml_files."""

from pathlib import Path
from typing import Any

import yaml

from posemake.core.errors import PosemakeError


def read_yaml(path: str | Path) -> Any:
    """Read YAML of plain values.

    Raises
    ------
    PosemakeError
        With line and column where it does not parse.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PosemakeError(f"{path}{where}: this is not YAML ({getattr(error, 'problem', None) or error})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PosemakeError(f"{path}: cannot be read ({error})") from error
