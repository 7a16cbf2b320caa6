"""The table of all labels of a run, and its division into parts (N frames, K keypoints)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from posemake.core.paths import StrPath
from posemake.core.round_path import round_name
from posemake.core.tables import write_rows
from posemake.data.tables import read_table

KEY_COLUMNS = ["round", "video", "image", "frame"]
COORDINATES = ("x", "y", "visibility")  # columns of each keypoint, as `<keypoint>.x`
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class LabelTable:
    """Labels of all frames, one row per frame."""

    keys: pd.DataFrame  # columns round, video, image, frame
    keypoints: list[str]  # in the order of the config
    xy: np.ndarray  # (N, K, 2) in pixels of the frame, NaN where there is no position
    visibility: np.ndarray  # (N, K) int8, values of `Visibility`


@dataclass(frozen=True)
class Labelled:
    """All labelled frames with their parts of the split."""

    keys: pd.DataFrame  # columns round, video, image, frame
    paths: np.ndarray  # (N,) of the images
    parts: np.ndarray  # (N,) of PARTS
    keypoints: list[str]
    xy: np.ndarray  # (N, K, 2) in pixels of the frame, NaN where there is no position
    visibility: np.ndarray  # (N, K) int8, values of `Visibility`; VISIBLE where there is a position


def read_label_table(path: StrPath) -> LabelTable:
    """Read a table of labels that `write_label_table` wrote."""
    table = read_table(path, text=("video", "image"))
    keypoints = [name.removesuffix(".x") for name in table.columns if name.endswith(".x")]
    columns = [f"{keypoint}.{axis}" for keypoint in keypoints for axis in "xy"]
    xy = table[columns].to_numpy(float).reshape(len(table), len(keypoints), 2)
    visibility = table[[f"{keypoint}.visibility" for keypoint in keypoints]].to_numpy(np.int8)
    return LabelTable(table[KEY_COLUMNS], keypoints, xy, visibility)


def write_label_table(path: StrPath, table: LabelTable) -> None:
    """Write a table of labels as CSV: round, video, image, frame; x, y and visibility of each keypoint."""
    columns = [f"{keypoint}.{name}" for keypoint in table.keypoints for name in COORDINATES]
    values = [
        [value for (x, y), visibility in zip(xy, seen) for value in (x, y, visibility)]
        for xy, seen in zip(table.xy.tolist(), table.visibility.tolist())
    ]
    rows = ([*key, *cells] for key, cells in zip(table.keys[KEY_COLUMNS].itertuples(index=False), values))
    write_rows(path, [*KEY_COLUMNS, *columns], rows)


def read_labelled(labels_file: StrPath, split_file: StrPath, labels_dir: StrPath) -> Labelled:
    """Read the labels of all frames with their parts of the split.

    Parameters
    ----------
    labels_file
        Table of labels (CSV).
    split_file
        Table of the split (CSV), with its rows in the same order.
    labels_dir
        Folder of the rounds that hold the images.
    """
    table = read_label_table(labels_file)
    parts = pd.read_csv(split_file, dtype={"video": str, "image": str})["part"].to_numpy()
    names = zip(*(table.keys[column].tolist() for column in ("round", "video", "image")))
    paths = np.array([f"{labels_dir}/{round_name(number)}/{video}/{image}" for number, video, image in names])
    return Labelled(table.keys, paths, parts, table.keypoints, table.xy, table.visibility)
