"""How the test error spreads over repeats of a training, and what that says in words."""

from typing import Any

import pandas as pd


def summaries(rows: pd.DataFrame, figures: list[str]) -> list[dict[str, Any]]:
    """Mean and standard deviation over the seeds (the model itself is one of them), and over the folds, where there are any.

    Parameters
    ----------
    rows
        One per training: ``kind`` (model, seed, fold, labels), ``train`` and ``test`` (frames), and the figures.
    figures
        Columns to sum up.

    Returns
    -------
    list
        Rows with ``repeat`` (seeds, folds), ``kind`` (mean, sd) and what was summed up; the deviation is that of a sample
        (n - 1), and missing for a single one.
    """
    found = []
    for name, kinds in (("seeds", ("model", "seed")), ("folds", ("fold",))):
        of = rows[rows["kind"].isin(kinds)]
        if kinds[-1] in set(of["kind"]):
            counted = of[["train", "test"]].mean().to_dict()
            found.append({"repeat": name, "kind": "mean", **counted, **of[figures].mean().to_dict()})
            found.append({"repeat": name, "kind": "sd", **of[figures].std(ddof=1).to_dict()})
    return found


def curve_of(table: pd.DataFrame) -> pd.DataFrame:
    """The trainings with a share of the labels, by number of training frames; the model, with all of them, stands last."""
    return pd.concat([table[table["kind"] == "labels"].sort_values("train"), table[table["kind"] == "model"]])


def findings(table: pd.DataFrame) -> list[str]:
    """What the table of repeats says, in sentences.

    Parameters
    ----------
    table
        Of ``compare_repeats``.
    """
    by = {(row.repeat, row.kind): row for row in table.itertuples()}
    model = table[table["kind"] == "model"].iloc[0]
    count = table["kind"].value_counts()
    found = []
    if ("seeds", "mean") in by:
        mean, sd = by["seeds", "mean"].mean, by["seeds", "sd"].mean
        found.append(
            f"Seeds: over {count['seed'] + 1} trainings that differ in nothing but the seed, the mean test error is {mean:.3g} "
            f"px with a standard deviation of {sd:.2g} px. Models that differ by no more may be equally good."
        )
    if ("folds", "mean") in by:
        mean, sd, pooled = by["folds", "mean"].mean, by["folds", "sd"].mean, by["folds", "pooled"]
        bounds = "" if pooled.mean_low != pooled.mean_low else f" ({pooled.mean_low:.3g} – {pooled.mean_high:.3g})"
        found.append(
            f"Cross-validation: each labelled frame was tested once, by that of {count['fold']} trainings that never saw it. "
            f"Over all {int(pooled.test)} frames the mean error is {pooled.mean:.3g}{bounds} px; over the folds it is {mean:.3g} "
            f"px with a standard deviation of {sd:.2g} px. The model's own test part gave {model['mean']:.3g} px."
        )
    if "labels" in count:
        curve = curve_of(table)
        steps = ", ".join(f"{row.mean:.3g} px with {int(row.train)}" for row in curve.itertuples())
        before, last = curve.iloc[-2], curve.iloc[-1]
        fell, times = before["mean"] - last["mean"], last["train"] / before["train"]
        sd = by["seeds", "sd"].mean if ("seeds", "sd") in by else None
        judged = _judged(fell, sd) if times > 1 else "Units are too few for a smaller share: nothing follows from it."
        found.append(
            f"Labels: on the same test frames, the mean error is {steps} training frames. The last step, "
            f"{times:.2g} times the frames, changed it by {-fell / before['mean']:+.0%} ({-fell:+.2g} px). " + judged
        )
    return found


def _judged(fell: float, sd: float | None) -> str:
    """What a fall of the error (pixels) in the last step of the learning curve means, beside the deviation over seeds."""
    if not sd:
        return "What chance alone does is not known: `repeats.seeds` tells it."
    chance = 2 * 2**0.5 * sd  # twice the standard deviation of the difference of two trainings
    if fell > chance:
        return (
            f"Chance hardly does that (two seeds differ by up to {chance:.2g} px): more labels of this kind are likely to help."
        )
    return (
        f"Chance alone can do that (two seeds differ by up to {chance:.2g} px): nothing shows that more labels of this kind help."
    )
