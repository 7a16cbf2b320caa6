from dataclasses import asdict

import numpy as np
import pytest

from posemake.analysis.pose_quality import (
    JUMP,
    displacement_sd,
    find_conspicuous_videos,
    find_resting_steps,
    measure_pose_quality,
)
from posemake.config.settings import Refine
from posemake.data.pose_summary import PoseQuality

NAMES, SKELETON = ["head", "back", "tail"], [["head", "back"], ["back", "tail"]]
BODY = np.array([[40.0, 0], [20, 0], [0, 0]])  # 40 px long


def walk(frames=400, speed=2.0, noise=0.0, seed=1):
    """An animal that rests for half of the time and then walks right; points shake by ``noise``."""
    place = np.maximum(0, np.arange(frames) - frames // 2) * speed
    xy = BODY + place[:, None, None] * (1.0, 0.0)
    return xy + np.random.default_rng(seed).normal(0, noise, xy.shape)


def figures(xy, trusted=None, skeleton=SKELETON):
    return asdict(measure_pose_quality(xy, np.ones(xy.shape[:2], bool) if trusted is None else trusted, NAMES, skeleton))


def test_a_walk_without_noise():
    found = figures(walk())
    assert found["jitter_px"] == found["jitter_worst_px"] == found["jumps"] == 0
    assert found["bone_spread"] == found["bone_spread_worst"] == 0
    assert found["step_p99_px"] == 2


def test_jitter_is_the_noise_of_a_difference():
    """The difference of two positions that shake by 0.5 shakes by 0.5 · √2, also beside a walk."""
    for speed in (0.0, 2.0):
        assert figures(walk(4000, speed, 0.5))["jitter_px"] == pytest.approx(0.5 * np.sqrt(2), rel=0.07)
    xy = walk(4000, 0.0, 0.1)
    xy[:, 2] += np.random.default_rng(2).normal(0, 2, (4000, 2))
    found = figures(xy)
    assert found["jitter_px"] == pytest.approx(0.1 * np.sqrt(2), rel=0.1)
    assert found["jitter_worst_px"] == pytest.approx(np.hypot(2, 0.1) * np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("radius", [50, 200, 1000])
def test_an_animal_that_never_rests_has_no_jitter(radius):
    """It runs in a circle, with no noise at all: what its points move is movement."""
    angle = np.arange(1000) * 5 / radius
    ahead = np.stack([-np.sin(angle), np.cos(angle)], 1)
    centre = radius * np.stack([np.cos(angle), np.sin(angle)], 1)
    found = figures(centre[:, None] + BODY[:, :1] * ahead[:, None])
    assert found["jitter_px"] is found["jitter_worst_px"] is None
    assert found["jumps"] == 0 and found["bone_spread"] == pytest.approx(0, abs=1e-9) and found["step_median_px"] > 4


def test_a_keypoint_that_is_mostly_hidden_does_not_hide_the_jitter_of_others():
    xy, trusted = walk(4000, 0.0, 0.5), np.ones((4000, 3), bool)
    trusted[200:, 0] = False
    assert figures(xy, trusted)["jitter_px"] == pytest.approx(0.5 * np.sqrt(2), rel=0.07)


def test_steps_of_mere_noise_have_the_quantiles_of_their_distribution():
    """Lengths of steps of white noise follow Rayleigh's distribution, its scale the standard deviation of a difference."""
    found, scale = figures(walk(20000, 0.0, 0.5)), 0.5 * np.sqrt(2)
    assert found["step_median_px"] == pytest.approx(scale * np.sqrt(2 * np.log(2)), rel=0.02)
    assert found["step_p99_px"] == pytest.approx(scale * np.sqrt(2 * np.log(100)), rel=0.03)


def test_jumps_are_counted_there_and_back():
    xy = walk(101, 0.0)
    xy[[30, 60], 1] += 21  # one point of three, in two frames: four of 300 steps, each longer than 20
    assert figures(xy)["jumps"] == pytest.approx(4 / 300)
    trusted = np.ones(xy.shape[:2], bool)
    trusted[[30, 60], 1] = False
    assert figures(xy, trusted)["jumps"] == 0


def test_bones_that_stretch():
    xy = walk(100, 0.0)
    xy[::2, 2] += (4.0, 0)  # the second bone is 20 or 16 long: median 18, deviation 2
    found = figures(xy)
    assert found["bone_spread_worst"] == pytest.approx(2 / 18) and found["bone_spread"] == pytest.approx(1 / 18)
    assert figures(xy, skeleton=[["head", "back"]])["bone_spread_worst"] == 0


def test_few_points_say_nothing():
    xy = walk(50)
    assert set(figures(xy, np.zeros(xy.shape[:2], bool)).values()) == {None}
    assert figures(np.full_like(xy, np.nan)) == asdict(PoseQuality())
    assert measure_pose_quality(xy[:, :1], np.ones((50, 1), bool), NAMES[:1], []).bone_spread is None


def test_the_animal_rests_where_its_middle_hardly_moves():
    steps = find_resting_steps(walk(2000, noise=0.5), 40.0)
    assert len(steps) == 199 and (steps < 1000).all()
    assert len(find_resting_steps(walk(2000), np.nan)) == 0 and len(find_resting_steps(walk(1), 40.0)) == 0


def test_jitter_is_of_steps_whose_ends_are_known():
    xy = np.zeros((50, 1, 2))
    xy[::2] = 1.0
    assert displacement_sd(xy) == pytest.approx([np.sqrt(49 / 48) * np.sqrt(1 - 1 / 49**2)])
    xy[10] = np.nan  # two steps less, and those beside it count on
    assert displacement_sd(xy)[0] == pytest.approx(1, abs=0.03)
    xy[:31] = np.nan
    assert np.isnan(displacement_sd(xy)).all()


def test_a_jump_is_one_that_refine_takes_for_one():
    assert Refine().jump == JUMP


def compared(**figures):
    """What is said of the videos a, b, c and d."""
    same = {"jitter_px": [1.0] * 4, "jumps": [0.0] * 4, "bone_spread": [0.05] * 4}
    return find_conspicuous_videos("abcd", {name: np.array(values) for name, values in (same | figures).items()})


def test_a_video_that_is_less_steady_than_the_others_is_named():
    assert compared() == []
    assert compared(jitter_px=[1.0, 1.9, 1.0, 1.0]) == []
    assert compared(jumps=[0.0, 0.0, 0.004, 0.0]) == ["c: jumps 0.004, usually 0"]
    found = compared(jitter_px=[1.0, 3.0, 1.0, 1.0], bone_spread=[0.2, 0.05, 0.05, 0.05], jumps=[0.01, 0.0, 0.0, 0.0])
    assert found == ["a: jumps 0.01, usually 0; bone_spread 0.2, usually 0.05", "b: jitter_px 3, usually 1"]


def test_where_all_is_good_no_video_is_named():
    assert compared(jitter_px=[0.1, 0.4, 0.1, 0.1], jumps=[0.0, 0.0009, 0.0, 0.0], bone_spread=[0.001, 0.01, 0.001, 0.001]) == []


def test_of_few_videos_none_is_named():
    nan = np.nan
    assert compared(jitter_px=[1.0, 30.0, nan, nan]) == []
    assert compared(jitter_px=[1.0, 30.0, nan, 1.0]) == ["b: jitter_px 30, usually 1"]
