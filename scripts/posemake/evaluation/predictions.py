"""Predictions on the labelled frames, beside their labels (N frames, K keypoints)."""

from dataclasses import dataclass

import numpy as np

from posemake.analysis.metrics import distances
from posemake.core.log import progress
from posemake.data.images import read_image
from posemake.data.label_table import Labelled
from posemake.networks.torch_runtime import Predictor


@dataclass(frozen=True)
class Predictions:
    """Labelled frames and what a model predicts in them."""

    frames: Labelled
    units: np.ndarray  # (N,) unit of the split that each frame belongs to
    xy: np.ndarray  # (N, K, 2) predicted positions in pixels of the frame
    confidence: np.ndarray  # (N, K)
    error: np.ndarray  # (N, K) distances to the labels in pixels, NaN where there is no label

    @property
    def videos(self) -> np.ndarray:
        """The video (N,) of each frame."""
        return self.frames.keys["video"].to_numpy(str)


def predict_labelled(predictor: Predictor, frames: Labelled, units: np.ndarray) -> Predictions:
    """Predict the keypoints of all labelled frames.

    Frames are predicted one by one: their sizes differ between videos, and a batch would change the last digits.

    Parameters
    ----------
    predictor
        The model.
    frames
        Labelled frames, whose images are read.
    units
        (N,) unit of the split that each frame belongs to.

    Returns
    -------
    Predictions
        Positions, confidences and errors of all frames.
    """
    xy, confidence = np.empty_like(frames.xy), np.empty(frames.xy.shape[:2])
    for n, path in enumerate(progress(frames.paths.tolist(), len(frames.paths), "labelled frames")):
        xy[n : n + 1], confidence[n : n + 1] = predictor([read_image(path)])
    return Predictions(frames, units, xy, confidence, distances(xy, frames.xy))
