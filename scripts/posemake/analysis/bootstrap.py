"""Confidence intervals of errors by bootstrap over blocks of frames (N points in U blocks)."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

MIN_BLOCKS = 5  # blocks; fewer do not show how much blocks differ


MIN_BLOCKS_OF_GROUP = 3  # blocks; smaller groups are not compared


MAX_CELLS = 4_000_000  # elements of the largest array in memory at once


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
