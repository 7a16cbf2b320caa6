"""JSON files."""

import json
from pathlib import Path
from typing import Any

from posemake.core.atomic import write_text
from posemake.core.paths import StrPath


def write_json(path: StrPath, content: dict[str, Any]) -> None:
    """Write indented JSON; equal contents give equal bytes."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: StrPath) -> dict[str, Any]:
    """Read a JSON file that holds an object."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
