"""Cells of the sheet of videos: encoding, line ends and separator, as editors and spreadsheets write them."""

import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.core.text_files import WINDOWS, decode_text

WORKBOOKS = {  # first bytes
    b"PK\x03\x04": "a workbook (.xlsx or .ods)",
    b"\xd0\xcf\x11\xe0": "a workbook of old Excel (.xls)",
}
HOW_TO_SAVE = (
    "save it as text with tabs in UTF-8 (LibreOffice: Save As, Text CSV, character set UTF-8, field delimiter {Tab}; "
    "Excel: Save As, CSV UTF-8)"
)
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}
Row = tuple[int, list[str]]  # line of the file, cells without spaces around them


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode(path: StrPath) -> str:
    """Return the text of a sheet in UTF-8 or UTF-16."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise PosemakeError(f"{path}: the sheet of videos cannot be read ({error}); see config/README.md") from error
    for start, kind in WORKBOOKS.items():
        if content.startswith(start):
            raise PosemakeError(f"{path}: this is {kind}, not text, whatever its name ends in; {HOW_TO_SAVE}")
    try:
        text, encoding = decode_text(content)
    except UnicodeDecodeError as error:
        raise PosemakeError(f"{path}: is not text in UTF-8 ({error}); {HOW_TO_SAVE}") from error
    if encoding == WINDOWS:  # or another one of old, so that a letter would be a wrong one
        lines = re.split(rb"\r\n|\r|\n", content)
        row = next(number for number, line in enumerate(lines, 1) if not _is_utf8(line))
        raise PosemakeError(
            f"{path}, row {row}: a letter is not in UTF-8, as of an older encoding of Windows or macOS; {HOW_TO_SAVE}"
        )
    if "\0" in text:
        raise PosemakeError(f"{path}: is not text in UTF-8; {HOW_TO_SAVE}")
    return re.sub(r"\r\n?", "\n", text)


def _split(path: StrPath, text: str, separator: str) -> list[Row]:
    """Return the rows that are not blank; lines that begin with # are comments."""
    lines = ("\n" if line.startswith("#") else line for line in io.StringIO(text))
    reader = csv.reader(lines, delimiter=separator)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise PosemakeError(f"{path}, row {reader.line_num}: cannot be read as a table ({error}); {HOW_TO_SAVE}") from error
    for line, cells in rows:
        broken = next((cell for cell in cells if "\n" in cell), None)
        if broken is not None:
            begin = line - broken.count("\n")
            raise PosemakeError(
                f"{path}, row {begin}: a cell that begins with {broken.splitlines()[0]!r} goes on in the next line; "
                "remove the line break, or the quotation mark at its beginning"
            )
    return [(line, cells) for line, cells in rows if any(cells)]


def _separator(text: str, columns: Collection[str], required: Collection[str]) -> str:
    """Return what stands between the columns: tabs, unless commas or semicolons give a header of known columns."""
    header = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    for separator in SEPARATORS:
        names = {name.strip() for name in next(csv.reader([header], delimiter=separator), [])} - {""}
        if set(required) <= names <= set(columns):
            return separator
    return "\t"


def read_rows(path: StrPath, columns: Collection[str], required: Collection[str]) -> tuple[list[Row], str]:
    """Read the rows of a sheet, the header first.

    Parameters
    ----------
    path
        The sheet: columns separated by tabs or, if the header then has known columns only, by commas or semicolons.
    columns
        Names of all columns.
    required
        Names of those that no header lacks.

    Returns
    -------
    rows
        Lines of the file and cells without spaces around them. Columns without a name and cells, as of trailing tabs, are left
        out.
    separator
        The separator in words, in the plural.

    Raises
    ------
    PosemakeError
        If the file is not text in UTF-8 or UTF-16, or if a cell has a line break. The message says how to save
        it.
    """
    text = re.sub(r"\Asep=.\n", "\n", _decode(path))  # Excel's own line for the separator
    separator = _separator(text, columns, required)
    rows = _split(path, text, separator)
    if not rows:
        return [], SEPARATORS[separator]
    if len(rows[0][1]) == 1 and re.search(r"\S[,; ]", rows[0][1][0]):
        raise PosemakeError(
            f"{path}, row {rows[0][0]}: the header {rows[0][1][0]!r} is a single column; columns are separated by tabs"
        )
    names = rows[0][1]
    unnamed = {k for k, name in enumerate(names) if not name and not any(k < len(cells) and cells[k] for _, cells in rows)}
    kept = [(line, [cell for k, cell in enumerate(cells) if k not in unnamed]) for line, cells in rows]
    width = len(names) - len(unnamed)
    return [(line, cells if any(cells[width:]) else cells[:width]) for line, cells in kept], SEPARATORS[separator]
