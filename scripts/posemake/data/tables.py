"""Reading of CSV tables."""

from collections.abc import Iterable

import pandas as pd

from posemake.core.paths import StrPath


def read_table(path: StrPath, text: Iterable[str] = ()) -> pd.DataFrame:
    """Read a CSV table of posemake.

    Only empty cells are missing values: a video, subject or group may be called NA or 007.

    Parameters
    ----------
    path
        CSV to read.
    text
        Columns that hold text whatever it looks like, such as ``video``; the table need not have all of them.

    Returns
    -------
    DataFrame
        The table.
    """
    return pd.read_csv(path, dtype=dict.fromkeys(text, str), keep_default_na=False, na_values=[""])
