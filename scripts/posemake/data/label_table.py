"""data.label_table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

KEY_COLUMNS = ["round", "video", "image", "frame"]
UNSEEN = "unseen"  # column of the table: keypoints that a person marked as occluded or absent
PARTS = ("train", "validation", "test")


def read_table(path: str | Path) -> tuple[pd.DataFrame, list[str], np.ndarray]:
    """Read the table of all labels that ``collect_labels`` writes.

    Returns
    -------
    keys
        Columns round, video, image, frame; one row per labelled frame.
    keypoints
        Their names, in the order of the config.
    xy
        (N, K, 2) in pixels of the frame, NaN where a keypoint is not there.
    """
    return _points_of(_read(path))


def _read(path: str | Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"video": str, "image": str, UNSEEN: str}, keep_default_na=False, na_values=[""])


def _points_of(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], np.ndarray]:
    keypoints = [name.removesuffix(".x") for name in table.columns if name.endswith(".x")]
    columns = [f"{part}.{axis}" for part in keypoints for axis in "xy"]
    xy = table[columns].to_numpy(float).reshape(len(table), len(keypoints), 2)
    return table[KEY_COLUMNS], keypoints, xy


@dataclass(frozen=True)
class Labelled:
    """All labelled frames with their parts of the split."""

    keys: pd.DataFrame  # columns round, video, image, frame
    paths: np.ndarray  # (N,) of the images
    parts: np.ndarray  # (N,) of PARTS
    keypoints: list[str]
    xy: np.ndarray  # (N, K, 2) in pixels of the frame, NaN where a keypoint is not there
    unseen: np.ndarray  # (N, K) of "", "occluded", "absent": what a person said of a keypoint without position


def read_labelled(labels_file: str | Path, split_file: str | Path, labels_dir: str | Path) -> Labelled:
    """Read the table of labels and the split, which has its rows in the same order."""
    table = _read(labels_file)
    keys, keypoints, xy = _points_of(table)
    parts = pd.read_csv(split_file, dtype={"video": str, "image": str})["part"].to_numpy()
    paths = np.array([f"{labels_dir}/round-{row.round}/{row.video}/{row.image}" for row in keys.itertuples()])
    return Labelled(keys, paths, parts, keypoints, xy, unseen_of(table, keypoints))


def unseen_of(table: pd.DataFrame, keypoints: list[str]) -> np.ndarray:
    """What a person said of the keypoints without position, (N, K) of ``""``, ``occluded``, ``absent``, in a table of labels."""
    cells = table[UNSEEN].fillna("") if UNSEEN in table else [""] * len(table)
    told = [dict(word.split(":") for word in cell.split()) for cell in cells]
    return np.array([[words.get(name, "") for name in keypoints] for words in told], object).reshape(len(table), len(keypoints))
