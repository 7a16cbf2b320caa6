"""Label files in CSV, as DeepLabCut, spreadsheets and other tools write them."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from posemake.core.errors import PosemakeError
from posemake.core.text_files import WINDOWS, decode_text
from posemake.data.label_grid import LEVELS, GridRow, LabelGrid, clean_name

SEPARATORS = (",", ";", "\t")
DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")

NumberedRow = tuple[int, list[str]]  # line of the file, cells


def _read_text(path: Path, notes: list[str]) -> str:
    try:
        text, encoding = decode_text(path.read_bytes())
    except UnicodeError as error:
        raise PosemakeError(f"{path}: is not text in UTF-8; save it as CSV in UTF-8") from error
    except OSError as error:
        raise PosemakeError(f"{path}: cannot be read ({error}); put the file back") from error
    if "\0" in text:
        raise PosemakeError(f"{path}: is not text in UTF-8; save it as CSV in UTF-8")
    if encoding == WINDOWS:
        notes.append("is not in UTF-8 and was read in the encoding of Windows (cp1252); check names with special letters")
    return re.sub(r"\r\n?", "\n", text)


def _split(path: Path, text: str, separator: str) -> list[NumberedRow]:
    """Return the rows that are not blank."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise PosemakeError(f"{path}: row {reader.line_num}: is not CSV ({error}); save the file anew") from error


def _has_levels(rows: Sequence[NumberedRow]) -> bool:
    return bool(rows) and LEVELS[0] in (clean_name(cell).lower() for cell in rows[0][1])


def _read_rows(path: Path, text: str) -> tuple[list[NumberedRow], str]:
    """Return the rows that are not blank and the separator, which is the one that gives a header."""
    given = re.match(r"\s*\"?sep=(.)\"?\n", text)  # a line of Excel
    text = "\n" + text[given.end() :] if given else text
    for separator in SEPARATORS:
        rows = _split(path, text, separator)
        if _has_levels(rows):
            return rows, separator
        if all(len(row) == 1 and "\n" not in row[0] for _, row in rows):  # each line is one quoted cell
            inner = [(number, next(csv.reader([row[0]], delimiter=separator), [])) for number, row in rows]
            if _has_levels(inner):
                return inner, separator
    return _split(path, text, SEPARATORS[0]), SEPARATORS[0]


def _first_column(header: Sequence[Sequence[str]]) -> int:
    """Return the column with the names of the levels; one before it, of numbers of rows, has no header."""
    for column, cell in enumerate(header[0]):
        if clean_name(cell):
            blank = all(not clean_name(cell) for row in header for cell in row[:column])
            return column if blank and clean_name(cell).lower() == LEVELS[0] else 0
    return 0


def _count_index_columns(header: Sequence[Sequence[str]]) -> int:
    """Return the number of columns that name the image: the first, and others without keypoint and coordinate."""
    width = min(map(len, header))
    for column in range(1, width):
        keypoint, axis = (clean_name(row[column]).lower() for row in header[1:3])
        if keypoint not in ("", LEVELS[1]) or axis not in ("", LEVELS[2]):
            return column
    return 1


def _names_the_index(rows: Sequence[NumberedRow], index_columns: int) -> bool:
    """Return whether the first row below the header has names of the index, which pandas writes, and no image."""
    if not rows or any(cell.strip() for cell in rows[0][1][index_columns:]):
        return False
    names = [clean_name(cell) for cell in rows[0][1]]
    return all(names) and not re.search(r"[.\d]", "".join(names))


def _replace_decimal_commas(rows: Sequence[GridRow]) -> list[GridRow]:
    """Return rows with decimal points where the file has decimal commas only."""
    cells = [cell for row in rows for cell in row.cells if isinstance(cell, str)]
    if any("." in cell for cell in cells) or not any(map(DECIMAL_COMMA.fullmatch, cells)):
        return list(rows)
    return [GridRow(row.number, row.name, [str(cell).replace(",", ".") for cell in row.cells]) for row in rows]


def read_csv_grid(path: Path) -> LabelGrid:
    """Read the content of a CSV, separated by commas, semicolons or tabs.

    Raises
    ------
    PosemakeError
        If it is empty or no text, or if a row is longer than the header.
    """
    notes: list[str] = []
    numbered, separator = _read_rows(path, _read_text(path, notes))
    if not numbered:
        raise PosemakeError(f"{path}: the file is empty; label its images, or remove the file")
    first = _first_column([row for _, row in numbered[:3]])
    numbered = [(number, row[first:]) for number, row in numbered]
    header = [row for _, row in numbered[:3]]
    levels = tuple(clean_name(row[0]) if row else "" for row in header)
    if len(numbered) > 3 and clean_name("".join(numbered[3][1][:1])).lower() == LEVELS[2]:
        levels = (*levels, LEVELS[2])  # a fourth row of the header
    index_columns = _count_index_columns(header) if len(header) == 3 else 1
    width = max(map(len, header)) - index_columns
    rows = []
    for number, row in numbered[4 if _names_the_index(numbered[3:4], index_columns) else 3 :]:
        name, cells = row[:index_columns], row[index_columns:]
        if any(cell.strip() for cell in cells[width:]):
            raise PosemakeError(f"{path}: row {number} has more cells than the header; correct the row or the header")
        name += [""] * (index_columns - len(name))
        rows.append(GridRow(number, name, cells[:width] + [""] * (width - len(cells))))
    if separator != ",":
        rows = _replace_decimal_commas(rows)
    columns = [tuple(row[k] if k < len(row) else "" for row in header) for k in range(index_columns, index_columns + width)]
    return LabelGrid("the first three rows begin with", levels, columns, rows, notes)
