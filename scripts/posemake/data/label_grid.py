"""Checks of label files, the same for all formats (N images, K keypoints, C coordinates).

The reader of a format makes a `LabelGrid`; `check_grid` checks it, and leaves out what carries no label: columns and rows without
content, exact repetitions of a row, names that pandas gives to empty header cells.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun

LEVELS = ("scorer", "bodyparts", "coords")
LABELLED_DATA = "labeled-data"  # folder of all labels of a DeepLabCut project
FILLER = re.compile(r"Unnamed: \d+(_level_\d+)?")  # pandas' name of an empty header cell
INVISIBLE = "\0\ufeff\u200b"
MISSING = {"", "nan", "-nan", "na", "n/a", "#n/a", "#na", "<na>", "null", "none"}  # cells that pandas reads as NaN, in lower case

Column = tuple[str, str, str]  # scorer, keypoint, coordinate


@dataclass(frozen=True)
class GridRow:
    """One row of a label file."""

    number: int  # for messages
    name: Sequence[object]  # cells that name the image
    cells: Sequence[object]  # one per column


@dataclass(frozen=True)
class LabelGrid:
    """Content of a label file before its checks."""

    header: str  # beginning of the sentence that says which levels the header has
    levels: tuple[str, ...]  # their names, empty if unknown
    columns: list[tuple[str, ...]]  # for each column, a name per level
    rows: list[GridRow]
    notes: list[str] = field(default_factory=list)  # what the user should know


@dataclass(frozen=True)
class GridLabels:
    """Content of a label file after its checks."""

    scorers: tuple[str, ...]
    keypoints: tuple[str, ...]
    images: tuple[str, ...]  # file names
    folders: tuple[str, ...]  # folder of each image, empty if the row does not name it
    values: np.ndarray  # (N, K, C), NaN where there is none
    notes: tuple[str, ...]


def clean_name(name: object) -> str:
    """Return a name as text in Unicode's form NFC without blanks around it; empty for a missing one."""
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    if name is None or (isinstance(name, float) and math.isnan(name)):
        return ""
    text = unicodedata.normalize("NFC", str(name)).strip(INVISIBLE).strip().strip(INVISIBLE)
    return "" if FILLER.fullmatch(text) else text


