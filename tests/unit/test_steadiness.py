import numpy as np
import pytest

from posemake.steadiness import FIGURES, describe_steadiness

NAMES, SKELETON = ["head", "back", "tail"], [["head", "back"], ["back", "tail"]]
BODY = np.array([[40.0, 0], [20, 0], [0, 0]])  # 40 px long


def walk(frames=400, speed=2.0, noise=0.0, seed=1):
    """An animal that rests for half of the time and then walks right; points shake by ``noise``."""
    place = np.maximum(0, np.arange(frames) - frames // 2) * speed
    xy = BODY + place[:, None, None] * (1.0, 0.0)
    return xy + np.random.default_rng(seed).normal(0, noise, xy.shape)


def figures(xy, trusted=None, skeleton=SKELETON):
    return describe_steadiness(xy, np.ones(xy.shape[:2], bool) if trusted is None else trusted, NAMES, skeleton)


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
    assert tuple(figures(np.full_like(xy, np.nan))) == FIGURES
    assert describe_steadiness(xy[:, :1], np.ones((50, 1), bool), NAMES[:1], [])["bone_spread"] is None
