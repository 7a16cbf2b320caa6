"""A broken video is read as it is, or by a copy of exactly what can be decoded, or refused in a sentence; never in silence."""

import shutil

import numpy as np
import pytest
from fixtures.corpus import COUNT, FORMATS, X264, X265, encode, number_of, numbered, write_images, write_pages
from fixtures.corpus_broken import BROKEN, SPOILT, packets
from fixtures.helpers import open_prepared, prepare, prepare_and_open
from fixtures.pyav_files import build_once

from posemake.core.errors import PosemakeError
from posemake.video import probe

REFUSED = {  # what has no faultless reading, though parts of it can be decoded
    "size-changes.h264": "its frames change size at frame 20, from 96 x 64 to 192 x 128; cut it",
    "size-changes.ts": "its frames change size at frame 20, from 96 x 64 to 192 x 128; cut it",
    "size-changes-folder": "img0017.png has 192 x 128 pixels, and the images before have 96 x 64",
    "unreadable-folder": "img0017.png is no image that can be read; copy it again, or take it out",
    "cut-pages.tif": "its pages cannot all be found",
}
NOTHING = {  # what is no video
    "no-moov.mp4": "not a video that can be opened .* index at its end is missing",
    "cut.mp4": "not a video that can be opened .* index at its end is missing",
    "empty.mp4": r"the file is empty \(0 bytes\); copy it again",
    "text.mp4": "not a video",
    "sound-only.mp4": "the file has no video stream; it may hold sound only",
    "empty-folder": "there are no images of this name",
}
DAMAGED = (  # what can be decoded is copied
    "cut-index-first.mp4", "cut.ts", "cut-mpeg4.avi", "cut-raw.avi", "concealed.mp4", "undecodable.mp4", "damaged-mjpeg.avi",
    "hole.ts", "missing-hevc.mp4",
)  # fmt: skip
TIMELESS = ("no-times.mkv", "same-time-twice.mkv", "headless.h264")  # copied, as their frames cannot be told apart
LACKING = {  # frames that are missing or damaged, and what is found of it
    "cut-index-first.mp4": "the container claims 40 frames and 22 can be decoded",
    "cut.mkv": "it ends 0.6 s before the end that the container claims",
    "cut.ts": "1 frames are damaged",
    "cut-mpeg4.avi": "the container claims 40 frames and 23 can be decoded",
    "cut-mjpeg.avi": "the container claims 40 frames and 24 can be decoded",
    "cut-raw.avi": "the container claims 40 frames and 23 can be decoded",
    "concealed.mp4": "2 frames are damaged, which the decoder conceals",
    "undecodable.mp4": "2 packets cannot be decoded",
    "missing-hevc.mp4": "the container claims 40 frames and 32 can be decoded",
    "damaged-mjpeg.avi": "1 packets cannot be decoded",
    "hole.ts": "1 frames are damaged",
    "claims-more.avi": "the container claims 60 frames and 40 can be decoded",
    "headless.h264": "there are 35 packets of frames, and 28 can be decoded",
    "headless.ts": "there are 35 packets of frames, and 28 can be decoded",
}
READABLE = [name for name in BROKEN if name not in REFUSED | NOTHING]


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """The broken video of a name, made once."""
    return build_once(BROKEN, tmp_path_factory)


@pytest.fixture(scope="module", params=[2000, 0], ids=["exact", "fast"])
def ready(request, make, tmp_path_factory):
    """A broken video and what was prepared of it, once for each probe."""

    def prepare_once(name):
        sample, folder = make(name), tmp_path_factory.mktemp("prepared")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(probe, "SHORT", request.param)
            return sample, folder, prepare(sample.path, folder)

    cache = {}
    return lambda name: cache[name] if name in cache else cache.setdefault(name, prepare_once(name))


def is_sentence(fault, path):
    """Whether a fault says what is wrong, and neither where the file lies nor how the code came there."""
    return len(fault) > 20 and "\n" not in fault and str(path.parent) not in fault and "Traceback" not in fault


