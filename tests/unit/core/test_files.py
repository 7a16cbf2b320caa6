import csv
import errno
import hashlib
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.core import atomic as files
from posemake.core import digests
from posemake.core.atomic import replacing, write_bytes, write_text
from posemake.core.digests import file_digest, quick_digest, source_size
from posemake.core.image_patterns import folder_of, is_pattern
from posemake.core.json_files import read_json, write_json
from posemake.core.tables import write_rows

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('aä"\\\n ,', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def test_a_file_appears_whole_in_folders_that_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "poses.h5"
    with replacing(path) as part:
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
    with pytest.raises(error), replacing(path) as part:
        part.write_text("half")
        raise error
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == ({"file.csv": old} if old else {})


def test_a_body_that_writes_nothing_is_an_error(tmp_path):
    path = tmp_path / "file.csv"
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert not path.exists()


def test_files_that_differ_in_their_ending_are_written_side_by_side(tmp_path):
    with replacing(tmp_path / "poses.h5") as first, replacing(tmp_path / "poses.csv") as second:
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
    with pytest.raises(OSError) as raised, replacing(tmp_path / "a.png") as part:
        part.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.errno == errno.ENOSPC and raised.value.filename == str(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_cannot_be_removed_hides_no_error(tmp_path, monkeypatch):
    monkeypatch.setattr(files.Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EROFS, "", "part")))
    with pytest.raises(OSError) as raised, replacing(tmp_path / "a.png"):
        raise OSError(errno.EROFS, "Read-only file system")
    assert raised.value.filename == str(tmp_path / "a.png")


def test_text_is_utf8_with_its_own_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "für ○\n")
    assert (tmp_path / "a.txt").read_bytes() == "für ○\n".encode()


@given(content=st.dictionaries(st.sampled_from("abc"), values))
def test_json_is_read_as_it_was_written(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, content)
    assert read_json(path) == content
    assert json.loads(path.read_text()) == content


def test_rows_are_numbers_that_read_well_and_missing_is_empty(tmp_path):
    path = tmp_path / "rows.csv"
    rows = [["m,1", 1, 2.0, 1 / 3], [None, float("nan"), np.float64("nan"), np.float64(123.45678)], ['q"', True, 1e-7, 12345678]]
    write_rows(path, ["name", "a", "b", "c"], rows)
    assert path.read_bytes() == b'name,a,b,c\n"m,1",1,2,0.333333\n,,,123.457\n"q""",True,1e-07,12345678\n'


@given(rows=st.lists(st.tuples(st.text("ab, \"'", min_size=1), st.integers(), st.floats(-1e6, 1e6)), max_size=5))
def test_rows_are_read_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    write_rows(path, ["a", "b", "c"], rows)
    with open(path, newline="", encoding="utf-8") as file:
        head, *read = csv.reader(file)
    assert head == ["a", "b", "c"]
    assert [row[:2] for row in read] == [[a, str(b)] for a, b, _ in rows]
    assert [float(row[2]) for row in read] == pytest.approx([c for _, _, c in rows], rel=1e-5)


def test_a_digest_is_that_of_the_content(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"abc" * 1000)
    wanted = hashlib.sha256(b"abc" * 1000).hexdigest()
    assert file_digest(tmp_path / "a.bin") == wanted
    assert quick_digest(tmp_path / "a.bin") == quick_digest(tmp_path / "a.bin", whole=True) == f"sha256:{wanted}"


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file that counts as a large one."""
    monkeypatch.setattr(digests, "WHOLE", 1000)
    monkeypatch.setattr(digests, "PIECE", 20)
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


def test_what_a_pattern_is(tmp_path):
    (tmp_path / "50%d.mp4").touch()
    patterns = ["img%04d.png", "img%d.png", "gone/frame_%03d.tif", "%d"]
    others = ["img.png", "50%d.mp4", "100%.mp4", "a%04d/img.png", "100%s.png", ""]
    assert [name for name in patterns + others if is_pattern(tmp_path / name)] == patterns


def test_what_is_watched_of_a_video(tmp_path):
    (tmp_path / "images").mkdir()
    assert folder_of(tmp_path / "a.mp4") == tmp_path / "a.mp4"
    assert folder_of(tmp_path / "images") == tmp_path / "images" == folder_of(tmp_path / "images" / "img%04d.png")
    assert str(folder_of("img%04d.png")) == "."


def test_the_size_of_a_source_is_that_of_its_files(tmp_path):
    """Without what a system hides there."""
    (tmp_path / "inner").mkdir()
    for name, size in {"a.png": 10, "b.png": 20, "inner/c.png": 40, ".DS_Store": 5}.items():
        (tmp_path / name).write_bytes(bytes(size))
    assert source_size(tmp_path / "a.png") == [10, 1]
    assert source_size(tmp_path) == [30, 2]
    assert source_size(tmp_path / "inner") == [40, 1]
