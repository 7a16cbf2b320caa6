"""Proposed positions of keypoints, which become labels only when a person accepts them (K keypoints)."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Proposals(NamedTuple):
    """Proposed positions on one frame."""

    xy: np.ndarray  # (K, 2) in pixels, NaN where none is proposed
    confidence: np.ndarray  # (K,), NaN where it is unknown

    def masked(self, hidden: np.ndarray) -> "Proposals":
        """Return the proposals without those of some keypoints (K,)."""
        return Proposals(np.where(hidden[:, None], np.nan, self.xy), np.where(hidden, np.nan, self.confidence))


def no_proposals(keypoints: int) -> Proposals:
    """Return the proposals of a frame that has none."""
    return Proposals(np.full((keypoints, 2), np.nan), np.full(keypoints, np.nan))


class ProposalTable:
    """Proposals of all frames: a model's, until others replace them.

    Parameters
    ----------
    predicted
        The model's proposals by index of the frame; others have none.
    keypoints
        Number of keypoints.
    """

    def __init__(self, predicted: Mapping[int, Proposals], keypoints: int) -> None:
        self._proposals = dict(predicted)
        self._keypoints = keypoints

    def get(self, frame: int) -> Proposals:
        """Return the proposals of a frame."""
        return self._proposals.get(frame) or no_proposals(self._keypoints)

    def add(self, frame: int, xy: np.ndarray) -> None:
        """Propose positions (K, 2) on a frame; where they are NaN, its earlier proposals stay."""
        earlier, known = self.get(frame), np.isfinite(xy).all(1)
        confidence = np.where(known, np.nan, earlier.confidence)
        self._proposals[frame] = Proposals(np.where(known[:, None], xy, earlier.xy), confidence)

    def remove(self, frame: int) -> None:
        """Propose nothing on a frame any more."""
        self._proposals[frame] = no_proposals(self._keypoints)
