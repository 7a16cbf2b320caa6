"""Errors of the machine."""

import errno
import os
from types import SimpleNamespace

import numpy as np
import pytest

from posemake.core.machine_errors import DISK_ERRORS, as_disk_error, describe_disk, describe_error, describe_job_end, is_disk_full


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
    assert words in describe_error(OSError(number, os.strerror(number), "results/a.h5"))


def test_a_file_without_a_name():
    assert "the disk of a temporary file" in describe_error(OSError(errno.ENOSPC, "No space left on device"))


def test_memory():
    with pytest.raises(MemoryError) as numpy:
        np.empty(1 << 50)
    torch = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")
    for error in (numpy.value, MemoryError(), torch, OSError(12, "Cannot allocate memory")):
        assert describe_error(error).startswith("there was not enough memory for the job; ")


@pytest.mark.parametrize("error", [ValueError("bad_alloc"), OSError(errno.ENOENT, "No such file", "a"), KeyError("a")])
def test_other_errors_are_no_fault_of_the_machine(error):
    assert describe_error(error) is None and as_disk_error(error, "a.h5") is error


def disk(monkeypatch, free=1 << 30, files=1 << 20, left=1 << 10, blocks=1 << 30, flag=0):
    found = SimpleNamespace(f_blocks=blocks, f_bavail=free, f_frsize=1, f_files=files, f_favail=left, f_flag=flag)
    monkeypatch.setattr(os, "statvfs", lambda folder: found)


def test_a_disk_is_full_without_bytes_or_without_files(monkeypatch, tmp_path):
    untold = {"free": 0, "blocks": 0, "left": 0, "files": 0}
    for values, full in (({}, False), ({"free": 100}, True), ({"left": 0}, True), (untold, False)):
        disk(monkeypatch, **values)
        assert is_disk_full(tmp_path) == full
        assert (describe_disk(tmp_path, "x") is not None) == full
    disk(monkeypatch, flag=os.ST_RDONLY)
    assert describe_disk(tmp_path, "x").startswith("the disk of x has become read-only")
    monkeypatch.undo()
    assert not is_disk_full(tmp_path / "nowhere") and describe_disk(tmp_path / "nowhere", "x") is None


def test_an_error_without_a_number_on_a_full_disk_is_the_disk_s(monkeypatch, tmp_path):
    told = OSError("20000 requested and 8176 written")  # as NumPy says it
    assert as_disk_error(told, tmp_path / "a.npy") is told
    disk(monkeypatch, free=0)
    found = as_disk_error(told, tmp_path / "a.npy")
    assert found.errno == errno.ENOSPC and found.filename == str(tmp_path / "a.npy")


def test_a_job_that_was_killed(monkeypatch, tmp_path):
    assert "filter_poses was killed (SIGKILL)" in describe_job_end("filter_poses", 9, tmp_path / "a.log")
    assert "(--cores 1)" in describe_job_end("filter_poses", 9, tmp_path / "a.log")
    disk(monkeypatch, free=0)
    assert f"no space left on the disk of {tmp_path}/a.log" in describe_job_end("filter_poses", None, tmp_path / "a.log")
    assert DISK_ERRORS[errno.ENOSPC].format("x") == describe_error(OSError(errno.ENOSPC, "", "x"))
