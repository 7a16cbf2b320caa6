"""Writing of CSV tables."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from posemake.core.atomic import write_text
from posemake.core.paths import StrPath


def write_rows(path: StrPath, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a CSV table.

    Parameters
    ----------
    path
        CSV to write.
    columns
        Names of the columns.
    rows
        Cells of each row. Floats get six significant digits; None and NaN are empty cells.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if v is None or v != v else f"{v:.6g}" if isinstance(v, float) else v for v in row])
    write_text(path, text.getvalue())
