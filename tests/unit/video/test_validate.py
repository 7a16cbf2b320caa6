"""The table of videos is summed up, and fails where one cannot be read."""

import csv
import importlib.util
from types import SimpleNamespace

import pytest
from fixtures.corpus import FORMATS
from fixtures.corpus_broken import BROKEN
from fixtures.helpers import SCRIPTS, prepare

from posemake.config.video_metadata import VideoMetadata
from posemake.core.errors import PosemakeError
from posemake.reports.tables import tabulate_videos
from posemake.video.validate import validate_videos


@pytest.fixture(scope="module")
def infos(tmp_path_factory):
    """video.json of some videos, by name."""
    folder = tmp_path_factory.mktemp("validate")
    rows = {
        "good": (FORMATS["h264-b.mp4"], {}),
        "good_2": (FORMATS["mjpeg.avi"], {}),
        "half": (FORMATS["h264-no-b.mp4"], {"downscale": 0.5}),
        "damaged": (BROKEN["undecodable.mp4"], {}),
        "images": (FORMATS["png-folder"], {}),
        "empty": (BROKEN["empty.mp4"], {}),
        "cut": (BROKEN["cut.mp4"], {}),
    }
    for name, (make, row) in rows.items():
        (folder / "made" / name).mkdir(parents=True)
        prepare(make(folder / "made" / name).path, folder / name, row=row)
    return {name: str(folder / name / "video.json") for name in rows}


def validated(tmp_path, infos, *names):
    tabulate_videos([infos[name] for name in names], tmp_path / "videos.csv", {})
    validate_videos(str(tmp_path / "videos.csv"), str(tmp_path / "videos.txt"))
    return (tmp_path / "videos.txt").read_text()


def test_ordinary_videos_are_summed_up_in_one_line(tmp_path, infos):
    assert validated(tmp_path, infos, "good", "good_2") == "2 videos, 80 frames, 0.1 min; all can be read\n"
    assert validated(tmp_path, infos, "good").startswith("1 video, 40 frames, ")


def test_what_is_out_of_the_ordinary_has_a_line(tmp_path, infos):
    lines = validated(tmp_path, infos, "images", "half", "good", "damaged").splitlines()
    assert lines[0] == "4 videos, 158 frames, 0.1 min; all can be read"
    assert lines[1].startswith("damaged: read from a transcoded copy: parts of the file are damaged; 2 packets cannot")
    assert lines[2] == "half: read from a transcoded copy: downscaled by 0.5"
    assert lines[3] == "images: the file states no frame rate: 30 per second is assumed; give `fps` in the sheet"
    assert len(lines) == 4


def test_each_video_that_cannot_be_read_has_a_line_with_the_cure(tmp_path, infos):
    with pytest.raises(PosemakeError) as raised:
        validated(tmp_path, infos, "good", "empty", "cut")
    first, *lines = str(raised.value).splitlines()
    assert first.startswith("2 of 3 videos cannot be read; mend each, or take its row out of the sheet")
    assert lines[0].startswith("cut: not a video that can be opened (")
    assert lines[1] == "empty: the file is empty (0 bytes); copy it again from where it was recorded"
    assert len(lines) == 2 and not (tmp_path / "videos.txt").exists()
    with pytest.raises(PosemakeError, match=r"^1 of 1 video cannot be read"):
        validated(tmp_path, infos, "empty")


def test_the_script_passes_its_files_on(tmp_path, infos):
    tabulate_videos([infos["good"]], tmp_path / "videos.csv", {})
    spec = importlib.util.spec_from_file_location("validate_videos", SCRIPTS / "validate_videos.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = SimpleNamespace(table=str(tmp_path / "videos.csv")), SimpleNamespace(summary=str(tmp_path / "videos.txt"))
    module.main(*given, SimpleNamespace(), ["log"])
    assert (tmp_path / "videos.txt").read_text().startswith("1 video,")


def test_the_table_tells_of_every_video_what_was_found(tmp_path, infos):
    metadata = {"half": VideoMetadata(subject="m1", session="s2")}
    tabulate_videos(list(infos.values()), tmp_path / "videos.csv", metadata)
    with open(tmp_path / "videos.csv", newline="", encoding="utf-8") as file:
        rows = {row["video"]: row for row in csv.DictReader(file)}
    assert list(rows) == sorted(infos)
    assert (rows["half"]["subject"], rows["half"]["session"], rows["half"]["group"]) == ("m1", "s2", "")
    assert (rows["good"]["frames"], rows["good"]["width"], rows["good"]["fps"], rows["good"]["fault"]) == ("40", "96", "25", "")
    assert rows["damaged"]["damaged_frames"] == "2" and "; the container claims 40" in rows["damaged"]["findings"]
    assert rows["empty"]["fault"] and rows["empty"]["frames"] == "0"
