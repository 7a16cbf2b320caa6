"""What is said of a full disk, of no memory, and of a kill."""

import errno
import os
from types import SimpleNamespace

import numpy as np
import pytest

from posemake.core import machine_errors as faults
from posemake.core.machine_errors import as_disk_fault, disk_sentence, how_it_ended, is_full, sentence_of


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "there is no space left on the disk of results/a.h5; make space there and run again"),
        (errno.EDQUOT, "quota"),
        (errno.EFBIG, "results/a.h5 grew larger"),
        (errno.EROFS, "the disk of results/a.h5 has become read-only"),
        (errno.EIO, "the disk of results/a.h5 gives errors"),
    ],
)
def test_faults_of_a_disk(number, words):
    assert words in sentence_of(OSError(number, os.strerror(number), "results/a.h5"))


def test_a_file_without_a_name():
    assert "the disk of a temporary file" in sentence_of(OSError(errno.ENOSPC, "No space left on device"))


def test_memory():
    with pytest.raises(MemoryError) as numpy:
        np.empty(1 << 50)
    torch = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")
    for error in (numpy.value, MemoryError(), torch, OSError(12, "Cannot allocate memory")):
        assert sentence_of(error).startswith("there was not enough memory for the job; ")


@pytest.mark.parametrize("error", [ValueError("bad_alloc"), OSError(errno.ENOENT, "No such file", "a"), KeyError("a")])
def test_other_errors_are_no_fault_of_the_machine(error):
    assert sentence_of(error) is None and as_disk_fault(error, "a.h5") is error


def disk(monkeypatch, free=1 << 30, files=1 << 20, left=1 << 10, blocks=1 << 30, flag=0):
    found = SimpleNamespace(f_blocks=blocks, f_bavail=free, f_frsize=1, f_files=files, f_favail=left, f_flag=flag)
    monkeypatch.setattr(os, "statvfs", lambda folder: found)


def test_a_disk_is_full_without_bytes_or_without_files(monkeypatch, tmp_path):
    untold = {"free": 0, "blocks": 0, "left": 0, "files": 0}
    for values, full in (({}, False), ({"free": 100}, True), ({"left": 0}, True), (untold, False)):
        disk(monkeypatch, **values)
        assert is_full(tmp_path) == full
        assert (disk_sentence(tmp_path, "x") is not None) == full
    disk(monkeypatch, flag=os.ST_RDONLY)
    assert disk_sentence(tmp_path, "x").startswith("the disk of x has become read-only")
    monkeypatch.undo()
    assert not is_full(tmp_path / "nowhere") and disk_sentence(tmp_path / "nowhere", "x") is None


def test_an_error_without_a_number_on_a_full_disk_is_the_disk_s(monkeypatch, tmp_path):
    told = OSError("20000 requested and 8176 written")  # as NumPy says it
    assert as_disk_fault(told, tmp_path / "a.npy") is told
    disk(monkeypatch, free=0)
    found = as_disk_fault(told, tmp_path / "a.npy")
    assert found.errno == errno.ENOSPC and found.filename == str(tmp_path / "a.npy")


def test_a_job_that_was_killed(monkeypatch, tmp_path):
    assert "filter_poses was killed (SIGKILL)" in how_it_ended("filter_poses", 9, tmp_path / "a.log")
    assert "(--cores 1)" in how_it_ended("filter_poses", 9, tmp_path / "a.log")
    disk(monkeypatch, free=0)
    assert f"no space left on the disk of {tmp_path}/a.log" in how_it_ended("filter_poses", None, tmp_path / "a.log")
    assert faults.DISK[errno.ENOSPC].format("x") == sentence_of(OSError(errno.ENOSPC, "", "x"))
