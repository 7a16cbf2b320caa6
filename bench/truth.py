"""How far the poses of drawn videos lie from their known positions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd


def distances(drawn: Path, poses: Path, videos: Sequence[str]) -> np.ndarray:
    """Distances in pixels (T frames of all videos, K keypoints) of the raw points in ``<poses>/<video>/poses.h5`` to
    ``<drawn>/<video>.truth.csv``."""
    found = []
    for video in videos:
        truth = pd.read_csv(drawn / f"{video}.truth.csv", index_col="frame").to_numpy()
        truth = truth.reshape(len(truth), -1, 2)
        xy = pd.read_hdf(poses / video / "poses.h5").to_numpy().reshape(*truth.shape[:2], 3)[..., :2]
        found.append(np.linalg.norm(xy - truth, axis=-1))
    return np.concatenate(found)
