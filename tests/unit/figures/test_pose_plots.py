"""Plots of one video's poses."""

import numpy as np
import pytest
from PIL import Image

from posemake.config import settings
from posemake.config.settings import Plots
from posemake.core.json_files import write_json
from posemake.data.poses import make_poses, write_poses
from posemake.figures.pose_plots import VECTOR, extremes, plot_poses

FIGURES = ("trajectory", "coordinates", "confidence", "displacement")


@pytest.mark.parametrize("frames", [1, 50, 99, 100, 101, 1000, 1003])
def test_a_series_is_thinned_without_loss_of_its_peaks(frames):
    values = np.random.default_rng(1).normal(0, 1, (frames, 2))
    values[frames // 2, 0], values[frames // 3, 1] = 50, -60
    at, thin = extremes(values, 50)
    assert len(at) == len(thin) <= 102
    assert thin.min() == values.min() and thin.max() == values.max()
    assert (np.diff(at) >= 0).all() and at[-1] < frames
    if frames <= 100:
        assert np.array_equal(thin, values) and np.array_equal(at, np.arange(frames))


def test_a_gap_stays_one():
    values = np.ones((1000, 1))
    values[400:600] = np.nan
    at, thin = extremes(values, 50)
    assert np.isnan(thin[(at >= 420) & (at < 580)]).all() and np.isfinite(thin[(at < 400) | (at >= 620)]).all()


def plotted(folder, frames, form, keypoints=3):
    """The files of the plots of random poses."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    xy = 100 + np.cumsum(rng.normal(0, 1, (frames, keypoints, 2)), axis=0) % 200
    confidence = rng.uniform(0.3, 1, (frames, keypoints))
    write_poses(make_poses(xy, confidence, list("abcdefgh"[:keypoints])), folder / "poses.h5", folder / "poses.csv", "test")
    np.save(folder / "times.npy", np.arange(frames) / 25)
    write_json(folder / "video.json", {"width": 320, "height": 240})
    files = [str(folder / f"{name}.{form}") for name in FIGURES]
    source = [str(folder / name) for name in ("poses.h5", "video.json", "times.npy")]
    plot_poses(*source, *files, settings.plain(Plots, {"format": form}), None)
    return {name: (folder / f"{name}.{form}").read_bytes() for name in FIGURES}


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_same_poses_give_the_same_bytes(tmp_path, form):
    assert plotted(tmp_path / "a", 300, form) == plotted(tmp_path / "b", 300, form)


def test_short_videos_have_lines_and_long_ones_a_picture_of_them(tmp_path):
    short, long = plotted(tmp_path / "short", 300, "svg"), plotted(tmp_path / "long", VECTOR + 100, "svg")
    for name in FIGURES[:3]:
        assert b"<image" not in short[name] and b"<image" in long[name]
        assert len(long[name]) < 1e6 and b"<use" in long[name]
    assert b"<image" not in long["displacement"]


def test_a_picture_has_the_colours_of_the_keypoints(tmp_path):
    plotted(tmp_path / "a", 300, "png")
    with Image.open(tmp_path / "a/trajectory.png") as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.ptp(pixels, axis=1) > 100).sum() > 150
