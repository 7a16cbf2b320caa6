"""Tables of frames on which a model is likely wrong (N frames, K keypoints).

A table of one video has a row per frame, the worst first: frame, image; score, the sum of what is wrong; reasons in words; the
worst value by each criterion; x, y and likelihood of each keypoint. The table of all chosen frames has the column video before
these.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from posemake.core.paths import StrPath
from posemake.data.tables import read_table

CRITERIA = ("confidence", "jump", "deviation", "bone", "disagreement")
COORDS = ("x", "y", "likelihood")  # columns of each keypoint, as `<keypoint>.x`


def outlier_columns(keypoints: Sequence[str]) -> list[str]:
    """Return the columns of a table of one video."""
    points = [f"{keypoint}.{value}" for keypoint in keypoints for value in COORDS]
    return ["frame", "image", "score", "reasons", *CRITERIA, *points]


def read_outliers(path: StrPath) -> pd.DataFrame:
    """Read a table of one video or of all chosen frames."""
    return read_table(path, text=("video", "image", "reasons"))


def outlier_keypoints(table: pd.DataFrame) -> list[str]:
    """Return the names of the keypoints of a table."""
    return [column.removesuffix(".likelihood") for column in table.columns if column.endswith(".likelihood")]


def outlier_points(table: pd.DataFrame) -> np.ndarray:
    """Return x, y and likelihood (N, K, 3) of the rows of a table."""
    keypoints = outlier_keypoints(table)
    columns = [f"{keypoint}.{value}" for keypoint in keypoints for value in COORDS]
    return table[columns].to_numpy(float).reshape(len(table), len(keypoints), 3)
