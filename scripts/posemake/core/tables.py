"""core.tables."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from posemake.core.atomic import write_text


def write_rows(path: str | Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a CSV; floats with six significant digits, missing values empty."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(columns)
    for row in rows:
        out.writerow(["" if v is None or v != v else f"{v:.6g}" if isinstance(v, float) else v for v in row])
    write_text(path, text.getvalue())
