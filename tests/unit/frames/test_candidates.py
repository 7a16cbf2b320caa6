"""Frames that can be chosen for labelling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import Frames
from posemake.frames.candidates import CandidateRow, list_candidates, reasons_to_drop, thin_frames
from posemake.video.info import VideoInfo


def level(count=100, value=100.0):
    return np.full(count, value) + 0.5 * np.sin(np.arange(count))


def changed(rows, value, count=100):
    brightness = level(count)
    brightness[rows] = value
    return brightness


@pytest.mark.parametrize(
    "brightness, dropped",
    [
        (level(), {}),
        (changed(40, 200.0), {40: "flash"}),
        (changed([0, 99], 200.0), {0: "flash", 99: "flash"}),
        (changed([40, 41, 42, 43], 40.0), dict.fromkeys([40, 41, 42, 43], "flash")),
        (changed(40, 125.0), {}),  # less than asked
        (changed(40, 5.0), {40: "dark"}),
        (changed(slice(40, 100), 170.0), {}),  # the light is turned on
        (changed(slice(90, 100), 170.0), {}),
        (changed(slice(40, 70), 170.0), {}),
        (changed(slice(0, 100, 2), 170.0), {}),  # it flickers
        (np.linspace(10, 250, 100), {}),
        (np.array([100.0]), {}),
        (np.array([]), {}),
    ],
)
def test_dark_and_flashed_frames_are_found_and_a_lasting_change_is_none(brightness, dropped):
    reasons = reasons_to_drop(brightness, np.full(len(brightness), 20.0), dark=8, flash=30)
    assert {row: text for row, text in enumerate(reasons) if text} == dropped


def test_a_flash_is_found_while_the_light_changes_slowly():
    brightness = np.linspace(60, 160, 100)
    brightness[20] += 60
    reasons = reasons_to_drop(brightness, np.full(100, 20.0), dark=8, flash=30)
    assert np.flatnonzero(reasons != "").tolist() == [20] and reasons[20] == "flash"


def test_flicker_counts_where_it_is():
    brightness = changed(slice(60, 120, 2), 170.0, 160)
    brightness[20] = 170
    reasons = reasons_to_drop(brightness, np.full(160, 20.0), dark=8, flash=30)
    assert reasons[20] == "flash" and not any(reasons[75:105])


def test_blank_frames_are_found_and_dark_ones_are_called_dark():
    reasons = reasons_to_drop(np.array([100.0, 100.0, 2.0]), np.array([20.0, 1.0, 0.0]), dark=8, flash=30)
    assert reasons.tolist() == ["", "blank", "dark"]


@given(st.integers(0, 50), st.integers(1, 300), st.integers(1, 9), st.integers(2, 40))
def test_candidates_are_spread_over_the_window(start, length, stride, most):
    frames = thin_frames(start, start + length, stride, most)
    every = range(start, start + length, stride)
    assert len(frames) == min(most, len(every)) and set(frames.tolist()) <= set(every)
    assert frames[0] == start and frames[-1] == every[-1]
    steps = np.diff(frames)
    assert (steps > 0).all() and np.ptp(steps) <= stride if len(steps) else True


def test_the_candidates_are_the_union_of_stride_and_list():
    info = VideoInfo(frames=100, width=10, height=10)
    candidates = list_candidates("a.mp4", info, Frames(method="manual", stride=30), CandidateRow(frames=[7, 3, 7]))
    assert candidates.frames.tolist() == [0, 3, 7, 30, 60, 90] and candidates.listed == [3, 7]
    assert candidates.region == (0, 10, 0, 10)
