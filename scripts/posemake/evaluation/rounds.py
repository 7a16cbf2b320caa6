"""Comparison of the test errors of the rounds of labelling."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posemake.core.paths import StrPath
from posemake.core.round_path import parse_round_folder, parse_round_path
from posemake.core.tables import write_rows
from posemake.data.tables import read_table
from posemake.plotting.style import save_figure, style_context


@dataclass(frozen=True)
class RoundsInputs:
    """Files that `compare_rounds` reads, of all rounds."""

    errors: Sequence[StrPath]  # errors of each model, `…/round-<r>/<model>/errors.csv`
    splits: Sequence[StrPath]  # parts of the split of each round, `…/round-<r>/split.csv`


@dataclass(frozen=True)
class RoundsOutputs:
    """Files that `compare_rounds` writes."""

    table: StrPath  # a `RoundRow` per model and round (CSV)
    figure: StrPath  # test error over the number of labelled frames (PNG)


@dataclass(frozen=True)
class RoundRow:
    """Test error of a model in one round, in pixels.

    The columns ``same_…`` count only the test frames of the model's first round, which are in the test part of all later rounds.
    The test part of a later round also has hard frames that earlier ones lack, so its error may rise while the model improves.
    """

    model: str
    round: int
    labelled: int  # frames
    train: int  # frames
    test: int  # frames
    n: int  # test points
    mean: float
    median: float
    p95: float
    same_test: int  # frames
    same_n: int  # points
    same_mean: float
    same_median: float
    same_p95: float


COLUMNS = [field.name for field in fields(RoundRow)]


def compare_rounds(inputs: RoundsInputs, outputs: RoundsOutputs) -> None:
    """Write the test error of each round and model over the number of labelled frames.

    Parameters
    ----------
    inputs
        Errors and splits of all rounds.
    outputs
        Table and figure.
    """
    parts = {parse_round_folder(path).round: read_table(path)["part"].value_counts() for path in inputs.splits}
    models = sorted((folder.name, folder.round, path) for path in inputs.errors for folder in [parse_round_path(path)])
    rows: list[RoundRow] = []
    first: dict[str, pd.Index] = {}  # test frames of the first round of each model
    for model, number, path in models:
        errors = read_table(path, text=["video", "image"])
        test = errors[errors["part"] == "test"].set_index(["video", "image"])
        same = test[test.index.isin(first.setdefault(model, test.index))]
        n, mean, median, p95 = _metrics(test)
        same_n, same_mean, same_median, same_p95 = _metrics(same)
        rows.append(
            RoundRow(
                model=model,
                round=number,
                labelled=int(parts[number].sum()),
                train=int(parts[number].get("train", 0)),
                test=int(parts[number].get("test", 0)),
                n=n,
                mean=mean,
                median=median,
                p95=p95,
                same_test=same.index.nunique(),
                same_n=same_n,
                same_mean=same_mean,
                same_median=same_median,
                same_p95=same_p95,
            )
        )
    write_rows(outputs.table, COLUMNS, map(astuple, rows))
    draw_rounds(pd.DataFrame(rows, columns=COLUMNS), outputs.figure)


def _metrics(points: pd.DataFrame) -> tuple[int, float, float, float]:
    """Return number, mean, median and 95th percentile of errors."""
    errors = points["error_px"]
    return len(errors), float(errors.mean()), float(errors.median()), float(errors.quantile(0.95))


@style_context()
def draw_rounds(table: pd.DataFrame, out: StrPath) -> None:
    """Draw mean and median test error over the number of labelled frames, a line per model."""
    figure = Figure(figsize=(9, 3.6))
    rounds = table.drop_duplicates("round")
    ticks = [f"{labelled}\nround {number}" for labelled, number in zip(rounds["labelled"], rounds["round"])]
    for axes, metric in zip(figure.subplots(1, 2), ("mean", "median")):
        for place, (model, rows) in enumerate(table.groupby("model")):
            color = f"C{place}"
            axes.plot(rows["labelled"], rows[f"same_{metric}"], "o-", color=color, label=f"{model}, the first test frames")
            axes.plot(rows["labelled"], rows[metric], "s:", color=color, mfc="white", label=f"{model}, all test frames")
        axes.set_xticks(rounds["labelled"], ticks)
        highest = np.nanmax(table[[metric, f"same_{metric}"]].to_numpy(), initial=0.0)
        axes.set(xlabel="labelled frames", ylabel=f"{metric} test error / px", ylim=(0, 1.1 * highest or 1.0))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    save_figure(figure, out, 120)