@pytest.mark.parametrize("name", REFUSED | NOTHING)
def test_what_cannot_be_read_has_a_fault_and_no_frames(ready, name):
    sample, folder, info = ready(name)
    assert is_sentence(info["fault"], sample.path)
    assert not info["findings"] and info["standardised"] is None and info["frames"] == 0
    assert len(np.load(folder / "times.npy")) == 0
    with pytest.raises(PosemakeError, match=rf"{sample.path.name}: {(REFUSED | NOTHING)[name]}") as raised:
        open_prepared(sample.path, folder)
    assert str(raised.value) == f"{sample.path}: {info['fault']}"


@pytest.mark.parametrize("name", READABLE)
def test_what_is_read_is_exactly_what_can_be_decoded(ready, name):
    sample, folder, info = ready(name)
    assert info["fault"] is None and info["frames"] == len(sample.decodable)
    frames = [image for _, image in open_prepared(sample.path, folder).images()]
    assert len(frames) == len(sample.decodable)
    for image, number in zip(frames, sample.decodable):
        assert image.shape == (sample.size[1], sample.size[0], 3)
        assert number == SPOILT or number_of(image) == number


@pytest.mark.parametrize("name", READABLE)
def test_a_frame_that_is_asked_for_is_the_one_in_order(ready, name):
    sample, folder, _ = ready(name)
    video = open_prepared(sample.path, folder)
    frames = dict(video.images())
    for asked in ([len(frames) - 1], [3, 16], [14, 15, 16, 20, 21]):
        read = dict(video.images_at(asked))
        assert list(read) == asked and all(np.array_equal(image, frames[index]) for index, image in read.items())


@pytest.mark.parametrize("name", READABLE)
def test_each_frame_has_the_time_at_which_it_was_recorded(ready, name):
    sample, folder, info = ready(name)
    times = np.load(folder / "times.npy")
    assert len(times) == info["frames"] and (np.diff(times) > 0).all()
    if sample.start is None:
        assert times == pytest.approx(np.arange(len(times)) / sample.fps)
    else:
        known = [i for i, number in enumerate(sample.decodable) if number != SPOILT]
        assert times[known] == pytest.approx(sample.start + np.array(sample.decodable)[known] / sample.fps, abs=1e-6)


@pytest.mark.parametrize("name", READABLE)
def test_only_what_cannot_be_read_exactly_is_copied(ready, name):
    _, folder, info = ready(name)
    why = "parts of the file are damaged" if name in DAMAGED else "frames cannot be sought exactly" if name in TIMELESS else None
    assert info["standardised"] == why
    assert (folder / "standard/video.mp4").is_file() is (why is not None)


@pytest.mark.parametrize("name", READABLE)
def test_what_is_missing_is_told(ready, name):
    sample, _, info = ready(name)
    findings = [finding for finding in info["findings"] if "timestamps" not in finding]
    if name in LACKING:
        assert any(finding.startswith(LACKING[name]) for finding in findings)
    else:
        assert findings == [] and len(sample.decodable) == sample.recorded
    assert info["container_frames"] <= info["frames"] or findings
    assert not info["damaged_frames"] or name in DAMAGED


@pytest.mark.parametrize("name", READABLE)
def test_a_copy_that_is_not_allowed_leaves_a_fault_of_what_is_damaged(make, tmp_path, name):
    info = prepare(make(name).path, tmp_path, {"transcode": "never"})
    if name in DAMAGED:
        assert is_sentence(info["fault"], make(name).path) and "set `prepare.transcode: auto`" in info["fault"]
        assert info["frames"] == 0
    else:
        assert info["fault"] is None and info["standardised"] is None
        numbers = [image for _, image in open_prepared(make(name).path, tmp_path).images()]
        assert len(numbers) == len(make(name).decodable)
    assert not (tmp_path / "standard/video.mp4").exists()


@pytest.mark.parametrize("name", READABLE)
def test_a_copy_of_all_holds_what_can_be_decoded(make, tmp_path, name):
    sample = make(name)
    info = prepare(sample.path, tmp_path, {"transcode": "always"})
    assert info["fault"] is None and info["standardised"] and (tmp_path / "standard/video.mp4").is_file()
    frames = [image for _, image in open_prepared(sample.path, tmp_path).images()]
    assert len(frames) == len(sample.decodable)
    assert all(n == SPOILT or number_of(image) == n for image, n in zip(frames, sample.decodable))


