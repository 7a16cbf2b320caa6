import numpy as np
import pytest
from fixtures.tracks import curved_walk, filtered, for_each_step, line, missing

from posemake.config.filter_steps import Bone, Confidence, Hampel, Speed


@for_each_step((Speed(limit=30, unit="px"), Speed(limit=0.5, unit="body"), Hampel(), Bone()))
@pytest.mark.parametrize("length", [1, 2, 3])
def test_what_removes_finds_a_spike_and_nothing_else(step, length):
    xy = curved_walk(noise=0.2)
    xy[100 : 100 + length, 2] += (80, -60)
    gone = missing(filtered(step, xy))
    assert gone[100 : 100 + length, 2].all() and gone.sum() == length


def test_points_below_the_threshold_are_removed():
    made = filtered(Confidence(), line(6), [1, 0.59, 0.6, 0, np.nan, 1])
    assert missing(made).tolist() == [False, True, False, True, True, False]


@pytest.mark.parametrize("length, gone", [(10, True), (11, False)])
def test_speed_leaves_what_stays_away(length, gone):
    step, xy = Speed(limit=10, unit="px"), line(100)
    xy[40 : 40 + length] += 200
    assert missing(filtered(step, xy)).sum() == length * gone
    xy = line(100)
    xy[50:] += 200  # never comes back
    assert not missing(filtered(step, xy)).any()


def test_speed_takes_the_first_place_of_a_flicker_for_the_right_one():
    away = np.zeros(60, bool)
    away[[20, 22, 23, 25, 40]] = True
    xy = line(60) + np.where(away[:, None], 150.0, 0.0)
    assert (missing(filtered(Speed(limit=10, unit="px"), xy)) == away).all()
    xy[41] -= 300  # two wrong places, one after the other
    away[41] = True
    assert (missing(filtered(Speed(limit=10, unit="px"), xy)) == away).all()


def test_speed_counts_the_frames_of_a_gap():
    xy = line(60)
    xy[20:30] = np.nan
    xy[30:] += 50  # 7 pixels per frame of the gap, and it does not come back
    np.testing.assert_array_equal(filtered(Speed(limit=10, unit="px"), xy), xy)


@pytest.mark.parametrize("wrong", range(4))
def test_of_two_ends_of_a_bone_the_wrong_one_is_removed(wrong):
    xy, sure = curved_walk(noise=0.2), np.full((300, 4), 0.9)
    xy[100:200, wrong] += (0, 70)
    sure[100:200, wrong] = 0.8  # an outermost bone alone could be either's
    gone = missing(filtered(Bone(), xy, sure))
    assert gone[100:200, wrong].all() and gone.sum() == 100


def test_hampel_says_nothing_where_half_of_the_window_is_missing():
    xy = line(41)
    xy[20] += 300
    xy[[17, 18, 19, 21]] = np.nan
    assert not np.isnan(filtered(Hampel(), xy)[20]).any()
    xy[19] = line(41)[19]
    assert np.isnan(filtered(Hampel(), xy)[20]).all()


def test_hampel_is_that_of_its_definition():
    random = np.random.default_rng(5)
    xy = np.cumsum(random.normal(0, 3, (400, 2)), 0)
    xy[random.random(400) < 0.15] = np.nan
    xy[random.random(400) < 0.05] += 40
    expected = xy.copy()
    for t in range(400):
        window = xy[max(0, t - 3) : t + 4]
        if np.isfinite(xy[t, 0]) and np.isfinite(window[:, 0]).sum() > 3:
            middle = np.nanmedian(window, axis=0)
            spread = np.maximum(np.nanmedian(np.abs(window - middle), axis=0), 0.5)
            if (np.abs(xy[t] - middle) > 5 * spread).any():
                expected[t] = np.nan
    made = filtered(Hampel(window=7, deviations=5.0), xy)
    assert 10 < missing(made).sum() - missing(xy).sum() < 60
    np.testing.assert_array_equal(made, expected)
