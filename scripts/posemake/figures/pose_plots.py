"""Stage that plots the poses of one video (T frames, K keypoints)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posemake.config.settings import Plots
from posemake.core.paths import StrPath
from posemake.data.frame_times import frame_times
from posemake.data.poses import read_poses
from posemake.plotting.colors import RGB, keypoint_colors
from posemake.plotting.style import save_figure, style_context
from posemake.video.info import read_video_info

TIME_BINS = 5000  # stretches of a series over time at most; more cannot be seen and slow down the figure of a long video
MAX_PATH_POINTS = 20000  # points of a line in the plane
MAX_VECTOR_FRAMES = 5000  # frames; lines of longer videos are embedded as images in SVG and PDF
HISTOGRAM_EDGES = 60  # edges of the bins of the displacement
MAX_PERCENTILE = 99.5  # percentile of the displacement at which the histogram ends


@dataclass(frozen=True)
class PlotInputs:
    """Files that `plot_poses` reads."""

    poses: StrPath  # filtered poses (HDF5)
    info: StrPath  # video.json
    times: StrPath  # seconds of each frame (NPY)


@dataclass(frozen=True)
class PlotOutputs:
    """Figures that `plot_poses` writes."""

    trajectory: StrPath
    coordinates: StrPath
    confidence: StrPath
    displacement: StrPath


@dataclass(frozen=True)
class Tracks:
    """Tracks as they are drawn."""

    xy: np.ndarray  # (T, K, 2) in pixels; NaN where a point is missing or not confident
    confidence: np.ndarray  # (T, K)
    seconds: np.ndarray  # (T,)
    keypoints: tuple[str, ...]
    colors: list[RGB]

    @property
    def rasterized(self) -> bool:
        """Whether lines are embedded as images in vector formats."""
        return len(self.xy) > MAX_VECTOR_FRAMES


def thin_series(values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Thin a series (T, K) for drawing without loss of its peaks.

    Returns
    -------
    frames
        (n,)
    values
        (n, K): the least and the greatest value of each of ``bins`` equal stretches of frames, at its first and middle frame; NaN
        where it has none. A series of at most twice as many frames is returned as it is.
    """
    if len(values) <= 2 * bins:
        return np.arange(len(values)), values
    length = -(-len(values) // bins)
    padded = np.full((-(-len(values) // length) * length, values.shape[1]), np.nan)
    padded[: len(values)] = values
    stretches = padded.reshape(-1, length, values.shape[1])
    # fmin and fmax ignore NaN, unless a stretch holds nothing else
    extremes = np.stack([np.fmin.reduce(stretches, axis=1), np.fmax.reduce(stretches, axis=1)], axis=1)
    frames = np.arange(len(stretches))[:, None] * length + (0, length // 2)
    return np.minimum(frames.reshape(-1), len(values) - 1), extremes.reshape(-1, values.shape[1])


def _add_legend(axes: Axes, keypoints: Sequence[str]) -> None:
    axes.legend(keypoints, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _draw_series(axes: Axes, tracks: Tracks, values: np.ndarray) -> None:
    """Draw values (T, K) of each keypoint over time."""
    frames, values = thin_series(values, TIME_BINS)
    for k, color in enumerate(tracks.colors):
        axes.plot(tracks.seconds[frames], values[:, k], color=color, lw=0.8, rasterized=tracks.rasterized)


def _draw_trajectory(tracks: Tracks, size: tuple[int, int]) -> Figure:
    """Draw the tracks in the plane of a frame of a size (width, height)."""
    figure = Figure(figsize=(6.5, 4.5))
    axes = figure.subplots()
    step = -(-len(tracks.xy) // MAX_PATH_POINTS)
    for k, color in enumerate(tracks.colors):
        x, y = tracks.xy[::step, k, 0], tracks.xy[::step, k, 1]
        axes.plot(x, y, color=color, lw=0.7, alpha=0.8, rasterized=tracks.rasterized)
    axes.set(xlim=(-0.5, size[0] - 0.5), ylim=(size[1] - 0.5, -0.5), aspect="equal", xlabel="x / px", ylabel="y / px")
    _add_legend(axes, tracks.keypoints)
    return figure


def _draw_coordinates(tracks: Tracks) -> Figure:
    figure = Figure(figsize=(9, 4.5))
    upper, lower = figure.subplots(2, sharex=True)
    for axis, (axes, label) in enumerate(((upper, "x / px"), (lower, "y / px"))):
        _draw_series(axes, tracks, tracks.xy[..., axis])
        axes.set_ylabel(label)
    lower.set_xlabel("time / s")
    _add_legend(upper, tracks.keypoints)
    return figure


def _draw_confidence(tracks: Tracks, threshold: float) -> Figure:
    figure = Figure(figsize=(9, 3))
    axes = figure.subplots()
    _draw_series(axes, tracks, tracks.confidence)
    axes.axhline(threshold, color="0.4", lw=0.8, ls="--")
    axes.set(xlabel="time / s", ylabel="confidence", ylim=(0, 1.02))
    _add_legend(axes, tracks.keypoints)
    return figure


def _draw_displacement(tracks: Tracks) -> Figure:
    """Draw the distribution of the distances that points move from frame to frame."""
    figure = Figure(figsize=(6.5, 3.5))
    axes = figure.subplots()
    moved = np.linalg.norm(np.diff(tracks.xy, axis=0), axis=-1)
    known = moved[np.isfinite(moved)]
    edges = np.linspace(0, max(1.0, np.percentile(known, MAX_PERCENTILE)) if len(known) else 1.0, HISTOGRAM_EDGES).tolist()
    for k, color in enumerate(tracks.colors):
        axes.hist(moved[:, k][np.isfinite(moved[:, k])], edges, histtype="step", color=color)
    axes.set(xlabel="displacement between frames / px", ylabel="frames", yscale="symlog")
    _add_legend(axes, tracks.keypoints)
    return figure


@style_context()
def plot_poses(inputs: PlotInputs, outputs: PlotOutputs, settings: Plots, fps: float | None = None) -> None:
    """Draw the filtered tracks in the plane and over time, their confidence, and how far points move from frame to frame.

    Parameters
    ----------
    inputs, outputs
        Files to read and to write.
    settings
        Confidence threshold, colour map and resolution.
    fps
        Frames per second by the sheet of videos; None where the timestamps of the video count.
    """
    info, poses = read_video_info(inputs.info), read_poses(inputs.poses)
    confidence = poses.confidence_of()
    xy = np.where((confidence >= settings.threshold)[..., None], poses.xy(), np.nan)
    colors = keypoint_colors(len(poses.keypoints), settings.colormap)
    tracks = Tracks(xy, confidence, frame_times(inputs.times, fps), poses.keypoints, colors)
    save_figure(_draw_trajectory(tracks, (info.width, info.height)), outputs.trajectory, settings.dpi)
    save_figure(_draw_coordinates(tracks), outputs.coordinates, settings.dpi)
    save_figure(_draw_confidence(tracks, settings.threshold), outputs.confidence, settings.dpi)
    save_figure(_draw_displacement(tracks), outputs.displacement, settings.dpi)
