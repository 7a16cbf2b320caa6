"""The stage that tells what each round of labelling brought."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posemake.core.tables import write_rows
from posemake.plotting.style import save_figure

COLUMNS = [
    "model", "round", "labelled", "train", "test", "n", "mean", "median", "p95",
    "same_test", "same_n", "same_mean", "same_median", "same_p95",
]  # fmt: skip


def _figures(errors: pd.Series) -> list[float]:
    return [len(errors), float(errors.mean()), float(errors.median()), float(errors.quantile(0.95))]


def compare_rounds(errors_files: Sequence[str], split_files: Sequence[str], table_file: str, figure_file: str) -> None:
    """Write the test error of each round and model over the number of labelled frames.

    The test part of a later round has hard frames that earlier ones lack, so that its error may rise while the model gets
    better. The columns ``same_…`` are therefore those of the test frames of the model's first round alone, which are in the test
    part of all later ones.

    Parameters
    ----------
    errors_files
        ``…/round-<r>/<model>/errors.csv``, distances by frame and keypoint.
    split_files
        ``…/round-<r>/split.csv`` of the same rounds.
    table_file
        CSV to write, a row per model and round: numbers of frames (labelled, train, test) and of test points (n), and their error
        in pixels.
    figure_file
        PNG to write.
    """
    text = {"video": str, "image": str}
    parts = {_round_of(path): pd.read_csv(path, dtype=text)["part"].value_counts() for path in map(Path, split_files)}
    found = sorted((path.parent.name, _round_of(path.parent), path) for path in map(Path, errors_files))
    rows, first = [], {}
    for model, number, path in found:
        errors = pd.read_csv(path, dtype=text, keep_default_na=False)
        test = errors[errors["part"] == "test"].set_index(["video", "image"])
        same = test[test.index.isin(first.setdefault(model, test.index))]
        frames = [int(parts[number].sum()), *(int(parts[number].get(part, 0)) for part in ("train", "test"))]
        of_same = [same.index.nunique(), *_figures(same["error_px"])]
        rows.append([model, number, *frames, *_figures(test["error_px"]), *of_same])
    write_rows(table_file, COLUMNS, rows)
    draw(pd.DataFrame(rows, columns=COLUMNS), figure_file)


def _round_of(path: Path) -> int:
    """Of ``…/round-<r>/<file or model>``."""
    return int(path.parent.name.removeprefix("round-"))


def draw(table: pd.DataFrame, figure_file: str) -> None:
    """Draw mean and median test error over the number of labelled frames, a line per model."""
    figure = Figure(figsize=(9, 3.6))
    for axes, name in zip(figure.subplots(1, 2), ("mean", "median")):
        for place, (model, of) in enumerate(table.groupby("model")):
            axes.plot(of["labelled"], of[f"same_{name}"], "o-", color=f"C{place}", label=f"{model}, the first test frames")
            axes.plot(of["labelled"], of[name], "s:", color=f"C{place}", mfc="white", label=f"{model}, all test frames")
        of_round = table.drop_duplicates("round")
        axes.set_xticks(of_round["labelled"], [f"{row.labelled}\nround {row.round}" for row in of_round.itertuples()])
        highest = np.nanmax(table[[name, f"same_{name}"]].to_numpy(), initial=0.0)
        axes.set(xlabel="labelled frames", ylabel=f"{name} test error / px", ylim=(0, 1.1 * highest or 1.0))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    save_figure(figure, figure_file, 120)
