"""Plots of one video's poses."""

import numpy as np
import pytest
from PIL import Image

from posemake.config.settings import Plots
from posemake.data.poses import Poses, write_poses
from posemake.figures.pose_plots import MAX_VECTOR_FRAMES, PlotInputs, PlotOutputs, plot_poses, thin_series
from posemake.video.info import VideoInfo, write_video_info

FIGURES = ("trajectory", "coordinates", "confidence", "displacement")


@pytest.mark.parametrize("frames", [1, 50, 99, 100, 101, 1000, 1003])
def test_a_series_is_thinned_without_loss_of_its_peaks(frames):
    values = np.random.default_rng(1).normal(0, 1, (frames, 2))
    values[frames // 2, 0], values[frames // 3, 1] = 50, -60
    at, thin = thin_series(values, 50)
    assert len(at) == len(thin) <= 102
    assert thin.min() == values.min() and thin.max() == values.max()
    assert (np.diff(at) >= 0).all() and at[-1] < frames
    if frames <= 100:
        assert np.array_equal(thin, values) and np.array_equal(at, np.arange(frames))


def test_a_gap_stays_one():
    values = np.ones((1000, 1))
    values[400:600] = np.nan
    at, thin = thin_series(values, 50)
    assert np.isnan(thin[(at >= 420) & (at < 580)]).all() and np.isfinite(thin[(at < 400) | (at >= 620)]).all()


def plotted(folder, frames, form, keypoints=3):
    """Plot random poses, and return the content of the files."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    xy = 100 + np.cumsum(rng.normal(0, 1, (frames, keypoints, 2)), axis=0) % 200
    confidence = rng.uniform(0.3, 1, (frames, keypoints))
    write_poses(Poses.of_one(xy, confidence, "abcdefgh"[:keypoints], scorer="test"), folder / "poses.h5", folder / "poses.csv")
    np.save(folder / "times.npy", np.arange(frames) / 25)
    write_video_info(folder / "video.json", VideoInfo(width=320, height=240))
    inputs = PlotInputs(poses=folder / "poses.h5", info=folder / "video.json", times=folder / "times.npy")
    outputs = PlotOutputs(**{name: folder / f"{name}.{form}" for name in FIGURES})
    plot_poses(inputs, outputs, Plots(format=form))
    return {name: (folder / f"{name}.{form}").read_bytes() for name in FIGURES}


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_same_poses_give_the_same_bytes(tmp_path, form):
    assert plotted(tmp_path / "a", 300, form) == plotted(tmp_path / "b", 300, form)


def test_short_videos_have_lines_and_long_ones_a_picture_of_them(tmp_path):
    short, long = plotted(tmp_path / "short", 300, "svg"), plotted(tmp_path / "long", MAX_VECTOR_FRAMES + 100, "svg")
    for name in FIGURES[:3]:
        assert b"<image" not in short[name] and b"<image" in long[name]
        assert len(long[name]) < 1e6 and b"<use" in long[name]
    assert b"<image" not in long["displacement"]


def test_a_picture_has_the_colours_of_the_keypoints(tmp_path):
    plotted(tmp_path / "a", 300, "png")
    with Image.open(tmp_path / "a/trajectory.png") as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.ptp(pixels, axis=1) > 100).sum() > 150
