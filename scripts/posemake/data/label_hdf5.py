"""Label files in HDF5, as DeepLabCut and pandas write them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from posemake.core.errors import PosemakeError
from posemake.data.label_grid import LEVELS, GridRow, LabelGrid, clean_name
from posemake.data.safe_hdf5 import refuse_code


def read_hdf5_grid(path: Path) -> LabelGrid:
    """Read the content of an HDF5 file with one table.

    Raises
    ------
    PosemakeError
        If it cannot be read, or would run code.
    """
    try:
        refuse_code(path)
        table = pd.DataFrame(pd.read_hdf(path))
    except PosemakeError:
        raise
    except ImportError as error:
        raise PosemakeError(f"{path}: is HDF5, which cannot be read here ({error}); save the labels as CSV") from error
    except Exception as error:
        raise PosemakeError(f"{path}: not a label file of DeepLabCut ({type(error).__name__}: {error})") from error
    columns = [tuple(map(clean_name, column if isinstance(column, tuple) else (column,))) for column in table.columns]
    levels = tuple(map(clean_name, table.columns.names))
    names = [name if isinstance(name, tuple) else (name,) for name in table.index]
    cells = table.to_numpy().tolist()
    count = _count_name_columns(table, columns)
    if count:  # a CSV was read without an index
        is_named = columns[0] == LEVELS
        levels = LEVELS if is_named else levels
        names = [(*(() if is_named else name), *row[:count]) for name, row in zip(names, cells)]
    rows = [GridRow(number, name, row[count:]) for number, (name, row) in enumerate(zip(names, cells), 1)]
    return LabelGrid("not a label file of DeepLabCut: the levels of its columns are", levels, columns[count:], rows)


def _count_name_columns(table: pd.DataFrame, columns: Sequence[tuple[str, ...]]) -> int:
    """Return the number of the first columns that hold text and no name of a keypoint: they name the images."""
    count = 0
    for column, dtype in zip(columns, table.dtypes):
        if pd.api.types.is_numeric_dtype(dtype) or (any(column) and column != LEVELS):
            break
        count += 1
    return count
