"""A figure of what each step of the filter changed."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posemake.config.settings import Plots, make
from posemake.core.json_files import read_json
from posemake.plotting.style import keypoint_colors, save_figure


def _words(told: dict[str, Any]) -> str:
    """The figures of a step, in words."""

    def px(name):
        return "–" if told[name] is None else f"{told[name]:.2f}"

    what = [f"{told[key]} points {key}" for key in ("removed", "filled") if told[key]]
    if told["moved_p95_px"]:
        what.append(f"moved by {px('moved_median_px')} px (median), {px('moved_p95_px')} px (95 %)")
    jitter = f"jitter {px('jitter_before_px')} → {px('jitter_after_px')} px"
    rest = f"at rest {px('rest_jitter_before_px')} → {px('rest_jitter_after_px')} px"
    return f"{'; '.join(what) or 'less than 5 % of the points moved'}\n{jitter}, {rest}"


def _marked(values: pd.DataFrame, where: pd.Series, axes, column: str, **look: Any) -> None:
    axes.plot(values["frame"][where], values[column][where], ls="none", **look)


def plot_filter(
    shown: str, summary: str, png: str, settings: dict[str, Any], keypoints: list[str], steps: list[dict[str, Any]]
) -> None:
    """Draw a stretch of the video for each step, and for all together, before and after, with the figures of the whole video.

    ``steps`` are those of the config, whose keys stand in the titles.
    """
    wanted = make(Plots, settings)
    table = pd.read_csv(shown, dtype={"step": str, "keypoint": str}, keep_default_na=False, na_values=[""])
    told = read_json(summary)
    colors = dict(zip(keypoints, keypoint_colors(len(keypoints), wanted.colormap)))
    rows = [*zip(steps, told["steps"]), (None, told["all_steps"])]
    names = [*(f"{number} {step['method']}" for number, step in enumerate(steps)), "all"]
    figure = Figure(figsize=(11, 0.7 + 2.25 * len(rows)))
    places = np.atleast_2d(figure.subplots(len(rows), 2, squeeze=False))
    for (step, changes), name, pair in zip(rows, names, places):
        stretch = table[table["step"] == name]
        keypoint = stretch["keypoint"].iloc[0]
        was, there = stretch["x_before"].notna(), stretch["x_after"].notna()
        for axes, axis in zip(pair, "xy"):
            before, after = f"{axis}_before", f"{axis}_after"
            axes.plot(stretch["frame"], stretch[before], color="0.6", lw=0.8, marker=".", ms=3, label="before")
            axes.plot(stretch["frame"], stretch[after], color=colors[keypoint], lw=1.4, label="after")
            alone = there & ~there.shift(fill_value=False) & ~there.shift(-1, fill_value=False)  # has no line
            _marked(stretch, alone, axes, after, marker=".", ms=3, color=colors[keypoint])
            _marked(stretch, was & ~there, axes, before, marker="x", ms=5, color="crimson", label="removed")
            _marked(stretch, there & ~was, axes, after, marker="o", ms=4, mfc="none", color="black", mew=0.8, label="filled")
            axes.set(ylabel=f"{axis} / px")
            if not (was | there).any():
                axes.text(0.5, 0.5, "no points", transform=axes.transAxes, ha="center", color="0.5")
                axes.set(xticks=[], yticks=[])
        keys = {key: value for key, value in (step or {}).items() if key != "method"}
        title = "all steps" if step is None else ", ".join([name, *(f"{key} {value}" for key, value in keys.items())])
        pair[0].set_title(f"{title}: {keypoint}", loc="left", fontweight="bold", fontsize=9)
        pair[1].set_title(_words(changes), loc="left", fontsize=8)
    for axes in places[-1]:
        axes.set_xlabel("frame")
    lines, labels = places[0, 0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside upper center", ncols=4, frameon=False)
    save_figure(figure, png, wanted.dpi)
