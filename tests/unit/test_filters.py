import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movement.filtering import interpolate_over_time
from scipy.signal import sosfreqz

from posemake.filter_steps import (
    STEPS,
    Bone,
    Butterworth,
    Confidence,
    Hampel,
    Interpolate,
    Kalman,
    Median,
    Savgol,
    Speed,
)
from posemake.filters import Scene, apply_step, design_butterworth
from posemake.log import PosemakeError
from posemake.poses import make_poses

RATE = 30.0
SMOOTHING = (Median(), Savgol(), Butterworth(), Kalman(), Kalman(motion="acceleration"))
REMOVING = (Confidence(), Speed(limit=30, unit="px"), Bone(), Hampel())
ALL = (*REMOVING, Interpolate(), Interpolate(kind="pchip"), *SMOOTHING)
BODY = np.array([[0.0, 0], [20, 3], [40, -3], [60, 0]])  # four keypoints in a row
BONES = [(0, 1), (1, 2), (2, 3)]


def name(step):
    return " ".join(map(str, vars(step).values()))


def each(steps):
    return pytest.mark.parametrize("step", steps, ids=name)


def done(step, xy, confidence=None, rate=RATE, bones=BONES):
    """Positions after a step; those of a single keypoint may be (T, 2)."""
    xy = np.asarray(xy, float)
    table = xy[:, None] if xy.ndim == 2 else xy
    sure = np.ones(table.shape[:2]) if confidence is None else np.asarray(confidence, float).reshape(table.shape[:2])
    joined = [bone for bone in bones if max(bone) < table.shape[1]]
    before = table.copy()
    made = apply_step(step, table, Scene(sure >= 0.6, sure, np.arange(len(xy)) / rate, joined, 60.0))
    np.testing.assert_array_equal(table, before)  # what is given stays
    return made.reshape(xy.shape)


def line(frames):
    return np.stack([np.arange(frames) * 2.0, 100 - np.arange(frames)], axis=1)


def stroll(frames=300, noise=0.0, seed=0):
    """An animal of four keypoints on a wide curve, 2 pixels per frame (T, 4, 2)."""
    angle = np.arange(frames) * 2 / 150
    centre = 150 * np.stack([np.cos(angle), np.sin(angle)], 1)
    return centre[:, None] + BODY + np.random.default_rng(seed).normal(0, noise, (frames, 4, 2))


