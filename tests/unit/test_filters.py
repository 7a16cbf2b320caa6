import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posemake.filters import clean
from posemake.poses import arrays, make_poses
from posemake.settings import Filter

GAPS_ONLY = Filter(threshold=0.6, max_gap=3, method="none")


def track(xy, confidence=None):
    """Poses of one keypoint or more from positions (T, 2) or (T, K, 2)."""
    xy = np.asarray(xy, float)
    xy = xy[:, None] if xy.ndim == 2 else xy
    sure = np.ones(xy.shape[:2]) if confidence is None else np.asarray(confidence, float).reshape(xy.shape[:2])
    return make_poses(xy, sure, [f"k{i}" for i in range(xy.shape[1])], np.arange(len(xy)) / 25)


def line(frames):
    return np.stack([np.arange(frames) * 2.0, 100 - np.arange(frames)], axis=1)


def cleaned(poses, wanted):
    """Positions (T, 2) of the first keypoint."""
    made = clean(poses, wanted)
    assert made.dims == poses.position.dims and made.shape == poses.position.shape
    return arrays(poses.assign(position=made))[0][:, 0]


def test_points_below_the_threshold_become_missing():
    confidence = [1, 0.59, 0.6, 0, np.nan, 1]
    xy = cleaned(track(line(6), confidence), Filter(threshold=0.6, max_gap=0, method="none"))
    assert np.isfinite(xy[:, 0]).tolist() == [True, False, True, False, False, True]
    assert (np.isnan(xy[:, 0]) == np.isnan(xy[:, 1])).all()
    np.testing.assert_array_equal(xy[[0, 2, 5]], line(6)[[0, 2, 5]])


@pytest.mark.parametrize("gap, filled", [(1, True), (2, True), (3, True), (4, False), (7, False)])
def test_gaps_are_bridged_up_to_the_longest_allowed(gap, filled):
    confidence = np.ones(20)
    confidence[5 : 5 + gap] = 0
    bent = line(20)
    bent[5 : 5 + gap] += 50  # what was there is not used
    xy = cleaned(track(bent, confidence), GAPS_ONLY)
    if filled:
        np.testing.assert_allclose(xy, line(20))
    else:
        assert np.isnan(xy[5 : 5 + gap]).all()
        np.testing.assert_array_equal(np.delete(xy, np.s_[5 : 5 + gap], 0), np.delete(line(20), np.s_[5 : 5 + gap], 0))


def test_gaps_at_the_ends_stay_open():
    confidence = np.ones(10)
    confidence[[0, 9]] = 0
    assert np.isnan(cleaned(track(line(10), confidence), GAPS_ONLY)[[0, 9]]).all()


def test_each_keypoint_has_gaps_of_its_own():
    confidence = np.ones((12, 2))
    confidence[4:6, 0] = confidence[3:10, 1] = 0
    made = clean(track(np.stack([line(12), line(12) + 7], 1), confidence), GAPS_ONLY)
    assert np.isnan(made.values[:, 0, :, 0]).sum(0).tolist() == [0, 7]


def test_the_median_removes_a_jump_and_keeps_a_line():
    jump = line(21)
    jump[10] += 80
    np.testing.assert_allclose(cleaned(track(jump), Filter(method="median", window=5))[2:-2], line(21)[2:-2], atol=2)
    np.testing.assert_allclose(cleaned(track(line(21)), Filter(method="median", window=5))[2:-2], line(21)[2:-2])


def test_savgol_keeps_a_parabola_and_calms_noise():
    t = np.arange(40.0)
    parabola = np.stack([(t - 20) ** 2, 3 * t], 1)
    wanted = Filter(method="savgol", window=7, polyorder=2)
    np.testing.assert_allclose(cleaned(track(parabola), wanted)[3:-3], parabola[3:-3], atol=1e-6)
    noise = np.random.default_rng(0).normal(0, 1, (40, 2))
    rest = cleaned(track(parabola + noise), wanted)[3:-3] - parabola[3:-3]
    assert rest.std() < 0.8 * noise.std()


def test_none_leaves_confident_points_as_they_are():
    jump = line(15)
    jump[7] += 80
    np.testing.assert_array_equal(cleaned(track(jump), Filter(method="none")), jump)


@pytest.mark.parametrize("method", ["median", "savgol"])
@settings(max_examples=20)
@given(data=st.data())
def test_smoothing_adds_and_drops_no_point(method, data):
    frames = data.draw(st.integers(1, 25))
    confidence = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=2 * frames, max_size=2 * frames))
    gap = data.draw(st.integers(0, 5))
    poses = track(np.stack([line(frames), line(frames)], 1), confidence)
    rough = clean(poses, Filter(method="none", max_gap=gap))
    smooth = clean(poses, Filter(method=method, max_gap=gap, window=5))
    assert (smooth.notnull() == rough.notnull()).all()


@pytest.mark.parametrize("method", ["median", "savgol"])
def test_a_video_shorter_than_the_window_is_not_smoothed(method):
    xy = [[0.0, 0], [9, 3], [1, 8]]
    np.testing.assert_array_equal(cleaned(track(xy), Filter(method=method, window=5)), xy)


@pytest.mark.parametrize("method", ["median", "savgol", "none"])
def test_a_keypoint_that_is_never_there_stays_so_alone(method):
    confidence = np.ones((20, 2))
    confidence[:, 1] = 0
    made = clean(track(np.stack([line(20), line(20)], 1), confidence), Filter(method=method))
    assert made.sel(keypoints="k0").notnull().all() and made.sel(keypoints="k1").isnull().all()


@pytest.mark.parametrize("method", ["median", "savgol"])
def test_a_long_gap_does_not_pull_what_lies_beside_it_away(method):
    confidence = np.ones(40)
    confidence[15:25] = 0
    bent = line(40)
    bent[15:25] = 1e6
    xy = cleaned(track(bent, confidence), Filter(method=method, window=5))
    there = np.isfinite(xy[:, 0])
    assert there.sum() == 30
    np.testing.assert_allclose(xy[there], line(40)[there], atol=4)


@pytest.mark.parametrize("method", ["median", "savgol"])
def test_a_point_that_moves_evenly_stays_where_it_is(method):
    """At the ends of a track and beside a gap, a smoother that sees one side only would pull it back."""
    sure = np.ones(60)
    sure[30:40] = 0
    made = cleaned(track(line(60), sure), Filter(method=method, max_gap=5))
    np.testing.assert_allclose(made[sure == 1], line(60)[sure == 1], atol=1e-6)
    assert np.isnan(made[sure == 0]).all()


@pytest.mark.parametrize("method", ["median", "savgol", "none"])
def test_timestamps_decide_nothing(method):
    """Frames count, not seconds: neither a variable rate nor two frames with one timestamp change the filter."""
    xy = np.random.default_rng(1).uniform(0, 99, (40, 2))
    poses = track(xy, np.arange(40) % 7 / 6)
    odd = poses.assign_coords(time=np.round(np.arange(40) ** 1.1 / 3) / 10)
    assert len(set(odd.time.values)) < 40
    np.testing.assert_array_equal(cleaned(odd, Filter(method=method)), cleaned(poses, Filter(method=method)))
