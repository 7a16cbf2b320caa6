"""core.json_files."""

import json
from pathlib import Path
from typing import Any

from posemake.core.atomic import write_text


def write_json(path: str | Path, content: dict[str, Any]) -> None:
    """Write JSON that reads well and whose bytes follow from its content."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: str | Path) -> dict[str, Any]:
    """Read what ``write_json`` wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
