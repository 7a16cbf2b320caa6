"""What holds for all filters, or all of a kind."""

import itertools

import numpy as np
import pytest
from fixtures.tracks import BONES, RATE, done, each, line, missing, stroll, tracks
from hypothesis import given, settings
from hypothesis import strategies as st
from movement.filtering import interpolate_over_time

from posemake.config.filter_steps import STEPS, Bone, Butterworth, Confidence, Hampel, Interpolate, Kalman, Median, Savgol, Speed
from posemake.data.poses import make_poses

SMOOTHING = (Median(), Savgol(), Butterworth(), Kalman(), Kalman(motion="acceleration"))
REMOVING = (Confidence(), Speed(limit=30, unit="px"), Bone(), Hampel())
ALL = (*REMOVING, Interpolate(), Interpolate(kind="pchip"), *SMOOTHING)


@each(SMOOTHING)
@settings(max_examples=30)
@given(given=tracks())
def test_smoothing_adds_and_drops_no_point(step, given):
    assert (missing(done(step, *given)) == missing(given[0])).all()


@each(REMOVING)
@settings(max_examples=30)
@given(given=tracks())
def test_removing_adds_and_moves_no_point(step, given):
    made = done(step, *given)
    there = ~missing(made)
    np.testing.assert_array_equal(made[there], given[0][there])


@each((Interpolate(), Interpolate(kind="pchip"), Interpolate(max_gap=1)))
@settings(max_examples=30)
@given(given=tracks())
def test_interpolation_drops_and_moves_no_point_and_stays_between_the_neighbours(step, given):
    made, there = done(step, *given), ~missing(given[0])
    np.testing.assert_array_equal(made[there], given[0][there])
    for k in range(made.shape[1]):
        at = np.flatnonzero(there[:, k])
        for before, after in itertools.pairwise(at):
            filled = made[before + 1 : after, k]
            if len(filled) > step.max_gap:
                assert np.isnan(filled).all()
            else:
                ends = made[[before, after], k]
                assert (filled >= ends.min(0) - 1e-9).all() and (filled <= ends.max(0) + 1e-9).all()
        outer = np.delete(made[:, k], np.s_[at[0] : at[-1] + 1], 0) if len(at) else made[:, k]
        assert np.isnan(outer).all()


@settings(max_examples=30)
@given(given=tracks(), gap=st.integers(1, 8))
def test_linear_interpolation_is_that_of_movement(given, gap):
    xy, sure = given
    theirs = interpolate_over_time(make_poses(xy, sure, [f"k{k}" for k in range(xy.shape[1])]).position, max_gap=gap)
    ours = done(Interpolate(max_gap=gap), xy)
    np.testing.assert_allclose(ours, theirs.values[..., 0].transpose(0, 2, 1), atol=1e-9)


@each(ALL)
@settings(max_examples=20)
@given(given=tracks(), data=st.data())
def test_the_order_of_keypoints_is_no_matter(step, given, data):
    xy, sure = given
    order = data.draw(st.permutations(range(xy.shape[1])))
    place = np.argsort(order)
    joined = [bone for bone in BONES if max(bone) < xy.shape[1]]
    there = done(step, xy, sure, bones=joined)
    again = done(step, xy[:, order], sure[:, order], bones=[(int(place[a]), int(place[b])) for a, b in joined])
    np.testing.assert_array_equal(again, there[:, order])


@each(ALL)
@pytest.mark.parametrize("frames", [1, 2, 3, 8])
def test_short_videos_and_missing_tracks_are_no_fault(step, frames):
    xy = np.full((frames, 4, 2), np.nan)
    assert np.isnan(done(step, xy)).all()
    np.testing.assert_allclose(done(step, line(frames)), line(frames), atol=1e-6)


@each(ALL)
def test_a_smooth_track_hardly_changes(step):
    xy = stroll()
    made = done(step, xy)
    assert np.isfinite(made).all() and np.abs(made - xy).max() < 0.2


@each(SMOOTHING)
def test_noise_becomes_less(step):
    xy, true = stroll(3000, noise=1.0), stroll(3000)
    error = np.abs(done(step, xy) - true).mean()
    assert error < 0.8 * np.abs(xy - true).mean()


@each((*REMOVING, *SMOOTHING))
def test_a_point_that_moves_evenly_stays_where_it_is(step):
    """At the ends of a track and beside a gap, a smoother that sees one side only would pull it back."""
    for gap in (slice(30, 40), slice(30, 200)):
        xy = line(260)
        xy[gap] = xy[:3] = np.nan
        np.testing.assert_allclose(done(step, xy), xy, atol=1e-6)


@each((Savgol(), Kalman(motion="acceleration"), Savgol(window=9, polyorder=3)))
def test_a_parabola_is_kept(step):
    t = np.arange(80.0)
    parabola = np.stack([(t - 20) ** 2 / 10, 3 * t], 1)
    np.testing.assert_allclose(done(step, parabola), parabola, atol=1e-5)


@each([kind() for method, kind in STEPS.items() if method != "butterworth"])
def test_timestamps_decide_nothing_but_the_rate(step):
    xy = stroll(noise=2.0)
    np.testing.assert_array_equal(done(step, xy, rate=7.0), done(step, xy, rate=RATE))


def test_points_on_both_sides_of_a_long_gap_do_not_pull_each_other():
    for step in (Savgol(), Butterworth(), Kalman(process=0.01)):
        xy = np.where(np.arange(400)[:, None] < 150, [10.0, 10], [500.0, 300])
        xy[100:250] = np.nan
        np.testing.assert_allclose(done(step, xy), xy, atol=1e-6)
