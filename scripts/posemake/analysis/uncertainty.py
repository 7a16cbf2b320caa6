"""How far the figures of an evaluation can be trusted (N points in U blocks of frames, D draws)."""

from typing import Any

import numpy as np

MIN_BLOCKS = 5  # fewer tell too little of how blocks differ for an interval
MIN_BLOCKS_OF_GROUP = 3
MIN_PASSING = 20  # points that a threshold has to rest on
BINS = 10
CELLS = 4_000_000  # of the largest array held at once


def intervals(
    error: np.ndarray, block: np.ndarray, radii: tuple[float, ...], draws: int, seed: int
) -> dict[str, tuple[float, float]]:
    """95 % confidence intervals by the percentile bootstrap (Efron & Tibshirani 1993, chapter 13).

    Whole blocks are drawn with replacement, since frames of one block resemble each other (chapter 8 there).

    Parameters
    ----------
    error
        (N,) distances in pixels.
    block
        (N,) the block of each.
    radii
        Of ``pck_<radius>``, in pixels.

    Returns
    -------
    dict
        (low, high) of ``mean``, ``rmse``, ``median`` and each ``pck_<radius>``; both NaN with fewer than MIN_BLOCKS blocks.
    """
    names = ["mean", "rmse", "median", *(f"pck_{r:g}" for r in radii)]
    _, of = np.unique(np.asarray(block, str), return_inverse=True)
    units = int(of.max()) + 1 if len(of) else 0
    if units < MIN_BLOCKS:
        return dict.fromkeys(names, (float("nan"), float("nan")))
    times = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), draws)  # (D, U), how often each is drawn
    parts = [np.ones_like(error), error, error**2, *(error <= r for r in radii)]
    count, total, squares, *hits = (times @ np.bincount(of, part, units) for part in parts)
    found = {"mean": total / count, "rmse": np.sqrt(squares / count), "median": _medians(error, of, times)}
    found |= {f"pck_{r:g}": h / count for r, h in zip(radii, hits)}
    return {name: tuple(np.percentile(found[name], (2.5, 97.5)).tolist()) for name in names}


def _medians(error: np.ndarray, of: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Median (D,) of the points of each draw, each point as often as its block is drawn."""
    order = np.argsort(error)
    ranked, of = error[order], of[order]
    found = []
    for some in np.array_split(times, max(1, -(-times.shape[0] * len(error) // CELLS))):
        until = some[:, of].cumsum(1)
        size = until[:, -1]
        middle = [(until <= place[:, None]).sum(1) for place in ((size - 1) // 2, size // 2)]
        found.append((ranked[middle[0]] + ranked[middle[1]]) / 2)
    return np.concatenate(found)


def reliability(confidence: np.ndarray, correct: np.ndarray) -> list[dict[str, float]]:
    """Share of right points by confidence, in BINS equal bins of 0 … 1 (the reliability diagram of Guo et al. 2017).

    Returns
    -------
    list
        Per bin: ``low``, ``high``, ``n``, mean ``confidence`` and share ``correct`` (NaN where n is 0).
    """
    edges = np.linspace(0, 1, BINS + 1)
    place = np.clip(np.digitize(confidence, edges) - 1, 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(place, values, BINS) / count for values in (confidence, np.asarray(correct, float))]
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), count.tolist(), *(mean.tolist() for mean in means))
    return [dict(zip(("low", "high", "n", "confidence", "correct"), row)) for row in rows]


def calibration_error(bins: list[dict[str, float]]) -> float:
    """Expected calibration error (Guo et al. 2017): the mean over points of how far confidence and share of right ones differ."""
    there = [row for row in bins if row["n"]]
    total = sum(row["n"] for row in there)
    return sum(row["n"] * abs(row["confidence"] - row["correct"]) for row in there) / total if total else float("nan")


def suggest_threshold(confidence: np.ndarray, correct: np.ndarray, share: float) -> dict[str, Any]:
    """The lowest confidence from which on at least a share of the points is right.

    Returns
    -------
    dict
        ``threshold`` (None if there is none that MIN_PASSING points or more pass), ``points`` (all), ``passing`` and
        ``correct`` (their number, and the share of right ones).
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, right = confidence[order], np.asarray(correct, float)[order].cumsum()
    passing = np.arange(1, len(ranked) + 1)
    last = np.append(ranked[:-1] != ranked[1:], True)[: len(ranked)]  # a threshold takes all points of one confidence, or none
    good = np.flatnonzero(last & (passing >= MIN_PASSING) & (right >= share * passing - 1e-9))
    if not len(good):
        return {"threshold": None, "points": len(ranked), "passing": 0, "correct": None}
    at = good[-1]
    return {
        "threshold": float(ranked[at]),
        "points": len(ranked),
        "passing": int(passing[at]),
        "correct": float(right[at] / passing[at]),
    }


def compare_groups(error: np.ndarray, block: np.ndarray, group: np.ndarray) -> dict[str, Any]:
    """Whether the error differs between groups: Kruskal–Wallis over the mean errors of blocks (Kruskal & Wallis 1952).

    Points (N,) without a group (empty) count nowhere.

    Returns
    -------
    dict
        ``groups`` (name: number of blocks), ``median`` (name: median of their means in pixels), ``statistic``, ``p``,
        ``epsilon_squared`` (effect size H / (n - 1), Tomczak & Tomczak 2014), and ``note``: why the last three are missing.
    """
    from scipy.stats import kruskal

    means = {
        name: [float(error[(group == name) & (block == one)].mean()) for one in np.unique(block[group == name])]
        for name in sorted(set(group[group != ""].tolist()))
    }
    found: dict[str, Any] = {
        "groups": {name: len(values) for name, values in means.items()},
        "median": {name: float(np.median(values)) for name, values in means.items()},
        "statistic": None,
        "p": None,
        "epsilon_squared": None,
        "note": "",
    }
    few = [name for name, values in means.items() if len(values) < MIN_BLOCKS_OF_GROUP]
    if len(means) < 2:
        found["note"] = "fewer than two groups have test frames"
    elif few:
        found["note"] = f"fewer than {MIN_BLOCKS_OF_GROUP} test blocks in {', '.join(few)}"
    elif len({value for values in means.values() for value in values}) == 1:
        found["note"] = "all blocks have the same error"
    else:
        statistic, p = kruskal(*means.values())
        size = sum(map(len, means.values()))
        found |= {"statistic": float(statistic), "p": float(p), "epsilon_squared": float(statistic) / (size - 1)}
    return found
