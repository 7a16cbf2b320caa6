"""Which files of a folder or a pattern are videos."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from fixtures.corpus import encode, numbered, write_images

from posemake.core.errors import PosemakeError
from posemake.projects.new import find_videos
from posemake.video.probe import probe

ENCODED = {
    "h264": {}, "264": {"mux": {}}, "flv": {}, "3gp": {}, "asf": {}, "y4m": {"codec": "wrapped_avframe", "options": {}},
    "gif": {"codec": "gif", "pix_fmt": "rgb8", "options": {}}, "mj2": {"codec": "jpeg2000", "options": {}},
    "mkv": {}, "nut": {}, "m2ts": {},
}  # fmt: skip


@pytest.fixture
def raw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("raw")
    folder.mkdir()
    return folder


def write(path):
    """Write a video of any ending."""
    options = dict(ENCODED[path.suffix.lower()[1:]])
    if path.suffix in (".264", ".mj2"):  # FFmpeg writes them by the name of another ending
        written = encode(path.with_suffix(".h264" if path.suffix == ".264" else ".mov"), numbered(3), **options)
        return written.rename(path)
    return encode(path, numbered(3), **options)


@pytest.mark.parametrize("ending", ENCODED)
def test_a_video_is_found_by_its_name_by_a_pattern_and_in_a_folder(raw, ending):
    path = write(raw / f"a.{ending}")
    for given in (str(path), f"raw/*.{ending}", "raw/*", "raw", "raw/**"):
        assert find_videos(given) == [path]
    assert probe(path).report.frames == 3


def test_capital_letters_are_no_other_ending(raw):
    write(raw / "a.h264").rename(raw / "A.H264")
    encode(raw / "b.mp4", numbered(3)).rename(raw / "b.MP4")
    assert find_videos("raw") == [raw / "A.H264", raw / "b.MP4"]


def test_a_tiff_of_many_pages_is_a_video_and_one_of_one_page_is_not(raw, capsys):
    tifffile.imwrite(raw / "stack.tif", np.zeros((9, 8, 8), np.uint8))
    tifffile.imwrite(raw / "one.TIF", np.zeros((8, 8), np.uint8))
    assert find_videos("raw") == find_videos("raw/*") == [raw / "stack.tif"]
    assert "one.TIF (it holds one image)" in capsys.readouterr().err


def test_what_a_folder_leaves_out_is_said_with_the_reason_but_not_of_hidden_files(raw, capsys):
    encode(raw / "a.mp4", numbered(3))
    for name in ("notes.txt", "a.csv", "._a.mp4", ".hidden.mp4", ".DS_Store"):
        (raw / name).write_bytes(b"0")
    write_images(raw / "session", "img%d.png", numbered(3))
    write_images(raw, "photo%d.jpg", numbered(1))
    assert find_videos("raw") == [raw / "a.mp4"]
    told = capsys.readouterr().err
    assert told.startswith("raw: 4 left out: ") and "notes.txt (its ending '.txt' is not that of a video)" in told
    assert "photo0.jpg (it is one image)" in told and "session (a folder of images" in told
    assert "hidden" not in told and "._a" not in told and "DS_Store" not in told


def test_a_pattern_takes_an_ending_that_nobody_knows_if_it_is_a_video(raw, capsys):
    encode(raw / "a.mp4", numbered(3)).rename(raw / "a.camera7")
    (raw / "b.camera7").write_text("not a video")
    (raw / "._a.camera7").write_bytes(b"0")
    assert find_videos("raw/*.camera7") == [raw / "a.camera7"]
    assert "b.camera7 (it cannot be opened as a video)" in capsys.readouterr().err
    with pytest.raises(PosemakeError, match=r"leads to no video from .*b.camera7 \(it cannot be opened as a video\)"):
        find_videos("raw/b.*")


def test_a_folder_of_images_is_one_video_and_so_is_their_pattern(raw):
    write_images(raw, "img%04d.png", numbered(3))
    (raw / "._img0001.png").write_bytes(b"0")
    assert find_videos("raw") == [raw]
    assert find_videos("raw/img%04d.png") == [raw / "img%04d.png"]
    with pytest.raises(PosemakeError, match="leads to no video"):
        find_videos("raw/none%04d.png")


def test_a_folder_of_images_tells_which_files_are_no_frames(raw):
    write_images(raw, "img%04d.png", numbered(3))
    for name in ("times.csv", "._img0000.png", "Thumbs.db"):
        (raw / name).write_bytes(b"0")
    report = probe(raw).report
    assert report.frames == 3
    assert report.findings[-1] == "1 file of the folder has no ending of an image and is left out: times.csv"
