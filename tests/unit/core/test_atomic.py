"""Atomic writing of files."""

import errno
import os

import pytest

from posemake.core import atomic
from posemake.core.atomic import atomic_write, atomic_write_files, write_bytes, write_text


def test_a_file_appears_whole_in_folders_that_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "poses.h5"
    with atomic_write(path) as part:
        part.write_text("half")
        assert part.parent == path.parent and part.suffix == ".h5" and part != path
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, "old"])
def test_an_error_leaves_what_was_there(tmp_path, error, old):
    path = tmp_path / "file.csv"
    if old:
        path.write_text(old)
    with pytest.raises(error), atomic_write(path) as part:
        part.write_text("half")
        raise error
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == ({"file.csv": old} if old else {})


def test_a_body_that_writes_nothing_is_an_error(tmp_path):
    path = tmp_path / "file.csv"
    with pytest.raises(FileNotFoundError), atomic_write(path):
        pass
    assert not path.exists()


def test_files_that_differ_in_their_ending_are_written_side_by_side(tmp_path):
    with atomic_write(tmp_path / "poses.h5") as first, atomic_write(tmp_path / "poses.csv") as second:
        first.write_text("h5")
        second.write_text("csv")
    assert (tmp_path / "poses.h5").read_text() == "h5" and (tmp_path / "poses.csv").read_text() == "csv"


def test_the_content_is_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    """Else a power cut leaves an empty file that looks finished."""
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, name=name, real=real: (calls.append(name), real(*given))[1])
    write_bytes(tmp_path / "a.png", b"abc")
    assert calls == ["fsync", "replace"] and (tmp_path / "a.png").read_bytes() == b"abc"


def test_an_error_of_the_disk_names_the_file(tmp_path):
    with pytest.raises(OSError) as raised, atomic_write(tmp_path / "a.png") as part:
        part.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.errno == errno.ENOSPC and raised.value.filename == str(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_cannot_be_removed_hides_no_error(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EROFS, "", "part")))
    with pytest.raises(OSError) as raised, atomic_write(tmp_path / "a.png"):
        raise OSError(errno.EROFS, "Read-only file system")
    assert raised.value.filename == str(tmp_path / "a.png")


def test_text_is_utf8_with_its_own_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "für ○\n")
    assert (tmp_path / "a.txt").read_bytes() == "für ○\n".encode()


def test_several_files_are_replaced_after_all_are_on_the_disk(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, name=name, real=real: (calls.append(name), real(*given))[1])
    atomic_write_files({tmp_path / "b.csv": b"b", tmp_path / "a.csv": b"a"})
    assert calls == ["fsync", "fsync", "replace", "replace", "fsync"]  # the last is that of the folder
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": b"a", "b.csv": b"b"}


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/a.csv").write_text("old")
    (tmp_path / "a.csv").symlink_to("shared/a.csv")
    atomic_write_files({tmp_path / "a.csv": b"new"})
    assert (tmp_path / "a.csv").is_symlink() and (tmp_path / "shared/a.csv").read_text() == "new"


def test_an_error_in_one_of_several_files_leaves_all_as_they_were(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(FileNotFoundError):
        atomic_write_files({tmp_path / "a.csv": b"new", tmp_path / "none" / "b.csv": b"new"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "old"}
