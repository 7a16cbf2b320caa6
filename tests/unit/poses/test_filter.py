"""The stage that filters poses, with the figure of what it changed."""

import itertools
import logging

import numpy as np
import pandas as pd
import pytest

from posemake.config.filter_steps import STEPS
from posemake.config.settings import Filter, Plots
from posemake.core.json_files import read_json
from posemake.data.poses import Poses, write_poses
from posemake.figures.filter_plots import plot_filter
from posemake.poses.filter import FilterInputs, FilterOutputs, filter_poses

NAMES = ["snout", "back", "tail"]


def walk(frames=2000, noise=0.5, seed=0):
    """Three keypoints that rest for half of the time and then walk (T, 3, 2)."""
    place = np.maximum(0, np.arange(frames) - frames // 2)[:, None, None] * (2.0, 0.5)
    body = np.array([[0.0, 0], [30, 0], [60, 0]])
    return place + body + np.random.default_rng(seed).normal(0, noise, (frames, 3, 2))


def run(folder, xy, steps=None, confidence=None):
    """Filter poses and draw what changed; return the summary, the table of stretches and the tracks."""
    sure = np.ones(xy.shape[:2]) if confidence is None else confidence
    inputs = FilterInputs(poses=folder / "poses.h5", times=folder / "times.npy")
    write_poses(Poses.of_one(xy, sure, NAMES, scorer="posemake_small"), inputs.poses, folder / "poses.csv")
    np.save(inputs.times, np.arange(len(xy)) / 30)
    settings = Filter() if steps is None else Filter(steps=steps)
    outputs = FilterOutputs(
        h5=folder / "filtered.h5",
        csv=folder / "filtered.csv",
        summary=folder / "summary.json",
        stretches=folder / "filtering.csv",
    )
    filter_poses(inputs, outputs, settings, [["snout", "back"], ["back", "tail"]])
    png = folder / "filtering.png"
    plot_filter(outputs.stretches, outputs.summary, png, Plots(dpi=50), NAMES, settings.steps)
    assert png.stat().st_size > 3000
    tracks = pd.read_hdf(outputs.h5).to_numpy().reshape(len(xy), 3, 3)
    return read_json(outputs.summary), pd.read_csv(outputs.stretches), tracks


def test_each_step_is_described_and_drawn(tmp_path, caplog):
    xy, sure = walk(), np.ones((2000, 3))
    xy[50, 0] += 200
    sure[[60, 61], 1] = 0.1
    steps = [{"method": method} for method in ("confidence", "speed", "interpolate", "kalman")]
    with caplog.at_level(logging.INFO, "posemake"):
        summary, table, _ = run(tmp_path, xy, steps, sure)
    applied = summary["steps"]
    assert [step["method"] for step in applied] == [step["method"] for step in steps]
    assert [(step["removed"], step["filled"]) for step in applied] == [(2, 0), (1, 0), (0, 3), (0, 0)]
    assert applied[3]["moved_median_px"] > 0 == applied[2]["moved_p95_px"]
    assert applied[3]["rest_jitter_after_px"] < 0.7 * applied[3]["rest_jitter_before_px"]
    assert all(one["rest_jitter_after_px"] == two["rest_jitter_before_px"] for one, two in itertools.pairwise(applied))
    every = summary["all_steps"]
    assert (every["removed"], every["filled"]) == (0, 0)
    assert (every["jitter_before_px"], every["jitter_after_px"]) == (
        applied[0]["jitter_before_px"],
        applied[3]["jitter_after_px"],
    )
    assert summary["filled"] == pytest.approx(3 / 6000) and summary["missing"] == 0
    assert table["step"].unique().tolist() == ["0 confidence", "1 speed", "2 interpolate", "3 kalman", "all"]
    spike = table[(table["step"] == "1 speed") & (table["frame"] == 50)]
    assert spike["keypoint"].tolist() == ["snout"] and spike["x_before"].item() > 150 and spike["x_after"].isna().all()
    assert "step 1, speed: removed 1 filled 0" in caplog.text


def test_no_step_leaves_all_as_it_is(tmp_path):
    xy = walk(300)
    summary, table, tracks = run(tmp_path, xy, [], np.full((300, 3), 0.1))
    np.testing.assert_array_equal(tracks[..., :2], xy.astype(np.float32))
    assert summary["steps"] == [] and summary["filled"] == summary["missing"] == summary["confident"] == 0
    assert table["step"].unique().tolist() == ["all"]


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_every_method_bears_videos_in_which_nothing_is_known(tmp_path, frames):
    steps = [{"method": method} for method in STEPS]
    summary, _, tracks = run(tmp_path, np.full((frames, 3, 2), np.nan), steps, np.full((frames, 3), np.nan))
    assert np.isnan(tracks).all() and summary["analysed"] == 0


PACE = 30 * 2.0  # pixels per second of `steady_walk`


def steady_walk(frames=200):
    return np.arange(frames)[:, None, None] * (2.0, 0.0) + np.array([[0.0, 0], [30, 0], [60, 5]])


def test_a_keypoint_that_is_never_found_leaves_the_speed_of_the_others_and_is_named(tmp_path, caplog):
    sure = np.ones((200, 3))
    with caplog.at_level(logging.INFO, "posemake"):
        found, _, _ = run(tmp_path, steady_walk(), None, sure)
        sure[:, 2] = 0.02
        summary, _, _ = run(tmp_path, steady_walk(), None, sure)
    assert (found["speed_px_per_s"], found["speed_note"]) == (pytest.approx(PACE), None)
    assert summary["speed_px_per_s"] == pytest.approx(PACE) and summary["complete"] == 0
    assert summary["speed_note"] == "without tail (0%), known in few of the frames" and "speed: without tail" in caplog.text


@pytest.mark.parametrize("missing_share", [0.3, 0.8])
def test_a_keypoint_that_is_hidden_while_the_animal_runs_leaves_the_speed_of_all_frames(tmp_path, missing_share):
    """The speed of the frames in which all are found is that of a slow animal."""
    slow, frames = int(200 * (1 - missing_share)), 200
    place = np.cumsum(np.where(np.arange(frames) < slow, 1.0, 5.0))
    xy = place[:, None, None] * (1.0, 0.0) + np.array([[0.0, 0], [30, 0], [60, 5]])
    sure = np.ones((frames, 3))
    sure[slow:, 2] = 0.1
    summary, _, _ = run(tmp_path, xy, None, sure)
    assert summary["speed_px_per_s"] == pytest.approx(30 * (place[-1] - place[0]) / (frames - 1), rel=0.01)
    assert (summary["speed_note"] is None) == (missing_share < 0.5)


def test_a_keypoint_found_by_mistake_in_a_few_frames_does_not_count(tmp_path):
    xy, sure = steady_walk(), np.ones((200, 3))
    sure[:, 2] = 0.1
    sure[50:55, 2] = 0.9
    xy[50:55, 2] += np.array([[0, 0], [90, 0], [0, 0], [0, 90], [0, 0]])
    summary, _, _ = run(tmp_path, xy, [{"method": "confidence"}], sure)
    assert summary["speed_px_per_s"] == pytest.approx(PACE) and "tail (2%)" in summary["speed_note"]


@pytest.mark.parametrize(
    "known, note",
    [
        (lambda frame: False, "no keypoint is known in any frame"),
        (lambda frame: frame % 9 == 0, "no keypoint is known in two frames in a row"),
    ],
)
def test_where_there_is_no_speed_the_summary_says_why(tmp_path, known, note):
    sure = np.full((200, 3), 0.1)
    sure[[frame for frame in range(200) if known(frame)]] = 0.9
    summary, _, _ = run(tmp_path, steady_walk(), [{"method": "confidence"}], sure)
    assert summary["speed_px_per_s"] is None and summary["speed_mm_per_s"] is None and summary["speed_note"] == note
