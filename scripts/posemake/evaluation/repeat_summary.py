"""Variation of the test error over repeats of a training, as figures and in words."""

from typing import Any

import pandas as pd

# kinds of trainings whose errors are summarised together; the model counts as one of the seeds
REPEATED = {"seeds": ("model", "seed"), "folds": ("fold",)}


def summarise_repeats(rows: pd.DataFrame, metrics: list[str]) -> list[dict[str, Any]]:
    """Return mean and standard deviation over the seeds, and over the folds, where there are any.

    Parameters
    ----------
    rows
        A row per training: ``kind`` (model, seed, fold, labels), ``train`` and ``test`` (frames), and the metrics.
    metrics
        Columns to summarise.

    Returns
    -------
    list of dict
        Rows with ``repeat`` (seeds, folds), ``kind`` (mean, sd) and the metrics; rows of means also have ``train`` and ``test``.
        The standard deviation is that of a sample (n - 1), NaN for a single training.
    """
    summary: list[dict[str, Any]] = []
    for repeat, kinds in REPEATED.items():
        chosen = rows[rows["kind"].isin(kinds)]
        if kinds[-1] in set(chosen["kind"]):
            mean, sd = chosen[["train", "test", *metrics]].mean(), chosen[metrics].std(ddof=1)
            summary.append({"repeat": repeat, "kind": "mean"} | {str(name): value for name, value in mean.items()})
            summary.append({"repeat": repeat, "kind": "sd"} | {str(name): value for name, value in sd.items()})
    return summary


def learning_curve_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the trainings with a share of the labels by number of training frames, and last the model, which has all labels."""
    return pd.concat([table[table["kind"] == "labels"].sort_values("train"), table[table["kind"] == "model"]])


def describe_repeats(table: pd.DataFrame) -> list[str]:
    """Return sentences on what the table of `compare_repeats` shows."""
    kinds = set(table["kind"])
    sentences = []
    if "seed" in kinds:
        sentences.append(_describe_seeds(table))
    if "fold" in kinds:
        sentences.append(_describe_folds(table))
    if "labels" in kinds:
        sentences.append(_describe_labels(table))
    return sentences


def _value(table: pd.DataFrame, repeat: str, kind: str, column: str = "mean") -> float:
    """Return a cell of the row of a summary, such as the standard deviation over the seeds; NaN if there is no such row."""
    cells = table.loc[(table["repeat"] == repeat) & (table["kind"] == kind), column].to_numpy(float)
    return float(cells[0]) if len(cells) else float("nan")


def _describe_seeds(table: pd.DataFrame) -> str:
    trainings = int((table["kind"] == "seed").sum()) + 1
    return (
        f"Seeds: over {trainings} trainings that differ only in the seed, the mean test error is "
        f"{_value(table, 'seeds', 'mean'):.3g} px with a standard deviation of {_value(table, 'seeds', 'sd'):.2g} px. "
        "Models that differ by no more than that may be equally good."
    )


def _describe_folds(table: pd.DataFrame) -> str:
    trainings = int((table["kind"] == "fold").sum())
    pooled, low, high, frames = (_value(table, "folds", "pooled", name) for name in ("mean", "mean_low", "mean_high", "test"))
    model = table.loc[table["kind"] == "model", "mean"].to_numpy(float)[0]
    bounds = "" if low != low else f" ({low:.3g} – {high:.3g})"
    return (
        f"Cross-validation: each labelled frame was tested once, by the one of {trainings} trainings that had not seen it. "
        f"Over all {int(frames)} frames the mean error is {pooled:.3g}{bounds} px; over the folds it is "
        f"{_value(table, 'folds', 'mean'):.3g} px with a standard deviation of {_value(table, 'folds', 'sd'):.2g} px. "
        f"The model's own test part gave {model:.3g} px."
    )


def _describe_labels(table: pd.DataFrame) -> str:
    curve = learning_curve_rows(table)
    error, frames = curve["mean"].to_numpy(float), curve["train"].to_numpy(float)
    steps = ", ".join(f"{e:.3g} px with {int(n)}" for e, n in zip(error, frames))
    drop, times = error[-2] - error[-1], frames[-1] / frames[-2]
    if times > 1:
        meaning = _judge_drop(drop, _value(table, "seeds", "sd"))
    else:
        meaning = "There are too few units for a smaller share, so this shows nothing."
    return (
        f"Labels: on the same test frames, the mean error is {steps} training frames. The last step, "
        f"{times:.2g} times the frames, changed it by {-drop / error[-2]:+.0%} ({-drop:+.2g} px). {meaning}"
    )


def _judge_drop(drop: float, sd: float) -> str:
    """Return what a drop of the error in the last step of the learning curve means.

    Parameters
    ----------
    drop
        By how many pixels more training frames lowered the error.
    sd
        Standard deviation over the seeds in pixels; NaN or 0 where it is not known.
    """
    if not sd > 0:
        return "How much of that is chance is not known: set `repeats.seeds` to find out."
    chance = 2 * 2**0.5 * sd  # twice the standard deviation of the difference of two trainings
    seeds = f"(two seeds differ by up to {chance:.2g} px)"
    if drop > chance:
        return f"That is more than chance {seeds}: more labels of this kind are likely to help."
    return f"That may be chance {seeds}: nothing shows that more labels of this kind help."
