"""Every format of the corpus is read exactly: each frame is the one that was recorded, whichever way it is asked for."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from fixtures.corpus import COUNT, FORMATS, number_of, numbered
from fixtures.helpers import open_prepared, prepare
from fixtures.pyav_files import build_once

from posemake.video import probe
from posemake.video.frame import Frame

ALL = 2000  # frames up to which everything is decoded, as set in the package
CASES = [(name, short) for name in FORMATS for short in (ALL, 0)]
UNSEEKABLE = {"h264-b.avi": "order", "h264-b.h264": "missing", "mpeg4-packed-b.avi": "order"}  # what is wrong with their times
COUNTED = ("mp4", "mov", "mkv", "webm")  # containers whose packets may be counted
NOT_COUNTED = ("vp8.webm", "mpeg4.mp4", "h264-edit-list.mp4")  # those of these codecs, and where frames are hidden, may not
GREY = ("h264-grey.mp4", "hevc-grey.mp4", "raw-grey-odd-size.avi", "ffv1-grey-16-bit.mkv")
GREY_IMAGES = ("tiff-16-bit-folder", "tiff-grey.tif", "tiff-12-bit.tif")


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """The video of a name, made once."""
    return build_once(FORMATS, tmp_path_factory)


@pytest.fixture(scope="module", params=CASES, ids=[f"{name}-{'exact' if short else 'fast'}" for name, short in CASES])
def case(request, make, tmp_path_factory):
    """A format with what was prepared of it, and its frames as they come in order."""
    name, short = request.param
    sample, folder = make(name), tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "SHORT", short)
        info = prepare(sample.path, folder)
    assert info["fault"] is None
    video = open_prepared(sample.path, folder)
    pictures = list(video.frames())
    return SimpleNamespace(
        name=name, fast=not short, sample=sample, folder=folder, info=info, video=video,
        indices=[index for index, _ in pictures], frames=[picture.rgb() for _, picture in pictures],
        times=np.load(folder / "times.npy"),
    )  # fmt: skip


def same(read, case):
    """Whether what was read by index has the pixels that it has in order."""
    return all(np.array_equal(image, case.frames[index]) for index, image in read)


def test_frames_come_in_order_and_carry_their_numbers(case):
    assert case.indices == list(range(len(case.sample.frames)))
    assert [number_of(image) for image in case.frames] == case.sample.frames
    assert case.info["frames"] == len(case.sample.frames)


def test_frames_are_upright_rgb_and_look_as_they_were_recorded(case):
    originals = numbered(COUNT + 1, case.sample.size)
    grey = case.name in GREY + GREY_IMAGES
    for number, image in zip(case.sample.frames, case.frames):
        assert image.shape == (case.sample.size[1], case.sample.size[0], 3)
        assert image.dtype == np.uint8 and image.flags.c_contiguous
        expected = originals[number].mean(2, keepdims=True) if grey else originals[number]
        assert np.abs(image - expected.astype(float)).mean() < 9
    if grey:
        assert np.ptp(case.frames[0], axis=2).max() <= 2
    assert (case.info["width"], case.info["height"]) == case.video.size == case.sample.size


@pytest.mark.parametrize("asked", [[0], [23], [-1], [-1, 3], [22, 20, 21, 20], [24, 0, 12, 13, 11]])
def test_a_frame_that_is_asked_for_has_the_same_pixels_as_in_order(case, asked):
    asked = [index % len(case.frames) for index in asked]
    read = list(case.video.images_at(asked))
    assert [index for index, _ in read] == sorted(set(asked))
    assert same(read, case)


@pytest.mark.parametrize("start, stop", [(0, 1), (5, 9), (13, 25), (20, None), (-1, None), (7, 7)])
def test_a_stretch_is_the_same_frames(case, start, stop):
    start %= len(case.frames)
    read = list(case.video.images(start, stop))
    assert [index for index, _ in read] == list(range(len(case.frames)))[start:stop]
    assert same(read, case)


def test_reading_twice_gives_the_same_pixels(case):
    again = list(open_prepared(case.sample.path, case.folder).images())
    assert len(again) == len(case.frames) and same(again, case)


def test_each_frame_has_its_time(case):
    sample, rate = case.sample, case.info["fps"]
    assert case.times.dtype == np.float64 and len(case.times) == len(sample.frames)
    assert (np.diff(case.times) > 0).all()
    after = sample.times or [i / (sample.fps if sample.start is not None else rate) for i in range(len(sample.frames))]
    assert case.times - case.times[0] == pytest.approx(np.array(after), abs=1e-6)
    assert case.times[0] == pytest.approx(0 if case.name in UNSEEKABLE else sample.start or 0, abs=1e-6)
    assert case.info["first_time"] == case.times[0] and case.info["last_time"] == case.times[-1]
    assert case.info["duration"] == pytest.approx(case.times[-1] - case.times[0])


def test_the_timestamps_that_reading_checks_are_one_per_frame(case):
    pts = np.load(case.folder / "standard" / "pts.npy")
    assert pts.dtype == np.int64
    if "." in case.name and not case.name.startswith(("tiff", "jpeg-from")):
        assert len(pts) == len(case.frames) and (np.diff(pts) > 0).all()
    else:
        assert not len(pts)


def test_only_what_cannot_be_sought_is_copied(case):
    copy = case.folder / "standard" / "video.mp4"
    wrong = UNSEEKABLE.get(case.name)
    assert case.info["random_access"] is (wrong is None)
    assert case.info["standardised"] == ("frames cannot be sought exactly" if wrong else None)
    assert copy.is_file() is case.info["reading"]["copy"] is (wrong is not None)
    assert case.video.path == (copy if wrong else case.sample.path)
    assert any(f"timestamps are {'not in order' if wrong == 'order' else wrong}" in f for f in case.info["findings"]) or not wrong


def test_a_fast_probe_tells_the_same_as_an_exact_one(case, make, tmp_path):
    """What is counted by packets is what is found by decoding all."""
    counted = case.fast and case.name.endswith(COUNTED) and case.name not in NOT_COUNTED
    assert case.info["decoded_frames"] == (None if counted else len(case.frames))
    exact = prepare(case.sample.path, tmp_path, {"count": "exact"})
    assert exact | {"decoded_frames": None} == case.info | {"decoded_frames": None}
    assert np.array_equal(np.load(tmp_path / "times.npy"), case.times)


def test_grey_is_the_brightness_of_the_region_in_its_size(case):
    width, height = case.sample.size
    picture = dict(case.video.frames(9, 10))[9]
    for size, region in [((40, 28), None), ((20, 17), (10, width - 20, 5, height - 11)), ((8, 8), [0, 8, 0, 8])]:
        small = picture.grey(size, region)
        assert small.shape == size[::-1] and small.dtype == np.uint8
        x1, x2, y1, y2 = region or (0, width, 0, height)
        expected = Frame(np.ascontiguousarray(case.frames[9][y1:y2, x1:x2])).grey(size)
        fit = np.polyfit(expected.ravel(), small.ravel().astype(float), 1)  # video has 16 for black and 235 for white at times
        assert np.abs(np.polyval(fit, expected.ravel()) - small.ravel()).mean() < 6 and 0.8 < fit[0] < 1.2
    assert number_of(picture.grey((width, height))) == case.sample.frames[9]


def test_the_record_names_no_place(case):
    assert str(case.folder) not in json.dumps(case.info) and str(case.sample.path.parent) not in json.dumps(case.info)


NOT_SQUARE = (
    "its pixels are not square (width to height 4:3): distances along x and y differ; make a copy with "
    "`ffmpeg -i … -vf scale=iw*sar:ih,setsar=1 …` if they are to be compared"
)
FACTS = {  # what the name of a format claims
    "h264-": {"codec": "h264"},
    "hevc-": {"codec": "hevc"},
    "vp8": {"codec": "vp8"},
    "vp9": {"codec": "vp9"},
    "mjpeg": {"codec": "mjpeg", "keyframe_gap": 1},
    "mpeg4": {"codec": "mpeg4"},
    "mpeg2": {"codec": "mpeg2video"},
    "wmv2": {"codec": "wmv2"},
    "raw": {"codec": "rawvideo", "keyframe_gap": 1},
    "ffv1": {"codec": "ffv1"},
    "prores": {"codec": "prores", "keyframe_gap": 1},
    "rotated-90": {"rotation": 90},
    "rotated-180": {"rotation": 180},
    "rotated-270": {"rotation": 270},
    "interlaced": {"interlaced": True, "findings": ["frames are interlaced; set `deinterlace` to yes in the sheet"]},
    "wide-pixels": {"sample_aspect_ratio": "4:3", "findings": [NOT_SQUARE]},
    "sound": {"audio": "aac"},
    "uneven": {"variable_rate": True},
    "edit-list": {"hidden_frames": 3, "findings": ["the file's edit list cuts frames off, which are not counted"]},
    "dropped": {"variable_rate": True, "container_frames": 43},
    "10-bit": {"pixel_format": "yuv420p10le"},
    "444": {"pixel_format": "yuv444p"},
    "full-range": {"pixel_format": "yuvj420p"},
    "png-folder": {"container": "images", "codec": "png", "pixel_format": "rgb", "white": None},
    "jpeg-from-5": {"container": "images", "codec": "jpg", "pixel_format": "rgb"},
    "tiff-16-bit-folder": {"container": "images", "codec": "tif", "pixel_format": "grey16", "white": 65535.0},
    "tiff-grey.tif": {"container": "tiff", "pixel_format": "grey", "white": None},
    "tiff-12-bit.tif": {"container": "tiff", "pixel_format": "grey16", "white": 4095.0},
}
ORDINARY = {"rotation": 0, "interlaced": False, "sample_aspect_ratio": None, "audio": None, "variable_rate": False}


def test_the_report_tells_what_the_format_is(case):
    facts = {key: value for part, told in FACTS.items() if part in case.name for key, value in told.items()}
    assert {key: case.info[key] for key in ORDINARY | facts} == ORDINARY | facts
    sizes = [path.stat().st_size for path in ([case.sample.path] if case.sample.path.is_file() else files_of(case.sample.path))]
    assert case.info["bytes"] == sum(sizes)
    assert case.info["packets"] + case.info["hidden_frames"] >= len(case.frames)


def files_of(path):
    return list((path if path.is_dir() else path.parent).iterdir())


def test_the_container_claims_what_it_holds(case):
    """Those of MP4, MOV and AVI tell a number of frames, others tell none."""
    claims = case.name.endswith((".mp4", ".mov", ".avi"))
    counts_others = {"mjpeg-dropped.avi": 3, "h264-edit-list.mp4": 15}  # gaps, and what is hidden
    assert case.info["container_frames"] == claims * (len(case.frames) + counts_others.get(case.name, 0))


def test_nothing_is_found_where_nothing_is_odd(case):
    odd = ("interlaced", "edit-list", "dropped", "wide-pixels")
    if case.name in UNSEEKABLE or any(part in case.name for part in odd):
        assert len(case.info["findings"]) == 1
    elif case.info["container"] in ("images", "tiff"):
        assert case.info["findings"] == ["the file states no frame rate: 30 per second is assumed; give `fps` in the sheet"]
    else:
        assert case.info["findings"] == []


@pytest.mark.parametrize("name", ["h264-b.mp4", "h264-rotated-90.mp4", "h264-b.avi", "tiff-12-bit.tif", "png-folder"])
def test_the_same_video_gives_the_same_files(make, tmp_path, name):
    for folder in ("a", "b"):
        prepare(make(name).path, tmp_path / folder)
    first, second = (
        {path.relative_to(tmp_path / folder): path.read_bytes() for path in (tmp_path / folder).rglob("*") if path.is_file()}
        for folder in ("a", "b")
    )
    assert first == second and len(first) in (3, 4)