def is_missing(cell: object) -> bool:
    """Return whether a cell holds no value."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or str(cell).strip().lower() in MISSING


def _order_levels(path: StrPath, grid: LabelGrid) -> list[Column]:
    """Return scorer, keypoint and coordinate of each column; empty where the header has none."""
    levels = tuple(level.lower() for level in grid.levels)
    if "individuals" in levels or (len(levels) == 4 and not any(levels)):
        raise PosemakeError(f"{path}: labels of several animals, which are not supported yet (its header has `individuals`)")
    if len(levels) == len(LEVELS) and all(level in ("", expected) for level, expected in zip(levels, LEVELS)):
        levels = LEVELS  # names of levels get lost where a table is joined from others
    if sorted(levels) != sorted(LEVELS):
        raise PosemakeError(
            f"{path}: {grid.header} scorer, bodyparts, coords, not {list(grid.levels)}; see config/README.md, section 3"
        )
    order = [levels.index(level) for level in LEVELS]
    named = [[clean_name(column[i]) if i < len(column) else "" for i in order] for column in grid.columns]
    return [(scorer, keypoint, axis.lower()) for scorer, keypoint, axis in named]


def _complete_columns(path: StrPath, grid: LabelGrid) -> dict[int, Column]:
    """Return the columns that hold labels, by their position; in merged cells of a spreadsheet only the first has the name.

    Raises
    ------
    PosemakeError
        If a column has values and no complete header, or stands twice.
    """
    complete: dict[int, Column] = {}
    left = ("", "")
    for position, (scorer, keypoint, axis) in enumerate(_order_levels(path, grid)):
        if not keypoint and not axis and all(is_missing(row.cells[position]) for row in grid.rows):
            continue
        if axis:
            scorer, keypoint = scorer or left[0], keypoint or left[1]
        if not (scorer and keypoint and axis):
            raise PosemakeError(
                f"{path}: the header names scorer, keypoint and x or y of each column; one is incomplete (column {position + 1} "
                "after the names of images); complete it, or clear the column"
            )
        if (scorer, keypoint, axis) in complete.values():
            raise PosemakeError(f"{path}: a keypoint stands twice in the header ({keypoint} {axis}); remove one of its columns")
        complete[position] = (scorer, keypoint, axis)
        left = (scorer, keypoint)
    if not complete:
        raise PosemakeError(f"{path}: the header names scorer, keypoint and x or y of each column; one is incomplete")
    return complete


def _find_positions(path: StrPath, columns: dict[int, Column], coords: Sequence[str]) -> dict[tuple[str, str], list[int]]:
    """Return the positions of the coordinates of each (scorer, keypoint)."""
    by_name = {column: position for position, column in columns.items()}
    positions = {}
    for scorer, keypoint, _ in columns.values():
        for coord in coords:
            if (scorer, keypoint, coord) not in by_name:
                raise PosemakeError(f"{path}: keypoint {keypoint} has no column {coord}; add it")
        positions[scorer, keypoint] = [by_name[scorer, keypoint, coord] for coord in coords]
    return positions


def split_row_name(path: StrPath, row: GridRow) -> tuple[str, str]:
    """Return the folder, which may be empty, and the file name of a row's image.

    Parameters
    ----------
    path
        The label file, for messages.
    row
        A row that is named by a path with either slash, or by the parts of one.

    Raises
    ------
    PosemakeError
        If it names no image.
    """
    cells = [clean_name(cell) for cell in row.name]
    parts = [part.strip() for part in re.split(r"[\\/]", "/".join(filter(None, cells))) if part.strip(" .")]
    named = parts and not cells[-1].endswith(("/", "\\")) and (cells[-1] or re.search(r"\.\w+$", parts[-1]))
    if not named:
        raise PosemakeError(f"{path}: row {row.number} names no image; name it, or remove the row")
    if re.fullmatch(r"[\d.]+", parts[-1]):
        raise PosemakeError(
            f"{path}: row {row.number} is named {parts[-1]}, which is a number and not an image; name it by its image, as in "
            f"{LABELLED_DATA}/video/img0012.png (a file of poses from an analysis is not a label file)"
        )
    if any(unicodedata.category(letter) == "Cc" for part in parts for letter in part):
        raise PosemakeError(f"{path}: row {row.number}: {parts[-1]!r} cannot be the name of a file; correct it")
    folder = parts[-2] if len(parts) > 1 and parts[-2].lower() != LABELLED_DATA else ""
    return folder, parts[-1]


def _parse_number(cell: object) -> float:
    """Return the number in a cell, NaN for a missing one; raises ValueError."""
    text = cell.decode("ascii", "replace") if isinstance(cell, bytes) else cell
    try:
        number = text if isinstance(text, float) else float(str(text))
    except ValueError:
        if is_missing(text):
            return math.nan
        raise
    if math.isinf(number) or (isinstance(text, str) and "_" in text):
        raise ValueError(text)
    return number


def _read_values(
    path: StrPath, grid: LabelGrid, positions: dict[tuple[str, str], list[int]], coords: Sequence[str]
) -> np.ndarray:
    """Return the values (N, scorers × keypoints, C) of the pairs of scorer and keypoint, in their order."""
    values = np.full((len(grid.rows), len(positions), len(coords)), np.nan)
    for i, row in enumerate(grid.rows):
        for pair, ((_, keypoint), places) in enumerate(positions.items()):
            for c, position in enumerate(places):
                try:
                    values[i, pair, c] = _parse_number(row.cells[position])
                except ValueError as error:
                    raise PosemakeError(
                        f"{path}: row {row.number}, {keypoint} {coords[c]}: {row.cells[position]!r} is not a number; correct it"
                    ) from error
    return values


def _join_scorers(
    path: StrPath, pairs: Sequence[tuple[str, str]], images: Sequence[str], values: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the keypoints and the values (N, K, C) of all scorers together.

    Parameters
    ----------
    path
        The label file, for messages.
    pairs
        Scorer and keypoint of each column of values.
    images
        Names (N,).
    values
        (N, pairs, C).

    Raises
    ------
    PosemakeError
        If x or y is alone, or if two scorers have different positions of the same keypoint.
    """
    incomplete = np.isnan(values[..., 0]) != np.isnan(values[..., 1])
    if incomplete.any():
        row, pair = np.argwhere(incomplete)[0]
        raise PosemakeError(f"{path}: {images[row]}, {pairs[pair][1]}: has one of x and y only; give both or none")
    keypoints = tuple(dict.fromkeys(keypoint for _, keypoint in pairs))
    joined = np.full((len(values), len(keypoints), values.shape[2]), np.nan)
    owner = np.full(joined.shape[:2], -1)
    for pair, (scorer, keypoint) in enumerate(pairs):
        k = keypoints.index(keypoint)
        given = ~np.isnan(values[:, pair, 0])
        clash = given & (owner[:, k] >= 0) & (joined[:, k] != values[:, pair]).any(1)
        if clash.any():
            row = int(np.flatnonzero(clash)[0])
            other = pairs[owner[row, k]][0]
            raise PosemakeError(
                f"{path}: holds labels of two scorers, {other} and {scorer}, which differ in {images[row]}, {keypoint}; keep the "
                "columns of one, or give each scorer a file of their own"
            )
        joined[given, k] = values[given, pair]
        owner[given, k] = pair
    return keypoints, joined