@pytest.mark.parametrize("name", [*REFUSED, *NOTHING])
def test_a_copy_of_what_cannot_be_read_is_not_made(make, tmp_path, name):
    assert prepare(make(name).path, tmp_path, {"transcode": "always"})["fault"]
    assert not (tmp_path / "standard/video.mp4").exists()


@pytest.mark.parametrize("rate", ["auto", "always"])
def test_a_copy_of_what_is_damaged_is_the_same_each_time(make, tmp_path, rate):
    for folder in ("a", "b"):
        prepare(make("undecodable.mp4").path, tmp_path / folder, {"transcode": rate})
    for name in ("standard/video.mp4", "standard/pts.npy", "video.json", "times.npy"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_lost_frames_are_told_where_the_container_claims_no_number(tmp_path):
    """HEVC leaves out what refers to a lost frame, and Matroska states no number of frames."""
    heads = 4 + 5  # bytes: of a packet in Matroska, and of what it holds
    path = spoil(encode(tmp_path / "a.mkv", numbered(COUNT), "libx265", options=X265), [16, 17], lambda size: heads)
    info = prepare(path, tmp_path / "out")
    assert info["container_frames"] == 0 and info["frames"] < COUNT
    assert info["findings"] == [f"there are 40 packets of frames, and {info['frames']} can be decoded"]


def test_a_tiff_that_is_cut_between_two_pages_is_refused(tmp_path):
    """What is left of it is sound, and only the place of the next page says that one is missing."""
    path = shutil.copy(FORMATS["tiff-rgb.tif"](tmp_path).path, tmp_path / "cut.tif")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 25 // COUNT])
    info = prepare(path, tmp_path / "out")
    assert is_sentence(info["fault"], path) and "its pages cannot all be found" in info["fault"]


def spoil(path, which, kept):
    """Zeros in place of packets of a video, but for the first ``kept(size)`` bytes of each."""
    content = bytearray(path.read_bytes())
    places = packets(path)
    for position, size, _ in (places[index] for index in which):
        content[position + kept(size) : position + size] = bytes(size - kept(size))
    path.write_bytes(content)
    return path


LONG = 300  # frames, of which the samples of a fast probe and what leads to them are a small part
HIDDEN = {
    "concealed": ("libx264", X264, lambda size: size // 2),
    "undecodable": ("libx264", X264, lambda size: 5),
    "left out": ("libx265", X265, lambda size: 5),
}


@pytest.fixture(scope="module", params=HIDDEN)
def hidden_damage(request, tmp_path_factory):
    """A video of which frames 90 to 92 are damaged, which no sample of its fast probe touches."""
    codec, options, kept = HIDDEN[request.param]
    short = {"g": "6"} if codec == "libx264" else {"x265-params": options["x265-params"].replace("int=12", "int=6")}
    path = tmp_path_factory.mktemp("hidden") / "hidden.mp4"
    return spoil(encode(path, numbered(LONG), codec, options={**options, **short}), [90, 91, 92], kept)


def test_damage_behind_a_fast_probe_is_noticed_in_reading(hidden_damage, tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "SHORT", 0)
    info = prepare(hidden_damage, tmp_path)
    assert info["fault"] is None and info["standardised"] is None and info["decoded_frames"] is None
    video = open_prepared(hidden_damage, tmp_path)
    for reading in (video.images(), video.images(80), video.images_at([150, 92]), video.images_at(range(85, 100))):
        with pytest.raises(PosemakeError, match=rf"^{hidden_damage}: .*it is damaged there, or was changed meanwhile: run again"):
            list(reading)
    assert [number_of(image) for _, image in video.images_at([10, 60, 150, 299])] == [10, 60, 150, 299]


def test_damage_behind_a_fast_probe_is_found_by_an_exact_one(hidden_damage, tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "SHORT", 0)
    info = prepare(hidden_damage, tmp_path, {"count": "exact"})
    assert info["findings"] and info["decoded_frames"] == info["frames"]
    read = [index for index, _ in open_prepared(hidden_damage, tmp_path).images()]
    assert read == list(range(info["frames"]))


@pytest.mark.parametrize("name", ["h264-b.mp4", "mjpeg.avi", "ffv1-rgb.mkv"])
@pytest.mark.parametrize("short", [2000, 0], ids=["exact", "fast"])
def test_a_video_that_is_replaced_after_it_was_prepared_is_noticed(tmp_path, monkeypatch, name, short):
    monkeypatch.setattr(probe, "SHORT", short)
    path = FORMATS[name](tmp_path).path
    whole = path.read_bytes()
    video = prepare_and_open(path, tmp_path / "out")
    others = {
        "shorter": lambda: encode(path, numbered(30)),
        "longer": lambda: encode(path, numbered(50)),
        "larger": lambda: encode(path, numbered(COUNT, (98, 64))),
        "other times": lambda: encode(path, numbered(COUNT), pts=range(0, 2 * COUNT, 2)),
        "no video": lambda: path.write_text("nothing"),
        "empty": lambda: path.write_bytes(b""),
        "gone": path.unlink,
    }
    for change in others.values():
        path.write_bytes(whole)
        change()
        with pytest.raises(PosemakeError, match=rf"^{path}: "):
            list(video.images())
        with pytest.raises(PosemakeError, match=rf"^{path}: "):
            list(video.images_at([3, COUNT - 1]))
    path.write_bytes(whole)
    assert len(list(video.images())) == COUNT


@pytest.mark.parametrize("name", ["h264-b.mp4", "mjpeg.avi"])
def test_an_end_that_was_cut_off_meanwhile_is_noticed(tmp_path, name):
    """Packets at the end are zeros, as where copying a file was broken off."""
    path = FORMATS[name](tmp_path).path
    video = prepare_and_open(path, tmp_path / "out")
    spoil(path, range(35, 40), lambda size: 0)
    for reading in (video.images(), video.images_at([39])):
        with pytest.raises(PosemakeError, match="it is damaged there, or was changed meanwhile"):
            list(reading)


@pytest.mark.parametrize("name", ["png-folder", "jpeg-from-5", "tiff-rgb.tif"])
@pytest.mark.parametrize("count", [COUNT - 1, COUNT + 1])
def test_images_of_another_number_are_noticed(tmp_path, name, count):
    sample = FORMATS[name](tmp_path)
    video = prepare_and_open(sample.path, tmp_path / "out")
    assert len(list(video.images())) == COUNT
    if name.endswith(".tif"):
        write_pages(sample.path, numbered(count))
    elif count > COUNT:
        folder = sample.path if sample.path.is_dir() else sample.path.parent
        write_images(folder, f"img%04d{next(folder.iterdir()).suffix}", numbered(1), 99)
    else:
        next((sample.path if sample.path.is_dir() else sample.path.parent).glob("*17*")).unlink()
    with pytest.raises(PosemakeError, match=rf"{sample.path.name}: holds {count} images, not 40; .* changed meanwhile"):
        open_prepared(sample.path, tmp_path / "out")


@pytest.mark.parametrize("size", [(98, 64), (97, 64), (96, 65), (95, 64), (96, 48)])
def test_an_image_of_another_size_is_noticed(tmp_path, size):
    folder = FORMATS["png-folder"](tmp_path).path
    video = prepare_and_open(folder, tmp_path / "out")
    write_images(folder, "img%04d.png", numbered(1, size), 20)
    with pytest.raises(PosemakeError, match=f"frame 20 has {size[0]} x {size[1]} pixels, not 96 x 64"):
        list(video.images())


def test_an_image_that_is_gone_while_others_are_read_is_noticed(tmp_path):
    folder = FORMATS["png-folder"](tmp_path).path
    video = prepare_and_open(folder, tmp_path / "out")
    (folder / "img0020.png").unlink()
    with pytest.raises(PosemakeError, match=r"img0020\.png is no image that can be read"):
        list(video.images())
