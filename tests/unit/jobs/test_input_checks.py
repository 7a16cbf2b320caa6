import os
import time

import pytest

from posemake.core.errors import PosemakeError
from posemake.jobs.input_checks import PIECE, broken_links, changed, from_the_future, now_in, sample, stamps
from posemake.jobs.job import unchanged


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
    before = stamps([str(path), str(other), str(tmp_path / "none")])
    CHANGES[name](path)
    assert changed(before) == ([] if name == "nothing" else [str(path)])


def test_a_folder_of_images_that_changes_is_noticed(tmp_path):
    for name in ("img1.png", "img2.png"):
        write(tmp_path / "images" / name)
    before = stamps([tmp_path / "images"])
    write(tmp_path / "images/.snakemake_timestamp")
    assert not changed(before)
    write(tmp_path / "images/img2.png", "larger than it was")
    assert changed(before) == [str(tmp_path / "images")]


def test_what_is_made_of_a_file_that_changed_is_an_error(tmp_path):
    path, other = write(tmp_path / "video.mp4"), write(tmp_path / "labels.csv")
    with unchanged([path, other]):
        path.read_text()
    told = r"video\.mp4: was changed while this job read it, so nothing is kept of it"
    with pytest.raises(PosemakeError, match=told), unchanged([path, other]):
        write(path, "other")
    with pytest.raises(PosemakeError, match=r"and 1 more were, while this job") as error, unchanged([path, other]):
        write(path, "another")
        other.unlink()
        raise KeyError("a consequence")
    assert isinstance(error.value.__cause__, KeyError)
    with pytest.raises(KeyError), unchanged([path]):
        raise KeyError("of another cause")


def test_a_sample_tells_files_of_one_size_apart(tmp_path):
    content = bytearray(os.urandom(20 * PIECE))
    path = tmp_path / "raw.avi"
    path.write_bytes(content)
    first = sample(str(path))
    os.utime(path, (1e9, 1e9))
    assert sample(str(path)) == first
    for place in (0, len(content) - 1):
        other = bytearray(content)
        other[place] ^= 255
        path.write_bytes(other)
        assert sample(str(path)) != first
    write(tmp_path / "images/img1.png", "")
    one = sample(str(tmp_path / "images"))
    write(tmp_path / "images/img2.png", "b")
    assert sample(str(tmp_path / "images")) != one
    assert sample(str(tmp_path / "none"))


def test_links_and_times(tmp_path):
    there, lost, circle = (tmp_path / name for name in ("there", "lost", "circle"))
    there.symlink_to(write(tmp_path / "file"))
    lost.symlink_to("/mnt/disk/file")
    circle.symlink_to("circle")
    told = broken_links(map(str, (tmp_path / "none", there, lost, circle)))
    assert [sentence.split(",")[0] for sentence in told] == [
        f"{lost}: is a link to /mnt/disk/file",
        f"{circle}: is a link to circle",
    ]
    now = time.time()
    ahead, near = write(tmp_path / "ahead", seconds=now + 60), write(tmp_path / "near", seconds=now + 2)
    assert from_the_future(map(str, (there, lost, ahead, near)), now) == [(str(ahead), ahead.stat().st_mtime)]


def test_the_clock_of_a_drive_that_is_ahead(tmp_path, monkeypatch):
    before = time.time()
    assert before <= now_in(tmp_path) <= time.time() + 1
    assert before <= now_in(tmp_path / "none") <= time.time() + 1
    monkeypatch.setattr(time, "time", lambda: before - 3600)  # as if the drive were an hour ahead
    assert now_in(tmp_path) >= before - 1
    assert list(tmp_path.iterdir()) == []
