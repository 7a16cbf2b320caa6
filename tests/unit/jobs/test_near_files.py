"""Which file is meant by a path that leads nowhere."""

import pytest

from posemake.jobs.near_files import find_near_file, first_missing_folder


@pytest.mark.parametrize(
    "name, there",
    [
        ("m1.mp4", "m1.MP4"),
        ("m1.avi", "m1.mp4"),
        ("mouse 1.mp4", "mouse_1.mp4"),
        ("Mouse-1.mp4", "mouse_1.mp4"),
        ("moues_1.mp4", "mouse_1.mp4"),
        ("openfeild_2021-05-03.mp4", "openfield_2021-05-03.mp4"),
        ("sessions", "session"),
        ("cafe\u0301.mp4", "caf\u00e9.mp4"),
    ],
)
def test_a_name_that_is_written_in_another_way_is_proposed(tmp_path, name, there):
    (tmp_path / there).touch()
    assert find_near_file(str(tmp_path / name), []) == str(tmp_path / there)
    assert find_near_file(str(tmp_path / name), [str(tmp_path / there)]) is None


@pytest.mark.parametrize(
    "name, there",
    [
        ("fast_1.mp4", "fast_2.mp4"),
        ("m_2021-05-03.mp4", "m_2021-05-04.mp4"),
        ("m_1_11.mp4", "m_11_1.mp4"),
        ("m01.mp4", "m1.mp4"),
        ("mouse_a.mp4", "mouse_b.mp4"),
        ("cam_top.mp4", "cam_tap.mp4"),
        ("mouse_left.mp4", "mouse_right.mp4"),
        ("day1.mp4", "day11.mp4"),
        ("mouse.mp4", "mouse_1.mp4"),
        ("treated.mp4", "untreated.mp4"),
        ("m1.mp4", "m1.csv"),
    ],
)
def test_another_recording_is_never_proposed(tmp_path, name, there):
    (tmp_path / there).touch()
    assert find_near_file(str(tmp_path / name), []) is None


def test_nothing_is_proposed_where_two_files_are_as_near(tmp_path):
    for name in ("m1.avi", "m1.mkv"):
        (tmp_path / name).touch()
    assert find_near_file(str(tmp_path / "m1.mp4"), []) is None


def test_the_folder_that_is_missing(tmp_path):
    assert first_missing_folder(str(tmp_path / "disk/raw/m1.mp4")) == str(tmp_path / "disk")
    assert first_missing_folder(str(tmp_path / "m1.mp4")) is None
    assert first_missing_folder("nowhere/m1.mp4") == "nowhere"
    assert first_missing_folder("m1.mp4") is None
