"""Digests of file contents."""

import hashlib
import os

import numpy as np
import pytest

from posemake.core import digests
from posemake.core.digests import SAMPLE_SIZE, file_digest, measure_source, quick_digest, sample_digest


def test_a_digest_is_that_of_the_content(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"abc" * 1000)
    wanted = hashlib.sha256(b"abc" * 1000).hexdigest()
    assert file_digest(tmp_path / "a.bin") == wanted
    assert quick_digest(tmp_path / "a.bin") == quick_digest(tmp_path / "a.bin", whole=True) == f"sha256:{wanted}"


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file that counts as a large one."""
    monkeypatch.setattr(digests, "MAX_WHOLE", 1000)
    monkeypatch.setattr(digests, "PIECE_SIZE", 20)
    path = tmp_path / "large.bin"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    return path


def test_a_large_file_is_digested_by_pieces(large):
    assert quick_digest(large).startswith("sampled:") and quick_digest(large) == quick_digest(large)
    assert quick_digest(large, whole=True) == f"sha256:{file_digest(large)}"


def changed_at(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0, 19, -1, -20, 4980 // 31 + 10])
def test_a_change_in_a_piece_changes_the_digest_of_a_large_file(large, place):
    """The first and the last bytes are always pieces."""
    before = quick_digest(large)
    changed_at(large, place)
    assert quick_digest(large) != before


def test_a_large_file_of_another_size_has_another_digest(large):
    large.write_bytes(bytes(5000))
    before = quick_digest(large)
    large.write_bytes(bytes(5001))
    assert quick_digest(large) != before


def test_a_sample_tells_files_of_one_size_apart(tmp_path):
    content = bytearray(os.urandom(20 * SAMPLE_SIZE))
    path = tmp_path / "raw.avi"
    path.write_bytes(content)
    first = sample_digest(str(path))
    os.utime(path, (1e9, 1e9))
    assert sample_digest(str(path)) == first
    for place in (0, len(content) - 1):
        other = bytearray(content)
        other[place] ^= 255
        path.write_bytes(other)
        assert sample_digest(str(path)) != first
    (tmp_path / "images").mkdir()
    (tmp_path / "images/img1.png").touch()
    one = sample_digest(str(tmp_path / "images"))
    (tmp_path / "images/img2.png").write_text("b")
    assert sample_digest(str(tmp_path / "images")) != one
    assert sample_digest(str(tmp_path / "none"))


def test_the_size_of_a_source_is_that_of_its_files(tmp_path):
    """Without what a system hides there."""
    (tmp_path / "inner").mkdir()
    for name, size in {"a.png": 10, "b.png": 20, "inner/c.png": 40, ".DS_Store": 5}.items():
        (tmp_path / name).write_bytes(bytes(size))
    assert measure_source(tmp_path / "a.png") == [10, 1]
    assert measure_source(tmp_path) == [30, 2]
    assert measure_source(tmp_path / "inner") == [40, 1]
