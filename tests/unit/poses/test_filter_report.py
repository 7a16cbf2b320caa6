import itertools
import logging

import numpy as np
import pandas as pd
import pytest

from posemake.analysis.pose_quality import rest_steps, step_spread
from posemake.config import settings
from posemake.config.filter_steps import STEPS
from posemake.core.json_files import read_json
from posemake.data.poses import make_poses, write_poses
from posemake.figures.filter_plots import plot_filter
from posemake.poses.filter import filter_poses
from posemake.poses.filter_report import COLUMNS, STRETCH, describe_step, find_stretch, show_stretch

NAMES = ["snout", "back", "tail"]
NONE = np.zeros(0, int)


def walk(frames=2000, noise=0.5, seed=0):
    """Three keypoints that rest for half of the time and then walk (T, 3, 2)."""
    place = np.maximum(0, np.arange(frames) - frames // 2)[:, None, None] * (2.0, 0.5)
    body = np.array([[0.0, 0], [30, 0], [60, 0]])
    return place + body + np.random.default_rng(seed).normal(0, noise, (frames, 3, 2))


def test_a_step_that_changes_nothing():
    told = describe_step(walk(), walk(), np.arange(500))
    assert (told["removed"], told["filled"], told["moved_median_px"], told["moved_p95_px"]) == (0, 0, 0.0, 0.0)
    assert told["jitter_before_px"] == told["jitter_after_px"] == pytest.approx(np.median(step_spread(walk())))
    assert told["rest_jitter_before_px"] == told["rest_jitter_after_px"] == pytest.approx(0.5 * np.sqrt(2), rel=0.1)


def test_what_came_went_and_moved_is_counted():
    before = walk(100)
    after = before.copy()
    before[5:9, 1] = after[20:22, 2] = np.nan
    after[30:60, 0] += (3, 4)
    told = describe_step(before, after, NONE)
    assert (told["removed"], told["filled"]) == (2, 4)
    assert told["moved_median_px"] == 0 and told["moved_p95_px"] == pytest.approx(5)
    assert told["rest_jitter_before_px"] is None


def test_jitter_is_of_steps_whose_ends_are_known():
    xy = np.zeros((50, 1, 2))
    xy[::2] = 1.0
    assert step_spread(xy) == pytest.approx([np.sqrt(49 / 48) * np.sqrt(1 - 1 / 49**2)])
    xy[10] = np.nan  # two steps less, and those beside it count on
    assert step_spread(xy)[0] == pytest.approx(1, abs=0.03)
    xy[:31] = np.nan
    assert np.isnan(step_spread(xy)).all()


def test_nothing_known_tells_nothing():
    told = describe_step(np.full((30, 2, 2), np.nan), np.full((30, 2, 2), np.nan), NONE)
    assert told.pop("removed") == told.pop("filled") == 0 and set(told.values()) == {None}


def test_the_animal_rests_where_its_middle_hardly_moves():
    steps = rest_steps(walk(), 60.0)
    assert len(steps) == 199 and (steps < 1000).all()
    assert len(rest_steps(walk(), np.nan)) == 0 and len(rest_steps(walk(1), 60.0)) == 0


def test_the_stretch_shows_what_was_changed():
    before = walk()
    after = before.copy()
    after[700, 2] = np.nan
    after[1500] += 30  # moves three points, but none goes
    keypoint, first = find_stretch(before, after)
    assert keypoint == 2 and abs(first + STRETCH // 2 - 700) <= 1
    assert find_stretch(before, before + np.where(np.arange(2000) == 1500, 1, 0)[:, None, None])[1] in range(1401, 1501)


def test_a_stretch_shows_points_that_stay_too():
    before = walk()
    after = before.copy()
    after[200:900, 0] = np.nan  # hidden for long: nothing would be seen in its midst
    first = find_stretch(before, after)[1]
    assert 0 < np.isfinite(after[first : first + STRETCH, 0, 0]).sum() < STRETCH


@pytest.mark.parametrize("frames", [1, 2, STRETCH, STRETCH + 1])
def test_a_short_video_is_shown_whole(frames):
    rows = list(show_stretch("0 median", walk(frames), walk(frames), NAMES))
    assert len(rows) == min(frames, STRETCH) and all(len(row) == len(COLUMNS) for row in rows)


def run(folder, xy, steps=None, confidence=None):
    """The filter's summary, table and tracks."""
    sure = np.ones(xy.shape[:2]) if confidence is None else confidence
    raw, times = folder / "poses.h5", folder / "times.npy"
    write_poses(make_poses(xy, sure, NAMES), raw, folder / "poses.csv", "posemake_small")
    np.save(times, np.arange(len(xy)) / 30)
    filled = settings.plain(settings.Filter, {} if steps is None else {"steps": steps})
    made = [str(folder / name) for name in ("filtered.h5", "filtered.csv", "summary.json", "filtering.csv")]
    filter_poses(raw, times, *made, filled, {"fps": None, "px_per_mm": None}, [["snout", "back"], ["back", "tail"]])
    png = folder / "filtering.png"
    look = {"colormap": "turbo", "dpi": 40}
    plot_filter(made[3], made[2], str(png), look, NAMES, list(filled["steps"]))
    assert png.stat().st_size > 3000
    tracks = pd.read_hdf(made[0]).to_numpy().reshape(len(xy), 3, 3)
    return read_json(made[2]), pd.read_csv(made[3]), tracks


def test_each_step_is_told_and_drawn(tmp_path, caplog):
    xy, sure = walk(), np.ones((2000, 3))
    xy[50, 0] += 200
    sure[[60, 61], 1] = 0.1
    steps = [{"method": method} for method in ("confidence", "speed", "interpolate", "kalman")]
    with caplog.at_level(logging.INFO, "posemake"):
        summary, table, _ = run(tmp_path, xy, steps, sure)
    told = summary["steps"]
    assert [step["method"] for step in told] == [step["method"] for step in steps]
    assert [(step["removed"], step["filled"]) for step in told] == [(2, 0), (1, 0), (0, 3), (0, 0)]
    assert told[3]["moved_median_px"] > 0 == told[2]["moved_p95_px"]
    assert told[3]["rest_jitter_after_px"] < 0.7 * told[3]["rest_jitter_before_px"]
    assert all(one["rest_jitter_after_px"] == two["rest_jitter_before_px"] for one, two in itertools.pairwise(told))
    every = summary["all_steps"]
    assert (every["removed"], every["filled"]) == (0, 0)
    assert (every["jitter_before_px"], every["jitter_after_px"]) == (told[0]["jitter_before_px"], told[3]["jitter_after_px"])
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
