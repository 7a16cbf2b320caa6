"""Checks of input files."""

import os
import time

import pytest

from posemake.core.errors import PosemakeError
from posemake.jobs.input_checks import changed_files, current_time, describe_broken_links, file_states, future_files
from posemake.jobs.job import forbid_changes


def write(path, text="0123456789", seconds=1e9):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (seconds, seconds))
    return path


CHANGES = {
    "nothing": lambda path: path.read_text(),
    "longer": lambda path: write(path, "0123456789a"),
    "newer": lambda path: write(path, seconds=1e9 + 1),
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_changes_is_noticed(tmp_path, name):
    path, other = write(tmp_path / "a" / "video.mp4"), write(tmp_path / "b.csv")
    before = file_states([str(path), str(other), str(tmp_path / "none")])
    CHANGES[name](path)
    assert changed_files(before) == ([] if name == "nothing" else [str(path)])


def test_a_folder_of_images_that_changes_is_noticed(tmp_path):
    for name in ("img1.png", "img2.png"):
        write(tmp_path / "images" / name)
    before = file_states([tmp_path / "images"])
    write(tmp_path / "images/.snakemake_timestamp")
    assert not changed_files(before)
    write(tmp_path / "images/img2.png", "larger than it was")
    assert changed_files(before) == [str(tmp_path / "images")]


def test_what_is_made_of_a_file_that_changed_is_an_error(tmp_path):
    path, other = write(tmp_path / "video.mp4"), write(tmp_path / "labels.csv")
    with forbid_changes([path, other]):
        path.read_text()
    told = r"video\.mp4: was changed while this job read it, so nothing is kept of it"
    with pytest.raises(PosemakeError, match=told), forbid_changes([path, other]):
        write(path, "other")
    with pytest.raises(PosemakeError, match=r"and 1 more were, while this job") as error, forbid_changes([path, other]):
        write(path, "another")
        other.unlink()
        raise KeyError("a consequence")
    assert isinstance(error.value.__cause__, KeyError)
    with pytest.raises(KeyError), forbid_changes([path]):
        raise KeyError("of another cause")


def test_links_and_times(tmp_path):
    there, lost, circle = (tmp_path / name for name in ("there", "lost", "circle"))
    there.symlink_to(write(tmp_path / "file"))
    lost.symlink_to("/mnt/disk/file")
    circle.symlink_to("circle")
    told = describe_broken_links(map(str, (tmp_path / "none", there, lost, circle)))
    assert [sentence.split(",")[0] for sentence in told] == [
        f"{lost}: is a link to /mnt/disk/file",
        f"{circle}: is a link to circle",
    ]
    now = time.time()
    ahead, near = write(tmp_path / "ahead", seconds=now + 60), write(tmp_path / "near", seconds=now + 2)
    assert future_files(map(str, (there, lost, ahead, near)), now) == [(str(ahead), ahead.stat().st_mtime)]


def test_the_clock_of_a_drive_that_is_ahead(tmp_path, monkeypatch):
    before = time.time()
    assert before <= current_time(tmp_path) <= time.time() + 1
    assert before <= current_time(tmp_path / "none") <= time.time() + 1
    monkeypatch.setattr(time, "time", lambda: before - 3600)  # as if the drive were an hour ahead
    assert current_time(tmp_path) >= before - 1
    assert list(tmp_path.iterdir()) == []
