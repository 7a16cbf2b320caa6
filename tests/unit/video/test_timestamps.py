"""What follows from timestamps."""

import numpy as np
import pytest
from fixtures.corpus import encode, numbered
from hypothesis import given
from hypothesis import strategies as st

from posemake.video import probe
from posemake.video.info import VideoReport
from posemake.video.timestamps import add_times, is_strictly_increasing, mean_rate, missing_end

# What follows from timestamps

stamps = st.lists(st.none() | st.integers(-5, 5), max_size=6)


@given(pts=stamps)
def test_timestamps_tell_frames_apart_where_all_are_there_and_grow(pts):
    assert is_strictly_increasing(pts) is (None not in pts and pts == sorted(set(pts)))


@given(pts=stamps.filter(len))
def test_there_is_a_time_for_each_frame_and_it_grows(pts):
    report, times, exact = add_times(VideoReport(fps=20.0, time_base="1/10"), pts, [True] * len(pts))
    assert len(times) == report.frames == len(pts) and (np.diff(times) > 0).all()
    if is_strictly_increasing(pts):
        assert exact.tolist() == pts and times == pytest.approx(np.array(pts) / 10) and report.findings == ()
    else:
        assert not len(exact) and times == pytest.approx(np.arange(len(pts)) / 20) and len(report.findings) == 1
        assert ("missing" if None in pts else "not in order") in report.findings[0]
        assert "the rate that is stated, 20 per second; give `fps`" in report.findings[0]
    assert (report.first_time, report.last_time) == (times[0], times[-1])


@pytest.mark.parametrize(
    "steps, variable",
    [
        ([40] * 9, False),
        ([33, 33, 34] * 3, False),
        ([40, 41, 39, 40], False),
        ([40, 40, 80, 40], True),
        ([40, 10, 40], True),
        ([], False),
    ],
)
def test_a_variable_rate_is_one_whose_steps_differ_by_half(steps, variable):
    """Rounding of times to milliseconds is none."""
    pts = np.cumsum([0, *steps]).tolist()
    report, *_ = add_times(VideoReport(fps=25.0, time_base="1/1000"), pts, [True] * len(pts))
    assert report.variable_rate is variable


@pytest.mark.parametrize(
    "keys, gap", [("K", 1), ("KKKK", 1), ("K---", 4), ("K--K----K-", 5), ("K-K-----", 6), ("--K-", 2), ("----", 4)]
)
def test_the_gap_is_the_longest_way_to_the_next_keyframe(keys, gap):
    report, *_ = add_times(VideoReport(fps=25.0, time_base="1/25"), list(range(len(keys))), [key == "K" for key in keys])
    assert report.keyframe_gap == gap and report.keyframes == keys.count("K")


@pytest.mark.parametrize(
    "stated, real, rate", [(30.0, 10.0, 10.0), (30.0, 29.9702, 30.0), (30.0, None, 30.0), (25.0, 25.4, 25.0), (12.9, 30.3, 30.3)]
)
def test_the_mean_rate_is_what_is_stated_where_timestamps_do_not_say_otherwise(stated, real, rate):
    assert mean_rate(stated, real) == rate


def test_a_file_that_states_no_rate_is_said_to_be_so():
    report, times, _ = add_times(VideoReport(time_base="1/25"), [None] * 4, [True] * 4)
    assert report.fps == 30 and times == pytest.approx(np.arange(4) / 30)
    assert report.findings[0].startswith("the file states no frame rate: 30 per second is assumed; give `fps`")


@pytest.mark.parametrize(
    "claimed, audio, short",
    [
        (None, None, 0),
        (10.0, None, 0),
        (9.0, None, 0),
        (10.2, None, 0),
        (10.5, None, 0.5),
        (10.9, "aac", 0),  # sound often outlasts the picture
        (12.0, "aac", 2),
        (3600.0, "aac", 3590),
    ],
)
def test_a_video_is_missing_end_what_the_container_claims_beyond_its_end(claimed, audio, short):
    report = VideoReport(fps=25.0, real_fps=25.0, duration=9.96, container_duration=claimed, audio=audio)
    assert missing_end(report) == pytest.approx(short)


def test_the_last_frame_of_a_slow_video_is_not_short():
    assert missing_end(VideoReport(fps=25.0, real_fps=0.1, duration=90.0, container_duration=100.0)) == 0


def test_sound_that_outlasts_the_picture_is_no_fault(tmp_path):
    path = encode(tmp_path / "a.mp4", numbered(20), sound=True)  # 0.8 s, and 1.28 s of sound
    report, *_ = probe.probe(path)
    assert report.audio == "aac" and report.container_duration > 1.2 and report.findings == ()