@st.composite
def tracks(draw):
    """Noisy tracks with gaps at random, and confidences."""
    frames, keypoints = draw(st.integers(1, 60)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    xy = random.normal(0, draw(st.sampled_from([0.0, 1.0, 50.0])), (frames, keypoints, 2))
    xy += np.arange(frames)[:, None, None] * random.normal(0, 3, 2)
    xy[random.random((frames, keypoints)) < draw(st.sampled_from([0.0, 0.2, 0.9]))] = np.nan
    return xy, random.choice([0.0, 0.7, 1.0], (frames, keypoints))


def missing(xy):
    assert (np.isnan(xy[..., 0]) == np.isnan(xy[..., 1])).all()
    return np.isnan(xy[..., 0])


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


@each((Speed(limit=30, unit="px"), Speed(limit=0.5, unit="body"), Hampel(), Bone()))
@pytest.mark.parametrize("length", [1, 2, 3])
def test_what_removes_finds_a_spike_and_nothing_else(step, length):
    xy = stroll(noise=0.2)
    xy[100 : 100 + length, 2] += (80, -60)
    gone = missing(done(step, xy))
    assert gone[100 : 100 + length, 2].all() and gone.sum() == length


def test_the_median_removes_a_jump_and_keeps_a_step():
    xy = line(41)
    xy[10] += 80
    np.testing.assert_allclose(done(Median(), xy), line(41), atol=4)
    step = np.where(np.arange(41)[:, None] < 20, 0.0, [50.0, 30.0])
    np.testing.assert_array_equal(done(Median(), step), step)


def test_points_below_the_threshold_are_removed():
    made = done(Confidence(), line(6), [1, 0.59, 0.6, 0, np.nan, 1])
    assert missing(made).tolist() == [False, True, False, True, True, False]


@pytest.mark.parametrize("length, gone", [(10, True), (11, False)])
def test_speed_leaves_what_stays_away(length, gone):
    step, xy = Speed(limit=10, unit="px"), line(100)
    xy[40 : 40 + length] += 200
    assert missing(done(step, xy)).sum() == length * gone
    xy = line(100)
    xy[50:] += 200  # never comes back
    assert not missing(done(step, xy)).any()


def test_speed_takes_the_first_place_of_a_flicker_for_the_right_one():
    away = np.zeros(60, bool)
    away[[20, 22, 23, 25, 40]] = True
    xy = line(60) + np.where(away[:, None], 150.0, 0.0)
    assert (missing(done(Speed(limit=10, unit="px"), xy)) == away).all()
    xy[41] -= 300  # two wrong places, one after the other
    away[41] = True
    assert (missing(done(Speed(limit=10, unit="px"), xy)) == away).all()


def test_speed_counts_the_frames_of_a_gap():
    xy = line(60)
    xy[20:30] = np.nan
    xy[30:] += 50  # 7 pixels per frame of the gap, and it does not come back
    np.testing.assert_array_equal(done(Speed(limit=10, unit="px"), xy), xy)


@pytest.mark.parametrize("wrong", range(4))
def test_of_two_ends_of_a_bone_the_wrong_one_is_removed(wrong):
    xy, sure = stroll(noise=0.2), np.full((300, 4), 0.9)
    xy[100:200, wrong] += (0, 70)
    sure[100:200, wrong] = 0.8  # an outermost bone alone could be either's
    gone = missing(done(Bone(), xy, sure))
    assert gone[100:200, wrong].all() and gone.sum() == 100


def test_hampel_says_nothing_where_half_of_the_window_is_missing():
    xy = line(41)
    xy[20] += 300
    xy[[17, 18, 19, 21]] = np.nan
    assert not np.isnan(done(Hampel(), xy)[20]).any()
    xy[19] = line(41)[19]
    assert np.isnan(done(Hampel(), xy)[20]).all()


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
    made = done(Hampel(window=7, deviations=5.0), xy)
    assert 10 < missing(made).sum() - missing(xy).sum() < 60
    np.testing.assert_array_equal(made, expected)


def gain(step, rate, frequency):
    """By how much a wave is made smaller, and by how many degrees it is late."""
    t = np.arange(3000) / rate
    wave = np.stack([np.sin(2 * np.pi * frequency * t), np.cos(2 * np.pi * frequency * t)], 1)
    made = (done(step, 10 * wave, rate=rate) / 10)[1000:2000]
    inner = wave[1000:2000]
    back = (made[:, 1] + 1j * made[:, 0]) / (inner[:, 1] + 1j * inner[:, 0])
    return abs(back.mean()), np.degrees(np.angle(back.mean()))


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("rate", [25.0, 120.0])
def test_butterworth_halves_the_power_at_its_cutoff_and_delays_nothing(rate, order):
    step = Butterworth(cutoff=5.0, order=order)
    assert gain(step, rate, 5.0) == pytest.approx((np.sqrt(0.5), 0), abs=0.005)
    for frequency in (0.5, 3.0, 8.0):
        assert gain(step, rate, frequency)[1] == pytest.approx(0, abs=0.5)
    assert gain(step, rate, 0.5)[0] > 0.98 > 0.5 > gain(step, rate, 10.0)[0]
    _, response = sosfreqz(design_butterworth(step, rate), [5.0], fs=rate)
    assert abs(response[0]) ** 2 == pytest.approx(np.sqrt(0.5))


@pytest.mark.parametrize("cutoff", [15.0, 40.0])
def test_a_cutoff_that_the_frame_rate_does_not_allow_is_refused(cutoff):
    with pytest.raises(PosemakeError, match=rf"the cutoff, {cutoff:g} Hz, must be below half of the frame rate, which is 30 per"):
        done(Butterworth(cutoff=cutoff), line(50))


def test_times_that_tell_no_rate_are_refused():
    with pytest.raises(PosemakeError, match="give fps in the sheet"):
        apply_step(Butterworth(), line(50)[:, None], Scene(np.ones((50, 1), bool), np.ones((50, 1)), np.zeros(50), [], np.nan))


def kalman_in_time(y, step):
    """Kalman's filter and the smoother of Rauch, Tung & Striebel (1965), frame by frame, for one coordinate (T,)."""
    size = 2 if step.motion == "velocity" else 3
    move = np.eye(size) + np.eye(size, k=1)
    noise = np.zeros((size, size))
    noise[-1, -1] = step.process**2
    state, cover = np.zeros(size), np.eye(size) * 1e8
    filtered, predicted = [], []
    for value in y:
        predicted.append((state, cover))
        if np.isfinite(value):
            weight = cover[:, 0] / (cover[0, 0] + step.measurement**2)
            state, cover = state + weight * (value - state[0]), cover - np.outer(weight, cover[0])
        filtered.append((state, cover))
        state, cover = move @ state, move @ cover @ move.T + noise
    smooth = [filtered[-1][0]]
    for t in range(len(y) - 2, -1, -1):
        back = filtered[t][1] @ move.T @ np.linalg.inv(predicted[t + 1][1])
        smooth.insert(0, filtered[t][0] + back @ (smooth[0] - predicted[t + 1][0]))
    return np.array(smooth)[:, 0]


@each((Kalman(), Kalman(process=0.05), Kalman(motion="acceleration", measurement=2.0)))
def test_the_smoother_is_that_of_kalmans_filter(step):
    random = np.random.default_rng(3)
    xy = line(120) + random.normal(0, 2, (120, 2))
    xy[random.random(120) < 0.2] = xy[50:70] = np.nan
    made = done(step, xy)
    for axis in range(2):
        expected = np.where(missing(xy), np.nan, kalman_in_time(xy[:, axis], step))
        np.testing.assert_allclose(made[:, axis], expected, atol=2e-3)


@each([kind() for method, kind in STEPS.items() if method != "butterworth"])
def test_timestamps_decide_nothing_but_the_rate(step):
    xy = stroll(noise=2.0)
    np.testing.assert_array_equal(done(step, xy, rate=7.0), done(step, xy, rate=RATE))


def test_points_on_both_sides_of_a_long_gap_do_not_pull_each_other():
    for step in (Savgol(), Butterworth(), Kalman(process=0.01)):
        xy = np.where(np.arange(400)[:, None] < 150, [10.0, 10], [500.0, 300])
        xy[100:250] = np.nan
        np.testing.assert_allclose(done(step, xy), xy, atol=1e-6)
