"""When a copy of a video is made, what it holds, and what is left where it cannot be made."""

import av
import numpy as np
import pytest
from fixtures.corpus import COUNT, FORMATS, INTERLACED, X264, encode, number_of, numbered
from fixtures.corpus_broken import packets
from fixtures.helpers import open_prepared, prepare, prepare_and_open

from posemake.config.settings import Prepare
from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json
from posemake.video import prepare as prepare_module
from posemake.video import probe, transcode
from posemake.video.decoding import decode
from posemake.video.info import VideoReport
from posemake.video.prepare import PrepareRow, reasons_for_copy
from posemake.video.transcode import deinterlace


def sheet_row(scale, deinterlaced):
    return PrepareRow(downscale=scale, deinterlace="yes" if deinterlaced else None)


SOUND = {"fps": 25.0, "keyframe_gap": 250, "random_access": True}


@pytest.mark.parametrize(
    "fields, settings, scale, deinterlaced, reasons",
    [
        ({}, {}, 1, False, []),
        ({}, {"transcode": "always"}, 1, False, ["all are"]),
        ({"random_access": False}, {}, 1, False, ["frames cannot be sought exactly"]),
        ({"damaged_frames": 2}, {}, 1, False, ["parts of the file are damaged"]),
        ({"damaged_frames": 2, "random_access": False}, {}, 1, False, ["parts of the file are damaged"]),
        ({"keyframe_gap": 1500}, {}, 1, False, []),
        ({"keyframe_gap": 1501}, {}, 1, False, ["there is no keyframe for 60 s"]),
        ({"keyframe_gap": 1500, "fps": 10.0}, {}, 1, False, ["there is no keyframe for 150 s"]),
        ({"keyframe_gap": 100}, {"max_keyframe_gap": 3}, 1, False, ["there is no keyframe for 4 s"]),
        ({}, {}, 0.5, False, ["downscaled by 0.5"]),
        ({}, {}, 1, True, ["deinterlaced"]),
        ({"random_access": False}, {}, 0.25, True, ["deinterlaced", "downscaled by 0.25", "frames cannot be sought exactly"]),
        ({}, {"transcode": "always"}, 0.5, False, ["downscaled by 0.5"]),
        ({"random_access": False, "keyframe_gap": 9999}, {"transcode": "never"}, 1, False, []),
    ],
)
def test_the_reasons_for_a_copy(fields, settings, scale, deinterlaced, reasons):
    assert reasons_for_copy(VideoReport(**SOUND | fields), Prepare(**settings), sheet_row(scale, deinterlaced)) == reasons


@pytest.mark.parametrize(
    "fields, scale, deinterlaced, sentence",
    [
        ({"damaged_frames": 2, "findings": ("2 are damaged", "it ends early")}, 1, False, "^2 are damaged; it ends early"),
        ({}, 0.5, False, "^deinterlace and downscale need a copy"),
        ({}, 1, True, "^deinterlace and downscale need a copy"),
    ],
)
def test_where_there_has_to_be_a_copy_and_none_is_allowed_a_sentence_says_so(fields, scale, deinterlaced, sentence):
    with pytest.raises(PosemakeError, match=rf"{sentence}; set `prepare.transcode: auto`"):
        reasons_for_copy(VideoReport(**SOUND | fields), Prepare(transcode="never"), sheet_row(scale, deinterlaced))


def test_an_unknown_setting_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="standardize"):
        prepare(FORMATS["h264-b.mp4"](tmp_path).path, tmp_path, {"standardize": "never"})


def test_a_video_without_keyframes_for_long_is_copied(tmp_path):
    path = encode(tmp_path / "a.mp4", numbered(60), options={**X264, "g": "1000"})
    assert prepare(path, tmp_path / "a")["standardised"] is None
    info = prepare(path, tmp_path / "b", {"max_keyframe_gap": 2, "gop": 10})
    assert info["standardised"] == "there is no keyframe for 2 s" and info["keyframe_gap"] == 60
    assert info["reading"]["keyframe_gap"] == 10
    video = open_prepared(path, tmp_path / "b")
    with av.open(str(video.path)) as container:
        assert [index for index, frame in enumerate(container.decode(video=0)) if frame.key_frame] == list(range(0, 60, 10))
    assert [number_of(image) for _, image in video.images_at([59, 31])] == [31, 59]


