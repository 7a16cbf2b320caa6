"""Distances of predicted poses from the true positions in drawn videos."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd


def distances(drawn: Path, poses: Path, videos: Sequence[str]) -> np.ndarray:
    """Return the distances (T frames of all videos, K keypoints) in pixels between raw and true positions.

    Parameters
    ----------
    drawn
        Folder of the true positions, ``<video>.truth.csv``.
    poses
        Folder of the poses, ``<video>/poses.h5``.
    videos
        Videos to read.
    """
    errors = []
    for video in videos:
        truth = pd.read_csv(drawn / f"{video}.truth.csv", index_col="frame").to_numpy()
        truth = truth.reshape(len(truth), -1, 2)
        xy = pd.read_hdf(poses / video / "poses.h5").to_numpy().reshape(*truth.shape[:2], 3)[..., :2]
        errors.append(np.linalg.norm(xy - truth, axis=-1))
    return np.concatenate(errors)
