"""What holds for all filters, or all of a kind."""

import numpy as np
import pytest
from fixtures.tracks import BONES, RATE, curved_walk, filtered, for_each_step, line, missing, tracks
from hypothesis import given, settings
from hypothesis import strategies as st

from posemake.config.filter_steps import STEPS, Bone, Butterworth, Confidence, Hampel, Interpolate, Kalman, Median, Savgol, Speed

SMOOTHING = (Median(), Savgol(), Butterworth(), Kalman(), Kalman(motion="acceleration"))
REMOVING = (Confidence(), Speed(limit=30, unit="px"), Bone(), Hampel())
ALL = (*REMOVING, Interpolate(), Interpolate(kind="pchip"), *SMOOTHING)


@for_each_step(SMOOTHING)
@settings(max_examples=30)
@given(given=tracks())
def test_smoothing_adds_and_drops_no_point(step, given):
    assert (missing(filtered(step, *given)) == missing(given[0])).all()


@for_each_step(REMOVING)
@settings(max_examples=30)
@given(given=tracks())
def test_removing_adds_and_moves_no_point(step, given):
    made = filtered(step, *given)
    there = ~missing(made)
    np.testing.assert_array_equal(made[there], given[0][there])


@for_each_step(ALL)
@settings(max_examples=20)
@given(given=tracks(), data=st.data())
def test_the_order_of_keypoints_is_no_matter(step, given, data):
    xy, sure = given
    order = data.draw(st.permutations(range(xy.shape[1])))
    place = np.argsort(order)
    joined = [bone for bone in BONES if max(bone) < xy.shape[1]]
    there = filtered(step, xy, sure, bones=joined)
    again = filtered(step, xy[:, order], sure[:, order], bones=[(int(place[a]), int(place[b])) for a, b in joined])
    np.testing.assert_array_equal(again, there[:, order])


@for_each_step(ALL)
@pytest.mark.parametrize("frames", [1, 2, 3, 8])
def test_short_videos_and_missing_tracks_are_no_fault(step, frames):
    xy = np.full((frames, 4, 2), np.nan)
    assert np.isnan(filtered(step, xy)).all()
    np.testing.assert_allclose(filtered(step, line(frames)), line(frames), atol=1e-6)


@for_each_step(ALL)
def test_a_smooth_track_hardly_changes(step):
    xy = curved_walk()
    made = filtered(step, xy)
    assert np.isfinite(made).all() and np.abs(made - xy).max() < 0.2


@for_each_step(SMOOTHING)
def test_noise_becomes_less(step):
    xy, true = curved_walk(3000, noise=1.0), curved_walk(3000)
    error = np.abs(filtered(step, xy) - true).mean()
    assert error < 0.8 * np.abs(xy - true).mean()


@for_each_step((*REMOVING, *SMOOTHING))
def test_a_point_that_moves_evenly_stays_where_it_is(step):
    """At the ends of a track and beside a gap, a smoother that sees one side only would pull it back."""
    for gap in (slice(30, 40), slice(30, 200)):
        xy = line(260)
        xy[gap] = xy[:3] = np.nan
        np.testing.assert_allclose(filtered(step, xy), xy, atol=1e-6)


@for_each_step((Savgol(), Kalman(motion="acceleration"), Savgol(window=9, polyorder=3)))
def test_a_parabola_is_kept(step):
    t = np.arange(80.0)
    parabola = np.stack([(t - 20) ** 2 / 10, 3 * t], 1)
    np.testing.assert_allclose(filtered(step, parabola), parabola, atol=1e-5)


@for_each_step([kind() for method, kind in STEPS.items() if method != "butterworth"])
def test_timestamps_decide_nothing_but_the_rate(step):
    xy = curved_walk(noise=2.0)
    np.testing.assert_array_equal(filtered(step, xy, rate=7.0), filtered(step, xy, rate=RATE))


def test_points_on_both_sides_of_a_long_gap_do_not_pull_each_other():
    for step in (Savgol(), Butterworth(), Kalman(process=0.01)):
        xy = np.where(np.arange(400)[:, None] < 150, [10.0, 10], [500.0, 300])
        xy[100:250] = np.nan
        np.testing.assert_allclose(filtered(step, xy), xy, atol=1e-6)
