"""Uncertainty of the figures of an evaluation, and calibration of the confidence (N points in U blocks of frames)."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

MIN_BLOCKS = 5  # blocks; fewer do not show how much blocks differ
MIN_BLOCKS_OF_GROUP = 3  # blocks; smaller groups are not compared
MIN_PASSING = 20  # points that a suggested threshold rests on, at least
BINS = 10  # bins of the confidence
MAX_CELLS = 4_000_000  # elements of the largest array in memory at once


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


class Comparison(TypedDict):
    """A comparison of the errors of groups."""

    groups: dict[str, int]  # number of blocks
    median: dict[str, float]  # median of the mean errors of the blocks in pixels
    statistic: float | None  # H of Kruskal and Wallis
    p: float | None
    epsilon_squared: float | None  # effect size H / (n - 1), Tomczak & Tomczak 2014
    note: str  # why the last three are missing


def bootstrap_intervals(
    error: np.ndarray, block: np.ndarray, radii: Sequence[float], samples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Compute 95 % confidence intervals by the percentile bootstrap (Efron & Tibshirani 1993, chapter 13).

    Whole blocks are drawn with replacement, since frames of one block resemble each other (chapter 8 there).

    Parameters
    ----------
    error
        (N,) distances in pixels.
    block
        (N,) block of each point.
    radii
        Radii in pixels of ``pck_<radius>``.
    samples
        Number of bootstrap samples.
    seed
        Seed of the random draws.

    Returns
    -------
    dict
        (low, high) of ``mean``, ``rmse``, ``median`` and each ``pck_<radius>``; both NaN with fewer than `MIN_BLOCKS` blocks.
    """
    names = ["mean", "rmse", "median", *(f"pck_{r:g}" for r in radii)]
    _, unit = np.unique(np.asarray(block, str), return_inverse=True)
    units = int(unit.max()) + 1 if len(unit) else 0
    if units < MIN_BLOCKS:
        return dict.fromkeys(names, (float("nan"), float("nan")))
    # (samples, U): how often each block is drawn
    draws = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), samples)
    values = [np.ones_like(error), error, error**2, *(error <= r for r in radii)]
    count, total, squares, *within = (draws @ np.bincount(unit, value, units) for value in values)
    figures = {"mean": total / count, "rmse": np.sqrt(squares / count), "median": _sample_medians(error, unit, draws)}
    figures |= {f"pck_{r:g}": hits / count for r, hits in zip(radii, within)}
    intervals = {}
    for name in names:
        low, high = np.percentile(figures[name], (2.5, 97.5)).tolist()
        intervals[name] = (low, high)
    return intervals


def _sample_medians(error: np.ndarray, unit: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the median error (S,) of bootstrap samples, in which each point occurs as often as its block.

    Parameters
    ----------
    error, unit
        (N,) errors, and numbers of their blocks.
    draws
        (S, U) how often each block is drawn.
    """
    order = np.argsort(error)
    ranked, unit = error[order], unit[order]
    medians = []
    for batch in np.array_split(draws, max(1, -(-draws.shape[0] * len(error) // MAX_CELLS))):
        cumulative = batch[:, unit].cumsum(1)  # points up to each rank
        size = cumulative[:, -1]
        lower, upper = ((cumulative <= rank[:, None]).sum(1) for rank in ((size - 1) // 2, size // 2))
        medians.append((ranked[lower] + ranked[upper]) / 2)
    return np.concatenate(medians)


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


def compare_groups(error: np.ndarray, block: np.ndarray, group: np.ndarray) -> Comparison:
    """Test whether the error differs between groups, by the mean errors of blocks (Kruskal & Wallis 1952).

    Parameters
    ----------
    error
        (N,) distances in pixels.
    block
        (N,) block of each point.
    group
        (N,) group of each point; points with an empty one are left out.
    """
    from scipy.stats import kruskal

    means = {
        name: [float(error[(group == name) & (block == one)].mean()) for one in np.unique(block[group == name])]
        for name in sorted(set(group[group != ""].tolist()))
    }
    comparison = Comparison(
        groups={name: len(values) for name, values in means.items()},
        median={name: float(np.median(values)) for name, values in means.items()},
        statistic=None,
        p=None,
        epsilon_squared=None,
        note="",
    )
    small = [name for name, values in means.items() if len(values) < MIN_BLOCKS_OF_GROUP]
    if len(means) < 2:
        comparison["note"] = "fewer than two groups have test frames"
    elif small:
        comparison["note"] = f"fewer than {MIN_BLOCKS_OF_GROUP} test blocks in {', '.join(small)}"
    elif len({value for values in means.values() for value in values}) == 1:
        comparison["note"] = "all blocks have the same error"
    else:
        statistic, p = kruskal(*means.values())
        blocks = sum(map(len, means.values()))
        comparison["statistic"], comparison["p"] = float(statistic), float(p)
        comparison["epsilon_squared"] = float(statistic) / (blocks - 1)
    return comparison
