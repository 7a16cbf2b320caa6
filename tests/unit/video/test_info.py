"""Content of video.json."""

import dataclasses
import json

from posemake.video.info import Reading, VideoInfo, VideoReport, read_video_info, write_video_info

INFO = VideoInfo(
    container="images",
    width=64,
    height=48,
    fps=25.0,
    frames=10,
    white=4095.0,
    findings=("a finding", "another one"),
    pattern="img%04d.png",
    standardised="downscaled by 0.5",
    reading=Reading(copy=True, size=(32, 24), random_access=True, keyframe_gap=30),
)


def test_what_is_written_is_read(tmp_path):
    for info in (INFO, VideoInfo(), VideoInfo(fault="it is cut short")):
        write_video_info(tmp_path / "video.json", info)
        assert read_video_info(tmp_path / "video.json") == info


def test_the_file_holds_the_report_then_how_frames_are_read(tmp_path):
    write_video_info(tmp_path / "video.json", INFO)
    content = json.loads((tmp_path / "video.json").read_text())
    report = [field.name for field in dataclasses.fields(VideoReport)]
    assert list(content) == [*report, "pattern", "standardised", "fault", "reading"]
    assert content["findings"] == ["a finding", "another one"]
    assert content["reading"] == {"copy": True, "size": [32, 24], "random_access": True, "keyframe_gap": 30, "white": None}


def test_fields_that_a_file_lacks_have_their_defaults(tmp_path):
    (tmp_path / "video.json").write_text('{"width": 320, "height": 240}')
    assert read_video_info(tmp_path / "video.json") == VideoInfo(width=320, height=240)
