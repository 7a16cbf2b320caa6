"""The stage that plots the poses of one video, and the learning curve of a model."""

import dataclasses
import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from posemake.dataset import read_labelled, suitable_scale
from posemake.diagnosis import diagnose
from posemake.files import read_json, write_json
from posemake.poses import arrays, frame_times, read_poses
from posemake.settings import Plots, make
from posemake.style import keypoint_colors, save_figure

MAX_POINTS = 20000  # drawn per line: more cannot be seen and make a figure of a long video slow


def _legend(axes, keypoints: list[str]) -> None:
    axes.legend(keypoints, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def plot_poses(
    filtered_file: str,
    info_file: str,
    times_file: str,
    trajectory: str,
    coordinates: str,
    confidence_png: str,
    displacement: str,
    settings: dict[str, Any],
    fps: float | None,
) -> None:
    """Draw a video's filtered tracks, in the plane and over time, their raw confidence, and how far points move per frame."""
    wanted = make(Plots, settings)
    info = read_json(info_file)
    poses, _ = read_poses(filtered_file, frame_times(times_file, fps))
    names = poses.keypoints.values.tolist()
    xy, confidence = arrays(poses)
    xy = np.where((confidence >= wanted.threshold)[..., None], xy, np.nan)
    step = -(-len(xy) // MAX_POINTS)
    seconds = poses.time.values[::step]
    colors = keypoint_colors(len(names), wanted.colormap)

    figure = Figure(figsize=(6.5, 4.5))
    axes = figure.subplots()
    for k, rgb in enumerate(colors):
        axes.plot(xy[::step, k, 0], xy[::step, k, 1], color=rgb, lw=0.7, alpha=0.8)
    axes.set(
        xlim=(-0.5, info["width"] - 0.5), ylim=(info["height"] - 0.5, -0.5), aspect="equal", xlabel="x / px", ylabel="y / px"
    )
    _legend(axes, names)
    save_figure(figure, trajectory, wanted.dpi)

    figure = Figure(figsize=(9, 4.5))
    for axis, (axes, label) in enumerate(zip(figure.subplots(2, sharex=True), ("x / px", "y / px"))):
        for k, rgb in enumerate(colors):
            axes.plot(seconds, xy[::step, k, axis], color=rgb, lw=0.8)
        axes.set_ylabel(label)
    axes.set_xlabel("time / s")
    _legend(figure.axes[0], names)
    save_figure(figure, coordinates, wanted.dpi)

    figure = Figure(figsize=(9, 3))
    axes = figure.subplots()
    for k, rgb in enumerate(colors):
        axes.plot(seconds, confidence[::step, k], color=rgb, lw=0.8)
    axes.axhline(wanted.threshold, color="0.4", lw=0.8, ls="--")
    axes.set(xlabel="time / s", ylabel="confidence", ylim=(0, 1.02))
    _legend(axes, names)
    save_figure(figure, confidence_png, wanted.dpi)

    figure = Figure(figsize=(6.5, 3.5))
    axes = figure.subplots()
    moved = np.linalg.norm(np.diff(xy, axis=0), axis=-1)
    known = moved[np.isfinite(moved)]
    bins = np.linspace(0, max(1.0, np.percentile(known, 99.5)) if len(known) else 1.0, 60)
    for k, rgb in enumerate(colors):
        axes.hist(moved[:, k][np.isfinite(moved[:, k])], bins, histtype="step", color=rgb)
    axes.set(xlabel="displacement between frames / px", ylabel="frames", yscale="symlog")
    _legend(axes, names)
    save_figure(figure, displacement, wanted.dpi)


def plot_learning_curve(
    history_file: str, labels_file: str, split_file: str, out: str, diagnosis_file: str, settings: dict[str, Any]
) -> None:
    """Draw loss, errors, learning rate and speed over the steps of a training, and say below what is wrong with it.

    Parameters
    ----------
    history_file, labels_file, split_file
        What the training wrote, and the labelled frames with their parts.
    out
        PNG to write.
    diagnosis_file
        JSON to write: the findings, each with name, what and remedy.
    settings
        ``sigma`` and ``scale`` of the model.
    """
    table = pd.read_csv(history_file)
    labelled = read_labelled(labels_file, split_file, "labels")
    frames = int((labelled.parts == "train").sum())
    sigma = settings["sigma"] / suitable_scale(labelled, settings["scale"])
    names = ("step", "train_loss", "validation_loss", "train_error", "validation_error")
    findings = diagnose(*(table[name].to_numpy() for name in names), frames, sigma)
    write_json(diagnosis_file, {"findings": [dataclasses.asdict(finding) for finding in findings]})
    words = [f"{finding.name}: {finding.what}. {finding.remedy}" for finding in findings] or ["No complaint."]
    lines = [line for sentence in words for line in textwrap.wrap(sentence, 130)]
    figure = Figure(figsize=(8, 5 + 0.17 * len(lines)))
    grid = figure.subplots(2, 2, sharex=True)
    for part, color in (("train", "0.3"), ("validation", "C0")):
        grid[0, 0].plot(table["step"], table[f"{part}_loss"], color=color, label=part)
        grid[0, 1].plot(table["step"], table[f"{part}_error"], color=color, label=f"{part}, mean")
        grid[0, 1].plot(table["step"], table[f"{part}_median"], color=color, ls=":", label=f"{part}, median")
    best = table["validation_error"].idxmin()
    at = table["step"][best], table["validation_error"][best]
    grid[0, 1].plot(*at, "o", color="C3", label=f"kept: {at[1]:.2f} px")
    grid[1, 0].plot(table["step"], table["learning_rate"], color="0.3")
    grid[1, 1].plot(table["step"], table["images_per_second"], color="0.3")
    grid[0, 0].set(ylabel="loss", yscale="log")
    grid[0, 1].set(ylabel="error / px", yscale="log")
    grid[1, 0].set(xlabel="step", ylabel="learning rate")
    grid[1, 1].set(xlabel="step", ylabel="images per second", ylim=(0, None), title=f"{table['seconds'].iloc[-1]:.0f} s in all")
    for axes in grid[0]:
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter())
        axes.legend(frameon=False, fontsize="small")
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize="small")
    save_figure(figure, out, 120)
