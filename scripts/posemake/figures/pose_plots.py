"""The stage that plots the poses of one video."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from posemake.config.settings import Plots, make
from posemake.core.json_files import read_json
from posemake.data.poses import arrays, frame_times, read_poses
from posemake.figures.filter_plots import plot_filter
from posemake.plotting.style import keypoint_colors, save_figure

BINS = 5000  # along the axis of time, at most: more cannot be seen, and make a figure of a long video slow
PATH = 20000  # points of a line in the plane, at most
VECTOR = 5000  # frames up to which lines are vectors in SVG and PDF; longer ones are pictures within


def extremes(values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Thin a series (T, K) for drawing without loss of its peaks.

    Returns
    -------
    tuple
        Frames (n,), and values (n, K): of each of ``bins`` equal stretches of frames the least and the greatest, at its first and
        middle frame; NaN where it has none. A series of no more than twice as many frames is given as it is.
    """
    if len(values) <= 2 * bins:
        return np.arange(len(values)), values
    long = -(-len(values) // bins)
    padded = np.full((-(-len(values) // long) * long, values.shape[1]), np.nan)
    padded[: len(values)] = values
    stretches = padded.reshape(-1, long, values.shape[1])
    # fmin and fmax pass over NaN; a stretch of nothing but NaN stays one
    ends = np.stack([np.fmin.reduce(stretches, axis=1), np.fmax.reduce(stretches, axis=1)], axis=1)
    frames = np.arange(len(stretches))[:, None] * long + (0, long // 2)
    return np.minimum(frames.reshape(-1), len(values) - 1), ends.reshape(-1, values.shape[1])


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
    step = -(-len(xy) // PATH)
    seconds, dense = poses.time.values, len(xy) > VECTOR
    colors = keypoint_colors(len(names), wanted.colormap)

    figure = Figure(figsize=(6.5, 4.5))
    axes = figure.subplots()
    for k, rgb in enumerate(colors):
        axes.plot(xy[::step, k, 0], xy[::step, k, 1], color=rgb, lw=0.7, alpha=0.8, rasterized=dense)
    axes.set(
        xlim=(-0.5, info["width"] - 0.5), ylim=(info["height"] - 0.5, -0.5), aspect="equal", xlabel="x / px", ylabel="y / px"
    )
    _legend(axes, names)
    save_figure(figure, trajectory, wanted.dpi)

    figure = Figure(figsize=(9, 4.5))
    for axis, (axes, label) in enumerate(zip(figure.subplots(2, sharex=True), ("x / px", "y / px"))):
        frames, values = extremes(xy[..., axis], BINS)
        for k, rgb in enumerate(colors):
            axes.plot(seconds[frames], values[:, k], color=rgb, lw=0.8, rasterized=dense)
        axes.set_ylabel(label)
    axes.set_xlabel("time / s")
    _legend(figure.axes[0], names)
    save_figure(figure, coordinates, wanted.dpi)

    figure = Figure(figsize=(9, 3))
    axes = figure.subplots()
    frames, values = extremes(confidence, BINS)
    for k, rgb in enumerate(colors):
        axes.plot(seconds[frames], values[:, k], color=rgb, lw=0.8, rasterized=dense)
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


def plot_video(
    files, made, settings: dict[str, Any], row: dict[str, Any], keypoints: list[str], steps: list[dict[str, Any]]
) -> None:
    """Draw all figures of a video.

    Parameters
    ----------
    files
        With the attributes poses (filtered), info, times, shown and summary (of the filter).
    made
        With the attributes trajectory, coordinates, confidence, displacement and filtering: images to write.
    settings, row
        ``Plots``, and ``fps`` of the sheet.
    keypoints, steps
        Of the config.
    """
    tracks = (made.trajectory, made.coordinates, made.confidence, made.displacement)
    plot_poses(files.poses, files.info, files.times, *tracks, settings, **row)
    plot_filter(files.shown, files.summary, made.filtering, settings, keypoints, steps)
