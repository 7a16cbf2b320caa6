"""The figures of an evaluation (N frames, K keypoints)."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from posemake.data.images import read_image
from posemake.data.label_table import PARTS, Labelled
from posemake.plotting.style import keypoint_colors, save_figure


def draw_examples(
    frames: Labelled, error: np.ndarray, found: np.ndarray, confidence: np.ndarray, threshold: float, out: str
) -> None:
    """Draw the worst, the median and the best test frames by their mean error (N, K), with labels and predictions."""
    labelled, names = frames.xy, frames.keypoints
    mean = np.array([np.nanmean(e) if np.isfinite(e).any() else np.nan for e in error])
    test = [n for n in np.argsort(-mean) if frames.parts[n] == "test" and np.isfinite(mean[n])]
    middle = max(0, len(test) // 2 - 1)
    rows = [("worst", test[:3]), ("median", test[middle : middle + 3]), ("best", test[::-1][:3])]
    colors = keypoint_colors(len(names), "turbo")
    figure = Figure(figsize=(10, 8))
    grid = figure.subplots(3, 3)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, (title, chosen) in zip(grid, rows):
        for axes, n in zip(line, chosen):
            path = Path(frames.paths[n])
            image = read_image(path)
            axes.imshow(image)
            for k, rgb in enumerate(colors):
                axes.plot(*labelled[n, k], "+", color=rgb, ms=9, mew=1.4)
                axes.plot(*found[n, k], "o", mfc="none", mec=rgb, ms=6, alpha=1.0 if confidence[n, k] >= threshold else 0.35)
            axes.set_title(f"{title}: {mean[n]:.1f} px, {path.parent.name}/{path.stem}", fontsize=8)
            points = labelled[n][np.isfinite(labelled[n, :, 0])]
            margin = max(30.0, 0.6 * float(np.ptp(points, axis=0).max()))
            axes.set_xlim(max(-0.5, points[:, 0].min() - margin), min(image.shape[1] - 0.5, points[:, 0].max() + margin))
            axes.set_ylim(min(image.shape[0] - 0.5, points[:, 1].max() + margin), max(-0.5, points[:, 1].min() - margin))
    figure.suptitle("test frames: + label, ○ prediction (pale: below the confidence threshold)", fontsize=9)
    save_figure(figure, out, 110)


def draw_errors(parts: np.ndarray, error: np.ndarray, names: list[str], out: str) -> None:
    """Draw boxes of the errors (N, K) by keypoint and part."""
    figure = Figure(figsize=(1.6 + 1.1 * len(names), 3.6))
    axes = figure.subplots()
    width = 0.26
    for i, part in enumerate(PARTS):
        values = [e[np.isfinite(e)] for e in error[parts == part].T]
        boxes = axes.boxplot(
            values,
            positions=np.arange(len(names)) + (i - 1) * width,
            widths=0.8 * width,
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": f"C{i}"},
            medianprops={"color": "black"},
            patch_artist=True,
        )
        for box in boxes["boxes"]:
            box.set(facecolor=f"C{i}", alpha=0.6, label=part if box is boxes["boxes"][0] else None)
    axes.set_xticks(range(len(names)), names, rotation=20)
    axes.set(ylabel="distance to the label / px", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(frameon=False, fontsize=8)
    save_figure(figure, out, 120)


def draw_cumulative(parts: np.ndarray, error: np.ndarray, names: list[str], radii: tuple[float, ...], out: str) -> None:
    """Draw the share of points whose error (N, K) is at most a distance: of each part, and of the test part by keypoint."""
    figure = Figure(figsize=(10.5, 3.6))
    left, right = figure.subplots(1, 2, sharey=True)
    every = error[np.isfinite(error)]
    limit = max(float(np.percentile(every, 99)), *radii, 1.0) if len(every) else 1.0
    lines = [(left, error[parts == part], part, f"C{i}") for i, part in enumerate(PARTS)]
    colors = keypoint_colors(len(names), "turbo")
    lines += [(right, error[parts == "test"][:, k], name, colors[k]) for k, name in enumerate(names)]
    for axes, values, label, color in lines:
        known = np.sort(values[np.isfinite(values)])
        if len(known):
            axes.step([0, *known], np.arange(len(known) + 1) / len(known), where="post", color=color, lw=1.3, label=label)
    for axes, title in ((left, "all keypoints"), (right, "test part, by keypoint")):
        for radius in radii:
            axes.axvline(radius, color="0.8", lw=0.8, zorder=0)
        axes.set(xlabel="distance to the label / px", xlim=(0, 1.03 * limit), ylim=(0, 1.02))
        axes.set_title(title, fontsize=9)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    left.set_ylabel("share of points")
    save_figure(figure, out, 120)


def draw_reliability(calibration: dict[str, Any], out: str) -> None:
    """Draw the share of right points over the confidence, and how many points each bin holds."""
    bins, radius, suggested = calibration["bins"], calibration["correct_px"], calibration["suggested"]["threshold"]
    figure = Figure(figsize=(5, 4.6))
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    there = [row for row in bins if row["n"]]
    edges, width = [row["low"] for row in bins], bins[0]["high"] - bins[0]["low"]
    top.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls="--", label="confidence = share")
    top.plot([row["confidence"] for row in there], [row["correct"] for row in there], "o-", color="C0", label="measured")
    below.bar(edges, [row["n"] for row in bins], width, align="edge", color="C0", alpha=0.6, edgecolor="white")
    for axes, value, color, label in (
        (top, calibration["threshold"], "0.4", "threshold of the config"),
        (top, suggested, "C3", "suggested threshold"),
    ):
        if value is not None:
            axes.axvline(value, color=color, lw=1, ls=":", label=label)
    top.set(ylabel=f"share at most {radius:g} px off", ylim=(0, 1.02), xlim=(0, 1))
    top.legend(frameon=False, fontsize=8, loc="lower right" if sum(r["correct"] > 0.5 for r in there) else "upper left")
    below.set(xlabel="confidence", ylabel="points")
    save_figure(figure, out, 120)
