"""Figures of an evaluation (N frames, K keypoints)."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from posemake.core.paths import StrPath
from posemake.data.images import read_image
from posemake.data.label_table import PARTS
from posemake.evaluation.predictions import Predictions
from posemake.evaluation.summary import Calibration
from posemake.plotting.colors import keypoint_colors
from posemake.plotting.style import save_figure, style_context

COLORMAP = "turbo"
MARGIN = 30.0  # pixels around the labelled points of an example, at least
PALE = 0.35  # opacity of points below the confidence threshold


@style_context()
def draw_examples(predictions: Predictions, threshold: float, out: StrPath) -> None:
    """Draw the test frames with the largest, median and smallest mean error, with labels and predictions.

    Parameters
    ----------
    predictions
        Labels and predictions.
    threshold
        Points with a lower confidence are pale.
    out
        PNG to write.
    """
    mean = np.array([np.nanmean(e) if np.isfinite(e).any() else np.nan for e in predictions.error])
    test = [int(n) for n in np.argsort(-mean) if predictions.frames.parts[n] == "test" and np.isfinite(mean[n])]
    middle = max(0, len(test) // 2 - 1)
    rows = [("worst", test[:3]), ("median", test[middle : middle + 3]), ("best", test[::-1][:3])]
    figure = Figure(figsize=(10, 8))
    grid = figure.subplots(3, 3)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, (title, frames) in zip(grid, rows):
        for axes, n in zip(line, frames):
            _draw_frame(axes, predictions, n, threshold)
            path = Path(predictions.frames.paths[n])
            axes.set_title(f"{title}: {mean[n]:.1f} px, {path.parent.name}/{path.stem}", fontsize=8)
    figure.suptitle("test frames: + label, ○ prediction (pale: below the confidence threshold)", fontsize=9)
    save_figure(figure, out, 110)


def _draw_frame(axes: Axes, predictions: Predictions, n: int, threshold: float) -> None:
    """Draw the part of a frame around its labels, with labels and predictions."""
    labelled, predicted, confidence = predictions.frames.xy[n], predictions.xy[n], predictions.confidence[n]
    image = read_image(predictions.frames.paths[n])
    axes.imshow(image)
    for k, rgb in enumerate(keypoint_colors(len(labelled), COLORMAP)):
        axes.plot(*labelled[k], "+", color=rgb, ms=9, mew=1.4)
        axes.plot(*predicted[k], "o", mfc="none", mec=rgb, ms=6, alpha=1.0 if confidence[k] >= threshold else PALE)
    points = labelled[np.isfinite(labelled[:, 0])]
    margin = max(MARGIN, 0.6 * float(np.ptp(points, axis=0).max()))
    low, high = points.min(0) - margin, points.max(0) + margin
    axes.set_xlim(max(-0.5, low[0]), min(image.shape[1] - 0.5, high[0]))
    axes.set_ylim(min(image.shape[0] - 0.5, high[1]), max(-0.5, low[1]))


@style_context()
def draw_errors(parts: np.ndarray, error: np.ndarray, keypoints: list[str], out: StrPath) -> None:
    """Draw box plots of the errors by keypoint and part.

    Parameters
    ----------
    parts
        (N,) part of the split of each frame.
    error
        (N, K) distances to the labels in pixels, NaN where there is no label.
    keypoints
        Their names.
    out
        PNG to write.
    """
    figure = Figure(figsize=(1.6 + 1.1 * len(keypoints), 3.6))
    axes = figure.subplots()
    width = 0.26
    for i, part in enumerate(PARTS):
        values = [e[np.isfinite(e)] for e in error[parts == part].T]
        boxes = axes.boxplot(
            values,
            positions=np.arange(len(keypoints)) + (i - 1) * width,
            widths=0.8 * width,
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": f"C{i}"},
            medianprops={"color": "black"},
            patch_artist=True,
        )
        for box in boxes["boxes"]:
            box.set(facecolor=f"C{i}", alpha=0.6, label=part if box is boxes["boxes"][0] else None)
    axes.set_xticks(range(len(keypoints)), keypoints, rotation=20)
    axes.set(ylabel="distance to the label / px", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(frameon=False, fontsize=8)
    save_figure(figure, out, 120)


@style_context()
def draw_cumulative(parts: np.ndarray, error: np.ndarray, keypoints: list[str], radii: tuple[float, ...], out: StrPath) -> None:
    """Draw the share of points within a distance of their labels, by part, and for the test part by keypoint.

    Parameters
    ----------
    parts
        (N,) part of the split of each frame.
    error
        (N, K) distances to the labels in pixels, NaN where there is no label.
    keypoints
        Their names.
    radii
        Distances in pixels that are marked.
    out
        PNG to write.
    """
    figure = Figure(figsize=(10.5, 3.6))
    left, right = figure.subplots(1, 2, sharey=True)
    every = error[np.isfinite(error)]
    limit = max(float(np.percentile(every, 99)), *radii, 1.0) if len(every) else 1.0
    colors = keypoint_colors(len(keypoints), COLORMAP)
    for i, part in enumerate(PARTS):
        _draw_steps(left, error[parts == part], part, f"C{i}")
    for k, keypoint in enumerate(keypoints):
        _draw_steps(right, error[parts == "test"][:, k], keypoint, colors[k])
    for axes, title in ((left, "all keypoints"), (right, "test part, by keypoint")):
        for radius in radii:
            axes.axvline(radius, color="0.8", lw=0.8, zorder=0)
        axes.set(xlabel="distance to the label / px", xlim=(0, 1.03 * limit), ylim=(0, 1.02))
        axes.set_title(title, fontsize=9)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    left.set_ylabel("share of points")
    save_figure(figure, out, 120)


def _draw_steps(axes: Axes, error: np.ndarray, label: str, color: str | tuple[float, float, float]) -> None:
    """Draw the cumulative distribution of errors, NaN left out."""
    known = np.sort(error[np.isfinite(error)])
    if len(known):
        axes.step([0, *known], np.arange(len(known) + 1) / len(known), where="post", color=color, lw=1.3, label=label)


@style_context()
def draw_reliability(calibration: Calibration, out: StrPath) -> None:
    """Draw the share of correct points over the confidence, and the number of points in each bin."""
    bins = calibration.bins
    with_points = [row for row in bins if row["n"]]
    figure = Figure(figsize=(5, 4.6))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    top.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls="--", label="confidence = share")
    top.plot(
        [row["confidence"] for row in with_points], [row["correct"] for row in with_points], "o-", color="C0", label="measured"
    )
    width = bins[0]["high"] - bins[0]["low"]
    bottom.bar(
        [row["low"] for row in bins], [row["n"] for row in bins], width, align="edge", color="C0", alpha=0.6, edgecolor="white"
    )
    top.axvline(calibration.threshold, color="0.4", lw=1, ls=":", label="threshold of the config")
    if calibration.suggested["threshold"] is not None:
        top.axvline(calibration.suggested["threshold"], color="C3", lw=1, ls=":", label="suggested threshold")
    top.set(ylabel=f"share at most {calibration.correct_px:g} px off", ylim=(0, 1.02), xlim=(0, 1))
    mostly_correct = sum(row["correct"] > 0.5 for row in with_points)
    top.legend(frameon=False, fontsize=8, loc="lower right" if mostly_correct else "upper left")
    bottom.set(xlabel="confidence", ylabel="points")
    save_figure(figure, out, 120)
