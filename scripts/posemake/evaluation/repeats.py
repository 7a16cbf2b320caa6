"""Comparison of a model with the repeats of its training: how certain its errors are, and whether more labels would help."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from posemake.analysis.bootstrap import bootstrap_intervals
from posemake.analysis.metrics import summarise
from posemake.config.settings import Evaluate
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.tables import read_table
from posemake.evaluation.repeat_summary import REPEATED, learning_curve_rows, summarise_repeats
from posemake.plotting.style import save_figure, style_context

TEXT = ("video", "image", "unit", "value")
SHOWN = (("mean", "C0"), ("median", "C1"))  # metrics in the figure, and their colours


@dataclass(frozen=True)
class RepeatsInputs:
    """Files that `compare_repeats` reads."""

    model: StrPath  # metrics of the model, `…/<model>/metrics.csv`
    metrics: Sequence[StrPath]  # metrics of all repeats, `…/<repeat>/metrics.csv`
    errors: Sequence[StrPath]  # errors of the folds, `…/<repeat>/errors.csv`


@dataclass(frozen=True)
class RepeatsOutputs:
    """Files that `compare_repeats` writes."""

    table: StrPath  # a row per training and per summary of several (CSV)
    figure: StrPath  # errors of the trainings (PNG)


def compare_repeats(inputs: RepeatsInputs, outputs: RepeatsOutputs, settings: Evaluate) -> None:
    """Write the test errors of a model and of its repeats.

    The table has a row per training, with the columns ``repeat``, ``kind`` (model, seed, fold, labels), ``train`` and ``test``
    (frames), ``blocks`` (units of the split) and ``n`` (points) of the test part, and its errors in pixels and PCK with their
    95 % confidence intervals. Summaries follow, in which ``repeat`` is seeds or folds, and ``kind`` is mean, sd (standard
    deviation over the trainings) or, of the folds, pooled (over all their test frames).

    Parameters
    ----------
    inputs
        Metrics and errors of the trainings.
    outputs
        Table and figure.
    settings
        Thresholds, radii and bootstrap.
    """
    metrics = ["mean", "median", "rmse", *(f"pck_{radius:g}" for radius in settings.pck)]
    trainings = [_training_row(Path(inputs.model), metrics, is_model=True)]
    trainings += [_training_row(Path(path), metrics, is_model=False) for path in inputs.metrics]
    rows = [*trainings, *summarise_repeats(pd.DataFrame(trainings), metrics)]
    if inputs.errors:
        rows.append({"repeat": "folds", "kind": "pooled", **_pool_folds(inputs.errors, settings)})
    columns = ["repeat", "kind", "train", "test", "blocks", "n"]
    columns += [f"{metric}{end}" for metric in metrics for end in ("", "_low", "_high")]
    write_rows(outputs.table, columns, ([row.get(column) for column in columns] for row in rows))
    draw_repeats(pd.DataFrame(rows, columns=columns), outputs.figure)


def _training_row(path: Path, metrics: list[str], is_model: bool) -> dict[str, Any]:
    """Return the row of one training from its metrics; its folder is called `<model>`, or `<kind>-…`."""
    table = read_table(path, TEXT)
    overall = table[(table["by"] == "all") & (table["keypoint"] == "all")].set_index("part")
    numbers = overall.drop(columns=["by", "value", "keypoint"]).astype(float)
    test = {str(column): float(value) for column, value in numbers.loc[["test"]].iloc[0].items()}
    name = path.parent.name
    row: dict[str, Any] = {"repeat": name, "kind": "model" if is_model else name.split("-")[0]}
    row |= {"train": int(numbers["frames"]["train"]), "test": int(test["frames"])}
    row |= {column: int(test[column]) for column in ("blocks", "n")}
    return row | {column: test[column] for metric in metrics for column in (metric, f"{metric}_low", f"{metric}_high")}


def _pool_folds(errors_files: Sequence[StrPath], settings: Evaluate) -> dict[str, Any]:
    """Return the metrics of the test points of all folds together; each unit of the split is tested in one fold."""
    errors = pd.concat([read_table(path, TEXT) for path in errors_files])
    test = errors[errors["part"] == "test"]
    error, units = test["error_px"].to_numpy(float), test["unit"].to_numpy(str)
    row: dict[str, Any] = {"test": len(test[["video", "image"]].drop_duplicates()), "blocks": len(set(units.tolist()))}
    row |= summarise(error, test["confidence"].to_numpy(float), settings.threshold, settings.pck)
    for metric, (low, high) in bootstrap_intervals(error, units, settings.pck, settings.bootstrap_samples, settings.seed).items():
        row |= {f"{metric}_low": low, f"{metric}_high": high}
    return row


@style_context()
def draw_repeats(table: pd.DataFrame, out: StrPath) -> None:
    """Draw seeds and folds as dots with mean and standard deviation, and the test error over the number of training frames."""
    kinds = set(table["kind"])
    repeated = {repeat: members for repeat, members in REPEATED.items() if members[-1] in kinds}
    panels = bool(repeated) + ("labels" in kinds)
    figure = Figure(figsize=(0.8 + 4.4 * panels, 4))
    panes = iter(figure.subplots(1, panels, squeeze=False)[0])
    if repeated:
        axes = next(panes)
        for place, (repeat, members) in enumerate(repeated.items()):
            summary = table[table["repeat"] == repeat].set_index("kind")
            _draw_trainings(axes, place, table[table["kind"].isin(members)], summary)
        axes.set_xticks(range(len(repeated)), list(repeated))
        axes.set(xlim=(-0.6, len(repeated) - 0.4), ylabel="test error / px", ylim=(0, None))
        axes.set_title("dots: trainings (ring: the model); bars: mean ± SD", fontsize=8)
        handles, labels = axes.get_legend_handles_labels()
        by_label = dict(zip(labels, handles))
        axes.legend(by_label.values(), by_label, frameon=False, fontsize=8, loc="lower center", ncols=len(by_label))
    if "labels" in kinds:
        _draw_learning_curve(next(panes), learning_curve_rows(table))
    save_figure(figure, out, 120)


def _draw_trainings(axes: Axes, place: int, rows: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Draw mean and median error of each training of a group side by side, and a diamond for the pooled error of folds.

    Parameters
    ----------
    axes
        Where to draw.
    place
        Position of the group on the x axis.
    rows
        Trainings of the group.
    summary
        Rows mean, sd and pooled of the group, indexed by these kinds.
    """
    for side, (metric, color) in enumerate(SHOWN):
        x = place + 0.4 * side - 0.2
        values = summary[metric].astype(float)
        face = ["none" if kind == "model" else color for kind in rows["kind"]]
        axes.scatter(x + np.linspace(-0.08, 0.08, len(rows)), rows[metric], s=22, facecolors=face, edgecolors=color, zorder=3)
        mean, sd = float(values["mean"]), float(values["sd"])
        axes.hlines(mean, x - 0.14, x + 0.14, color=color, lw=1.5, label=f"{metric} error")
        axes.errorbar(x + 0.14, mean, 0.0 if np.isnan(sd) else sd, color=color, lw=1.2, capsize=3)
        if "pooled" in summary.index:
            axes.plot(x - 0.14, values["pooled"], "D", color="0.3", ms=5, mfc="white", label="pooled")


def _draw_learning_curve(axes: Axes, curve: pd.DataFrame) -> None:
    """Draw the test error over the number of training frames."""
    frames = curve["train"].to_numpy(float)
    for metric, color in SHOWN:
        value = curve[metric].to_numpy(float)
        bounds = np.nan_to_num(np.abs(curve[[f"{metric}_low", f"{metric}_high"]].to_numpy(float).T - value))
        axes.errorbar(frames, value, bounds, fmt="o-", color=color, capsize=3, lw=1.2, ms=4, label=f"{metric} error")
    axes.set(xscale="log", yscale="log", xlabel="labelled training frames", ylabel="test error / px")
    axes.xaxis.set_minor_locator(NullLocator())
    ticks = sorted(set(frames.tolist()))
    axes.set_xticks(ticks, [f"{n:g}" for n in ticks])
    low, high = axes.get_ylim()
    # within less than a decade, powers of ten would give hardly any ticks
    axes.yaxis.set_major_locator(MaxNLocator(5) if high < 5 * low else LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("the same test frames; bars: 95 % confidence intervals", fontsize=8)
    axes.legend(frameon=False, fontsize=8)
