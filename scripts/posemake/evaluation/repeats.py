"""The stage that compares the repeats of a training: how sure the figures of a model are, and whether more labels would help."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from posemake.analysis.metrics import summarise
from posemake.analysis.uncertainty import intervals
from posemake.config.settings import Evaluate, make
from posemake.core.tables import write_rows
from posemake.evaluation.repeat_summary import curve_of, summaries
from posemake.plotting.style import save_figure

TEXT = dict.fromkeys(("video", "image", "unit", "value"), str)


def compare_repeats(
    metrics_files: Sequence[str], errors_files: Sequence[str], table_file: str, figure_file: str, settings: dict[str, Any]
) -> None:
    """Write the test errors of a model and of its repeats.

    Parameters
    ----------
    metrics_files
        ``…/<model>/metrics.csv``, then ``…/<repeat>/metrics.csv`` of all repeats.
    errors_files
        ``…/<repeat>/errors.csv`` of the folds.
    table_file
        CSV to write, a row per training: ``repeat``, ``kind`` (model, seed, fold, labels), ``train`` and ``test`` (frames),
        ``blocks`` (units of the split) and ``n`` (points) of the test part, its errors in pixels and PCK with the ends of their
        95 % confidence intervals; then ``seeds`` and ``folds`` with the kinds mean, sd (standard deviation over the trainings)
        and, of the folds, pooled (over all their test frames).
    figure_file
        PNG to write.
    settings
        Of `Evaluate`.
    """
    wanted = make(Evaluate, settings)
    figures = ["mean", "median", "rmse", *(f"pck_{radius:g}" for radius in wanted.pck)]
    rows = [_row(Path(path), figures, is_model=not place) for place, path in enumerate(metrics_files)]
    summed = summaries(pd.DataFrame(rows), figures)
    if errors_files:
        summed.append({"repeat": "folds", "kind": "pooled", **_pooled(errors_files, wanted)})
    columns = ["repeat", "kind", "train", "test", "blocks", "n", *(f"{f}{end}" for f in figures for end in ("", "_low", "_high"))]
    write_rows(table_file, columns, ([row.get(column) for column in columns] for row in [*rows, *summed]))
    draw(pd.DataFrame([*rows, *summed], columns=columns), figure_file)


def _row(path: Path, figures: list[str], is_model: bool) -> dict[str, Any]:
    metrics = pd.read_csv(path, dtype=TEXT, keep_default_na=False, na_values=[""])
    whole = metrics[(metrics["by"] == "all") & (metrics["keypoint"] == "all")].set_index("part")
    test, name = whole.loc["test"], path.parent.name
    found = {"repeat": name, "kind": "model" if is_model else name.split("-")[0], "train": int(whole.loc["train", "frames"])}
    found |= {"test": int(test["frames"]), "blocks": int(test["blocks"]), "n": int(test["n"])}
    return found | {column: float(test[column]) for f in figures for column in (f, f"{f}_low", f"{f}_high")}


def _pooled(errors_files: Sequence[str], wanted: Evaluate) -> dict[str, Any]:
    """Figures of the test points of all folds together; each unit of the split is tested in one of them, and can be drawn."""
    every = pd.concat([pd.read_csv(path, dtype=TEXT, keep_default_na=False) for path in errors_files])
    test = every[every["part"] == "test"]
    error, unit = test["error_px"].to_numpy(float), test["unit"].to_numpy(str)
    found = {"test": len(test[["video", "image"]].drop_duplicates()), "blocks": len(set(unit.tolist()))}
    found |= summarise(error, test["confidence"].to_numpy(float), wanted.threshold, wanted.pck)
    for figure, bounds in intervals(error, unit, wanted.pck, wanted.draws, wanted.seed).items():
        found |= dict(zip((f"{figure}_low", f"{figure}_high"), bounds))
    return found


def draw(table: pd.DataFrame, figure_file: str) -> None:
    """Draw seeds and folds as dots with mean and standard deviation, and the test error over the number of training frames."""
    kinds, summed = set(table["kind"]), table.set_index(["repeat", "kind"])
    groups = [
        (name, of) for name, kind, of in (("seeds", "seed", ("model", "seed")), ("folds", "fold", ("fold",))) if kind in kinds
    ]
    panels = bool(groups) + ("labels" in kinds)
    figure = Figure(figsize=(0.8 + 4.4 * panels, 4))
    panes = iter(figure.subplots(1, panels, squeeze=False)[0])
    if groups:
        axes = next(panes)
        for place, (name, of) in enumerate(groups):
            _draw_dots(axes, place, table[table["kind"].isin(of)], summed.loc[name])
        axes.set_xticks(range(len(groups)), [name for name, _ in groups])
        axes.set(xlim=(-0.6, len(groups) - 0.4), ylabel="test error / px", ylim=(0, None))
        axes.set_title("dots: trainings (ring: the model); bars: mean ± SD", fontsize=8)
        by_label = dict(zip(*axes.get_legend_handles_labels()[::-1]))
        axes.legend(by_label.values(), by_label, frameon=False, fontsize=8, loc="lower center", ncols=len(by_label))
    if "labels" in kinds:
        _draw_curve(next(panes), curve_of(table))
    save_figure(figure, figure_file, 120)


def _draw_dots(axes: Any, place: int, rows: pd.DataFrame, summed: pd.DataFrame) -> None:
    """Mean and median error of each training of a group, side by side, and a diamond for the folds' pooled error."""
    for side, (figure, color) in enumerate((("mean", "C0"), ("median", "C1"))):
        at = place + 0.4 * side - 0.2
        face = ["none" if kind == "model" else color for kind in rows["kind"]]
        axes.scatter(at + np.linspace(-0.08, 0.08, len(rows)), rows[figure], s=22, facecolors=face, edgecolors=color, zorder=3)
        mean, sd = summed.loc["mean", figure], summed.loc["sd", figure]
        axes.hlines(mean, at - 0.14, at + 0.14, color=color, lw=1.5, label=f"{figure} error")
        axes.errorbar(at + 0.14, mean, 0.0 if np.isnan(sd) else sd, color=color, lw=1.2, capsize=3)
        if "pooled" in summed.index:
            axes.plot(at - 0.14, summed.loc["pooled", figure], "D", color="0.3", ms=5, mfc="white", label="pooled")


def _draw_curve(axes: Any, curve: pd.DataFrame) -> None:
    for figure, color in (("mean", "C0"), ("median", "C1")):
        value = curve[figure].to_numpy(float)
        bounds = np.nan_to_num(np.abs(curve[[f"{figure}_low", f"{figure}_high"]].to_numpy(float).T - value))
        axes.errorbar(curve["train"], value, bounds, fmt="o-", color=color, capsize=3, lw=1.2, ms=4, label=f"{figure} error")
    axes.set(xscale="log", yscale="log", xlabel="labelled training frames", ylabel="test error / px")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sorted(set(curve["train"])), [f"{n:g}" for n in sorted(set(curve["train"]))])
    low, high = axes.get_ylim()
    # within less than a decade, powers of ten would be hardly any ticks
    axes.yaxis.set_major_locator(MaxNLocator(5) if high < 5 * low else LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("the same test frames; bars: 95 % confidence intervals", fontsize=8)
    axes.legend(frameon=False, fontsize=8)