def _drop_repeated(
    path: StrPath, grid: LabelGrid, keys: Sequence[tuple[str, str]], values: np.ndarray
) -> tuple[list[int], list[str]]:
    """Return the rows to keep, the first of each image, and notes.

    Parameters
    ----------
    path
        The label file, for messages.
    grid
        Its content.
    keys
        Folder and image of each row (N,).
    values
        (N, K, C).

    Raises
    ------
    PosemakeError
        If two rows of an image differ.
    """
    rows_of_image = defaultdict(list)
    for i, key in enumerate(keys):
        rows_of_image[key].append(i)
    repeated = {image: rows for (_, image), rows in rows_of_image.items() if len(rows) > 1}
    for image, rows in repeated.items():
        numbers = " and ".join(str(grid.rows[i].number) for i in rows)
        if any(not np.array_equal(values[rows[0]], values[i], equal_nan=True) for i in rows[1:]):
            raise PosemakeError(f"{path}: {image} has more than one row ({numbers}), and they differ; keep the right one")
    kept = [rows[0] for rows in rows_of_image.values()]
    surplus = len(keys) - len(kept)
    note = f"{count_noun(surplus, 'row')} that repeat another exactly count once ({', '.join(sorted(repeated))})"
    return kept, [note] if surplus else []


def check_grid(path: StrPath, grid: LabelGrid, coords: Sequence[str], home: str) -> GridLabels:
    """Return the labels of a file, checked.

    Parameters
    ----------
    path
        The label file, for messages.
    grid
        Its content.
    coords
        Names (C,) of the coordinates to read, x and y first; columns of others are left out.
    home
        Folder of rows that name none, where other rows name several.

    Raises
    ------
    PosemakeError
        If something is missing, ambiguous, or stands twice; the message names the place.
    """
    columns = _complete_columns(path, grid)
    positions = _find_positions(path, columns, coords)
    names = [split_row_name(path, row) for row in grid.rows]
    images = [image for _, image in names]
    keypoints, values = _join_scorers(path, list(positions), images, _read_values(path, grid, positions, coords))
    named = {folder for folder, _ in names if folder}
    default = next(iter(named)) if len(named) == 1 else home
    kept, notes = _drop_repeated(path, grid, [(folder or default, image) for folder, image in names], values)
    scorers = tuple(dict.fromkeys(scorer for scorer, _ in positions))
    if len(scorers) > 1:
        notes.append(f"holds labels of {len(scorers)} scorers ({', '.join(scorers)}), read together, as they nowhere differ")
    return GridLabels(
        scorers,
        keypoints,
        tuple(images[i] for i in kept),
        tuple(names[i][0] for i in kept),
        values[kept],
        (*grid.notes, *notes),
    )
