"""Calibration of the confidence: how often points of a confidence are correct (N points)."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

MIN_PASSING = 20  # points that a suggested threshold rests on, at least
BINS = 10  # bins of the confidence


class ReliabilityBin(TypedDict):
    """Points whose confidence lies in a bin."""

    low: float  # edges of the bin
    high: float
    n: int  # points
    confidence: float  # mean; NaN where n is 0
    correct: float  # share of correct points; NaN where n is 0


class Threshold(TypedDict):
    """A confidence threshold, and the points that pass it."""

    threshold: float | None  # None where none is suggested
    points: int  # all points
    passing: int  # points at or above the threshold
    correct: float | None  # share of the passing points that are correct


def reliability_bins(confidence: np.ndarray, correct: np.ndarray) -> list[ReliabilityBin]:
    """Return the share of correct points in `BINS` equal bins of the confidence (reliability diagram of Guo et al. 2017)."""
    edges = np.linspace(0, 1, BINS + 1)
    place = np.clip(np.digitize(confidence, edges) - 1, 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(place, confidence, BINS) / count
        share_correct = np.bincount(place, np.asarray(correct, float), BINS) / count
    return [
        ReliabilityBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            n=int(count[i]),
            confidence=float(mean_confidence[i]),
            correct=float(share_correct[i]),
        )
        for i in range(BINS)
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the mean over points of the difference of confidence and share of correct points in their bin (Guo et al. 2017)."""
    filled = [row for row in bins if row["n"]]
    total = sum(row["n"] for row in filled)
    return sum(row["n"] * abs(row["confidence"] - row["correct"]) for row in filled) / total if total else float("nan")


def suggest_threshold(confidence: np.ndarray, correct: np.ndarray, share: float) -> Threshold:
    """Find the lowest confidence threshold that keeps a share of correct points.

    Parameters
    ----------
    confidence
        (N,) of the points.
    correct
        (N,) bool.
    share
        Share of the points at or above the threshold that are correct, at least.

    Returns
    -------
    Threshold
        Without a threshold if none keeps the share with `MIN_PASSING` points or more.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, right = confidence[order], np.asarray(correct, float)[order].cumsum()
    passing = np.arange(1, len(ranked) + 1)
    last = np.append(ranked[:-1] != ranked[1:], True)[: len(ranked)]  # points of equal confidence pass together
    good = np.flatnonzero(last & (passing >= MIN_PASSING) & (right >= share * passing - 1e-9))
    if not len(good):
        return Threshold(threshold=None, points=len(ranked), passing=0, correct=None)
    at = good[-1]
    return Threshold(
        threshold=float(ranked[at]), points=len(ranked), passing=int(passing[at]), correct=float(right[at] / passing[at])
    )
