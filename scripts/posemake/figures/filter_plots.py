"""Figure of what each filter step changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posemake.config.filter_steps import Step
from posemake.config.settings import Plots
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.data.pose_summary import StepChanges, read_pose_summary
from posemake.data.tables import read_table
from posemake.plotting.colors import RGB, keypoint_colors
from posemake.plotting.style import save_figure, style_context


def _pixels(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _in_words(changes: StepChanges) -> str:
    parts = [
        f"{count_noun(count, 'point')} {what}"
        for what, count in (("removed", changes.removed), ("filled", changes.filled))
        if count
    ]
    if changes.moved_p95_px:
        parts.append(f"moved by {_pixels(changes.moved_median_px)} px (median), {_pixels(changes.moved_p95_px)} px (95 %)")
    jitter = f"jitter {_pixels(changes.jitter_before_px)} → {_pixels(changes.jitter_after_px)} px"
    rest = f"at rest {_pixels(changes.rest_jitter_before_px)} → {_pixels(changes.rest_jitter_after_px)} px"
    return f"{'; '.join(parts) or 'less than 5 % of the points moved'}\n{jitter}, {rest}"


def _step_name(number: int, step: Step) -> str:
    """Return the name by which the table of stretches calls a step."""
    return f"{number} {step.method}"


def _step_title(number: int, step: Step) -> str:
    values = {key: value for key, value in step.model_dump().items() if key != "method"}
    return ", ".join([_step_name(number, step), *(f"{key} {value}" for key, value in values.items())])


def _draw_coordinate(axes: Axes, stretch: pd.DataFrame, axis: str, color: RGB) -> None:
    """Draw one coordinate of a keypoint before and after a step.

    Parameters
    ----------
    axes
        Axes to draw into.
    stretch
        Frames with the coordinates before and after.
    axis
        x or y.
    color
        Colour of the keypoint.
    """
    before, after = f"{axis}_before", f"{axis}_after"
    was_known, known = stretch["x_before"].notna(), stretch["x_after"].notna()
    alone = known & ~known.shift(fill_value=False) & ~known.shift(-1, fill_value=False)  # a line through one point shows nothing

    def mark(where: pd.Series, column: str, **style: Any) -> None:
        axes.plot(stretch["frame"][where], stretch[column][where], ls="none", **style)

    axes.plot(stretch["frame"], stretch[before], color="0.6", lw=0.8, marker=".", ms=3, label="before")
    axes.plot(stretch["frame"], stretch[after], color=color, lw=1.4, label="after")
    mark(alone, after, marker=".", ms=3, color=color)
    mark(was_known & ~known, before, marker="x", ms=5, color="crimson", label="removed")
    mark(known & ~was_known, after, marker="o", ms=4, mfc="none", color="black", mew=0.8, label="filled")
    axes.set(ylabel=f"{axis} / px")
    if not (was_known | known).any():
        axes.text(0.5, 0.5, "no points", transform=axes.transAxes, ha="center", color="0.5")
        axes.set(xticks=[], yticks=[])


@style_context()
def plot_filter(
    stretches: StrPath, summary: StrPath, png: StrPath, settings: Plots, keypoints: Sequence[str], steps: Sequence[Step]
) -> None:
    """Draw a stretch of frames before and after each filter step, and all steps together, with the figures of the whole video.

    Parameters
    ----------
    stretches
        Table of the stretches (CSV).
    summary
        Summary of the poses (JSON).
    png
        Figure to write.
    settings
        Colour map and resolution.
    keypoints
        K names.
    steps
        Filter steps, whose settings stand in the titles.
    """
    table = read_table(stretches, text=("step", "keypoint"))
    content = read_pose_summary(summary)
    colors = dict(zip(keypoints, keypoint_colors(len(keypoints), settings.colormap)))
    rows = [
        (_step_name(number, step), _step_title(number, step), applied.changes)
        for number, (step, applied) in enumerate(zip(steps, content.steps))
    ]
    rows.append(("all", "all steps", content.all_steps))
    figure = Figure(figsize=(11, 0.7 + 2.25 * len(rows)))
    grid: np.ndarray = figure.subplots(len(rows), 2, squeeze=False)
    for (name, title, changes), pair in zip(rows, grid):
        stretch = table[table["step"] == name]
        keypoint = stretch["keypoint"].iloc[0]
        for axes, axis in zip(pair, "xy"):
            _draw_coordinate(axes, stretch, axis, colors[keypoint])
        pair[0].set_title(f"{title}: {keypoint}", loc="left", fontweight="bold", fontsize=9)
        pair[1].set_title(_in_words(changes), loc="left", fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel("frame")
    lines, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside upper center", ncols=4, frameon=False)
    save_figure(figure, png, settings.dpi)