def test_the_quality_of_a_copy_is_that_of_the_settings(tmp_path):
    path = FORMATS["ffv1-rgb.mkv"](tmp_path).path
    sizes = {}
    for quality in (0, 16, 40):
        prepare(path, tmp_path / str(quality), {"transcode": "always", "quality": quality})
        sizes[quality] = (tmp_path / str(quality) / "standard/video.mp4").stat().st_size
    assert sizes[0] > 2 * sizes[16] > 4 * sizes[40]


KINDS = ["h264-b.mp4", "h264-rotated-90.mp4", "mjpeg-odd-size.avi", "mpeg2-interlaced.mpg", "png-folder", "tiff-12-bit.tif"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("row", [{"downscale": 0.5}, {"deinterlace": "yes"}, {"downscale": 0.7, "deinterlace": "yes"}])
def test_a_copy_that_is_asked_for_holds_each_frame_in_its_size(tmp_path, name, row):
    sample = FORMATS[name](tmp_path)
    info = prepare(sample.path, tmp_path / "out", row=row)
    scale = row.get("downscale", 1)
    size = [round(scale * side) for side in sample.size]
    assert info["reading"]["size"] == size and (info["width"], info["height"]) == sample.size
    assert info["frames"] == COUNT == len(np.load(tmp_path / "out/times.npy")) == len(np.load(tmp_path / "out/standard/pts.npy"))
    with av.open(str(tmp_path / "out/standard/video.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (size[0] + size[0] % 2, size[1] + size[1] % 2, COUNT)
    video = open_prepared(sample.path, tmp_path / "out")
    assert [number_of(image) for _, image in video.images()] == list(range(COUNT))
    assert all(number_of(image) == index and image.shape[1::-1] == sample.size for index, image in video.images_at([39, 12]))


def test_the_times_beside_a_copy_are_those_of_the_original(tmp_path):
    sample = FORMATS["h264-uneven-times.mp4"](tmp_path)
    prepare(sample.path, tmp_path / "out", {"transcode": "always"})
    assert np.load(tmp_path / "out/times.npy") == pytest.approx(np.array(sample.times), abs=1e-6)


# Interlaced video


def combed(count):
    """Frames whose odd lines are half a step later than the even ones, as a bar moves right."""
    frames = []
    for index in range(count):
        image = np.full((64, 96, 3), 40, np.uint8)
        for line in range(64):
            x = 10 + 4 * index + 2 * (line % 2)
            image[line, x : x + 16] = 200
        frames.append(image)
    return frames


def comb(image):
    """How much lines differ from the mean of their neighbours."""
    grey = image[..., 0].astype(float)
    return np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()


@pytest.mark.parametrize("count", [1, 2, 3, 15])
def test_deinterlacing_gives_one_whole_frame_for_each(tmp_path, count):
    path = encode(tmp_path / "a.mp4", combed(count), options={**X264, **INTERLACED})
    before = [image for _, image in prepare_and_open(path, tmp_path / "as it is").images()]
    after = [image for _, image in prepare_and_open(path, tmp_path / "whole", row={"deinterlace": "yes"}).images()]
    assert len(after) == len(before) == count == len(list(deinterlace(decode(path))))
    for old, new, index in zip(before, after, range(count)):
        assert count == 1 or comb(new) < 0.5 * comb(old)  # a single frame has no neighbour to take lines from
        bar = np.flatnonzero(new[30, :, 0] > 120)
        assert abs(bar.mean() - (10 + 4 * index + 8)) <= 2  # of its own time, not of another frame's


def test_interlaced_frames_are_told_until_they_are_made_whole(tmp_path):
    path = FORMATS["h264-interlaced.mp4"](tmp_path).path
    assert prepare(path, tmp_path / "a")["findings"] == ["frames are interlaced; set `deinterlace` to yes in the sheet"]
    info = prepare(path, tmp_path / "b", row={"deinterlace": "yes"})
    assert info["findings"] == [] and info["interlaced"] is True and info["standardised"] == "deinterlaced"


# A copy is as good as the file, or there is none


def test_a_copy_that_lacks_a_frame_is_an_error_and_leaves_no_record(tmp_path, monkeypatch):
    def without_one(*args, real=transcode._source_images):
        images = list(real(*args))
        yield from images[:20] + images[21:]

    monkeypatch.setattr(transcode, "_source_images", without_one)
    path = FORMATS["h264-b.avi"](tmp_path).path
    with pytest.raises(PosemakeError, match=rf"^{path}: its copy holds 39 frames of 40, .*Run again"):
        prepare(path, tmp_path / "out")
    assert not (tmp_path / "out/video.json").exists() and not (tmp_path / "out/times.npy").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
@pytest.mark.parametrize("after", [0, 17])
def test_a_job_that_ends_in_the_middle_leaves_nothing_that_looks_finished(tmp_path, monkeypatch, error, after):
    def interrupted(*args, real=transcode._source_images):
        for index, image in enumerate(real(*args)):
            if index == after:
                raise error
            yield image

    monkeypatch.setattr(transcode, "_source_images", interrupted)
    path = FORMATS["h264-b.avi"](tmp_path).path
    with pytest.raises(error):
        prepare(path, tmp_path / "out")
    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("step", ["write_video_info", "np.save"])
def test_the_record_is_written_last(tmp_path, monkeypatch, step):
    """Where it is there, all else is."""
    path = FORMATS["h264-b.mp4"](tmp_path).path
    monkeypatch.setattr(f"posemake.video.prepare.{step}", lambda *args: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space left"):
        prepare(path, tmp_path / "out")
    left = sorted(file.name for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert left == (["pts.npy", "times.npy"] if step == "write_video_info" else [])


def test_a_second_time_gives_what_the_first_gave(tmp_path):
    """Also where the settings were others in between."""
    path = FORMATS["h264-b.mp4"](tmp_path).path
    first = prepare(path, tmp_path / "out")
    prepare(path, tmp_path / "out", {"transcode": "always"})
    assert prepare(path, tmp_path / "out") == first == read_json(tmp_path / "out/video.json")
    assert [number_of(image) for _, image in open_prepared(path, tmp_path / "out").images()] == list(range(COUNT))


@pytest.mark.parametrize("settings, row", [({"transcode": "always"}, {}), ({}, {"downscale": 0.5}), ({}, {"deinterlace": "yes"})])
@pytest.mark.parametrize("kept, frames", [(lambda size: size // 2, 300), (lambda size: 5, 297)], ids=["concealed", "undecodable"])
def test_a_copy_is_made_of_what_can_be_decoded_also_after_a_fast_probe(tmp_path, monkeypatch, settings, row, kept, frames):
    """Damage that no sample of the probe touched is found, and told."""
    monkeypatch.setattr(probe, "SHORT", 0)
    path = encode(tmp_path / "a.mp4", numbered(300), options={**X264, "g": "6", "bf": "0"})
    content = bytearray(path.read_bytes())
    for position, size, _ in packets(path)[93:96]:
        content[position + kept(size) : position + size] = bytes(size - kept(size))
    path.write_bytes(content)
    assert prepare(path, tmp_path / "as it is")["damaged_frames"] == 0
    info = prepare(path, tmp_path / "out", settings, row)
    assert info["frames"] == frames and info["damaged_frames"] == 3 and info["findings"]
    read = [number_of(image) for _, image in open_prepared(path, tmp_path / "out").images(frames - 100)]
    assert read == list(range(200, 300))


def test_all_is_decoded_before_a_copy_and_only_then(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "SHORT", 0)
    probed = []

    def probing(path, exact=False):
        probed.append(exact)
        return probe.probe(path, exact)

    monkeypatch.setattr(prepare_module, "probe", probing)
    path = FORMATS["h264-b.mp4"](tmp_path).path
    assert prepare(path, tmp_path / "a")["decoded_frames"] is None and probed == [False]
    assert prepare(path, tmp_path / "b", row={"downscale": 0.5})["decoded_frames"] == COUNT and probed == [False, False, True]
