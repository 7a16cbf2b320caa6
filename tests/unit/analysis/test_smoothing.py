import numpy as np
import pytest
from fixtures.tracks import RATE, filtered, for_each_step, line, missing, tracks
from hypothesis import given, settings
from hypothesis import strategies as st
from movement.filtering import rolling_filter
from scipy.signal import sosfiltfilt, sosfreqz

from posemake.analysis.filter_context import FilterContext
from posemake.analysis.filters import apply_step
from posemake.analysis.smoothing import design_butterworth
from posemake.config.filter_steps import Butterworth, Kalman, Median, Savgol
from posemake.core.errors import PosemakeError
from posemake.data.poses import Poses


def test_the_median_removes_a_jump_and_keeps_a_step():
    xy = line(41)
    xy[10] += 80
    np.testing.assert_allclose(filtered(Median(), xy), line(41), atol=4)
    step = np.where(np.arange(41)[:, None] < 20, 0.0, [50.0, 30.0])
    np.testing.assert_array_equal(filtered(Median(), step), step)


@given(given=tracks(), window=st.sampled_from([3, 5, 9]))
def test_the_median_is_that_of_movement_where_its_window_is_whole(given, window):
    xy, sure = given
    made, half = filtered(Median(window=window), xy, sure), window // 2
    whole = np.zeros(xy.shape[:2], bool)
    for frame in range(half, len(xy) - half):
        whole[frame] = ~missing(xy[frame - half : frame + half + 1]).any(0)
    theirs = rolling_filter(
        Poses.of_one(xy, sure, [f"k{k}" for k in range(xy.shape[1])]).to_movement().position, window, "median"
    )
    expected = np.where(whole[..., None], theirs.values[..., 0].transpose(0, 2, 1), xy)
    np.testing.assert_array_equal(made, expected)


BY_PIECE = (Savgol(), Savgol(window=9), Butterworth(), Butterworth(cutoff=1.0, order=4), Kalman(), Kalman(motion="acceleration"))


@for_each_step(BY_PIECE)
@settings(max_examples=30)
@given(
    pieces=st.lists(st.tuples(st.integers(1, 400), st.integers(101, 300)), min_size=2, max_size=6), seed=st.integers(0, 2**32 - 1)
)
def test_a_piece_between_long_gaps_is_smoothed_as_if_it_were_alone(step, pieces, seed):
    random = np.random.default_rng(seed)
    xy = np.full((sum(map(sum, pieces)), 2), np.nan)
    expected, frame = xy.copy(), 0
    for known, gap in pieces:
        piece = np.cumsum(random.normal(0, 3, (known, 2)), axis=0) + random.uniform(0, 2000, 2)
        piece[1:-1][random.random(max(known - 2, 0)) < 0.1] = np.nan
        at = slice(frame, frame + known)
        xy[at], expected[at] = piece, filtered(step, piece)
        frame += known + gap
    np.testing.assert_allclose(filtered(step, xy), expected, atol=1e-9)


@for_each_step((Butterworth(), Butterworth(cutoff=1.0, order=4)))
@pytest.mark.parametrize("frames", [2, 3, 40, 127, 128, 129, 1000])
def test_butterworth_is_that_of_scipy_on_a_track_and_its_mirror_images(step, frames):
    xy = line(frames) + np.random.default_rng(frames).normal(0, 3, (frames, 2))
    mirrored = np.pad(xy, ((500, 500), (0, 0)), mode="reflect", reflect_type="odd")
    expected = sosfiltfilt(design_butterworth(step, RATE), mirrored, axis=0, padlen=0)[500:-500]
    np.testing.assert_allclose(filtered(step, xy), expected, atol=1e-4)


def gain(step, rate, frequency):
    """By how much a wave is made smaller, and by how many degrees it is late."""
    t = np.arange(3000) / rate
    wave = np.stack([np.sin(2 * np.pi * frequency * t), np.cos(2 * np.pi * frequency * t)], 1)
    made = (filtered(step, 10 * wave, rate=rate) / 10)[1000:2000]
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
        filtered(Butterworth(cutoff=cutoff), line(50))


@pytest.mark.parametrize("rate", [60.0, 240.0, 700.0])
def test_the_rate_of_times_in_whole_milliseconds_with_gaps(rate):
    times = np.round(np.arange(3000) / rate, 3)
    times[1500:] += 60  # the camera paused
    assert FilterContext(np.ones((3000, 1), bool), np.ones((3000, 1)), times, [], np.nan).frame_rate() == pytest.approx(
        rate, rel=1e-3
    )


def test_times_that_tell_no_rate_are_refused():
    context = FilterContext(np.ones((50, 1), bool), np.ones((50, 1)), np.zeros(50), [], np.nan)
    with pytest.raises(PosemakeError, match="give fps in the sheet"):
        apply_step(Butterworth(), line(50)[:, None], context)


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


@for_each_step((Kalman(), Kalman(process=0.05), Kalman(motion="acceleration", measurement=2.0)))
def test_the_smoother_is_that_of_kalmans_filter(step):
    random = np.random.default_rng(3)
    xy = line(120) + random.normal(0, 2, (120, 2))
    xy[random.random(120) < 0.2] = xy[50:70] = np.nan
    made = filtered(step, xy)
    for axis in range(2):
        expected = np.where(missing(xy), np.nan, kalman_in_time(xy[:, axis], step))
        np.testing.assert_allclose(made[:, axis], expected, atol=2e-3)
