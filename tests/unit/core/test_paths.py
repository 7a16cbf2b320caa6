import pytest

from posemake.core.paths import is_file, is_folder


def test_files_and_folders_are_told_apart(tmp_path):
    (tmp_path / "a").touch()
    assert is_file(tmp_path / "a") and not is_folder(tmp_path / "a")
    assert is_folder(str(tmp_path)) and not is_file(tmp_path) and not is_file(tmp_path / "b")


@pytest.mark.parametrize("name", ["x" * 300, "ü" * 200, "a\0b", "/" + "a/" * 5000], ids=["long", "bytes", "nul", "deep"])
def test_a_path_that_no_file_can_have_is_none(tmp_path, name):
    assert not is_file(tmp_path / name) and not is_folder(tmp_path / name)
