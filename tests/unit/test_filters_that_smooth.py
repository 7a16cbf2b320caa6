import numpy as np
import pytest
from scipy.signal import sosfreqz
from tracks import done, each, line, missing

from posemake.filter_steps import Butterworth, Kalman, Median
from posemake.filters import Scene, apply_step, design_butterworth
from posemake.log import PosemakeError


def test_the_median_removes_a_jump_and_keeps_a_step():
    xy = line(41)
    xy[10] += 80
    np.testing.assert_allclose(done(Median(), xy), line(41), atol=4)
    step = np.where(np.arange(41)[:, None] < 20, 0.0, [50.0, 30.0])
    np.testing.assert_array_equal(done(Median(), step), step)


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


@pytest.mark.parametrize("rate", [60.0, 240.0, 700.0])
def test_the_rate_of_times_in_whole_milliseconds_with_gaps(rate):
    times = np.round(np.arange(3000) / rate, 3)
    times[1500:] += 60  # the camera paused
    assert Scene(np.ones((3000, 1), bool), np.ones((3000, 1)), times, [], np.nan).rate() == pytest.approx(rate, rel=1e-3)


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
