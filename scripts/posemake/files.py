"""Files that are whole or not there."""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``, with its ending, which becomes ``path`` if no error comes before."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


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
