"""Every member of the broken corpus gives what it tells, seen with plain PyAV, OpenCV and tifffile."""

import av
import cv2
import numpy as np
import pytest
import tifffile
from fixtures.corpus import COUNT, FPS, SIZE, number_of
from fixtures.corpus_broken import BROKEN, SPOILT, packets
from fixtures.pyav_files import build_once, decode_frames, file_contents, frame_number_or_none, single_threaded_stream

# what a decoder in one thread raises, and which of the pictures that come it marks as damaged; nothing where no line stands
SIGNS = {
    "cut-index-first.mp4": (["InvalidDataError"], []),
    "cut.ts": ([], [24]),
    "cut-mpeg4.avi": ([], [22]),
    "cut-raw.avi": (["ArgumentError"], []),
    "concealed.mp4": ([], [15, 20]),
    "undecodable.mp4": (["InvalidDataError"] * 2, []),
    "damaged-mjpeg.avi": (["InvalidDataError"], []),
    "hole.ts": ([], [15]),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return build_once(BROKEN, tmp_path_factory)


@pytest.mark.parametrize("name", BROKEN)
def test_the_same_member_has_the_same_bytes(sample, tmp_path, name):
    assert file_contents(BROKEN[name](tmp_path).path) == file_contents(sample(name).path)
    assert len(list(tmp_path.iterdir())) == 1  # nothing but the member is left


def tolerant(broken):
    """Numbers that come, SPOILT where it is not the number that is due at that time; errors; which pictures are marked."""
    numbers, errors, marks = [], [], []
    with av.open(str(broken.path)) as container:
        stream = single_threaded_stream(container)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                errors.append(type(error).__name__)
                continue
            for frame in frames:
                number = frame_number_or_none(frame)
                timed = broken.start is not None and frame.time is not None
                due = round((frame.time - broken.start) * broken.fps) if timed else number
                marks += [len(numbers)] if frame.is_corrupt else []
                numbers.append(SPOILT if number is None or number != due else number)
    return numbers, errors, marks


@pytest.mark.parametrize("name", [name for name in BROKEN if not name.endswith(("folder", ".tif"))])
def test_a_broken_film_gives_what_can_be_had(sample, name):
    broken = sample(name)
    if broken.decodable is None:
        with pytest.raises(av.InvalidDataError) if name != "sound-only.mp4" else pytest.raises(IndexError):
            tolerant(broken)
        return
    errors, marks = SIGNS.get(name, ([], []))
    assert tolerant(broken) == (broken.decodable, errors, marks)


def test_headers_of_broken_films_promise_what_is_not_there(sample):
    for name, promised in (
        ("claims-more.avi", 60),
        ("claims-fewer.avi", 20),
        ("cut-index-first.mp4", COUNT),
        ("cut-mjpeg.avi", COUNT),
    ):
        with av.open(str(sample(name).path)) as container:
            assert container.streams.video[0].frames == promised != len(sample(name).decodable)


@pytest.mark.parametrize(
    "name, in_messages",
    [("silent-hevc.mp4", False), ("concealed.mp4", True), ("half-mjpeg.avi", True), ("missing-hevc.mp4", True)],
)
def test_only_messages_tell_of_some_damage(sample, name, in_messages):
    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as messages:
            decode_frames(sample(name).path)
    finally:
        av.logging.set_level(before)
    assert bool(messages) == in_messages


def test_times_of_odd_films(sample):
    times = {name: [frame.time for frame in decode_frames(sample(name).path)] for name in BROKEN if "time" in name}
    assert times.pop("no-times.mkv")[:11] == [None] * 10 + [0]
    for name in ("negative-times.mkv", "negative-times.ts"):
        assert times[name][0] < 0 < times[name][-1] and np.diff(times[name]) == pytest.approx(1 / FPS)
    assert times["same-time-twice.mkv"][20] == times["same-time-twice.mkv"][21]


def test_one_keyframe_is_one(sample):
    assert [key for _, _, key in packets(sample("one-keyframe.mp4").path)] == [True] + [False] * 59


@pytest.mark.parametrize("name", ["size-changes.h264", "size-changes.ts"])
def test_the_size_changes(sample, name):
    assert [frame.width for frame in decode_frames(sample(name).path)] == [SIZE[0]] * 20 + [2 * SIZE[0]] * 20


def test_broken_folders(sample):
    for name in ("size-changes-folder", "unreadable-folder"):
        files = sorted(sample(name).path.iterdir())
        images = [cv2.imread(str(file)) for file in files]
        assert len(files) == COUNT and [number_of(image) for image in images if image is not None] == sample(name).decodable
        widths = [image.shape[1] if image is not None else None for image in images]
        assert widths == [SIZE[0]] * 17 + [2 * SIZE[0] if name.startswith("size") else None] + [SIZE[0]] * 22
    assert sample("empty-folder").path.is_dir() and not list(sample("empty-folder").path.iterdir())


def test_a_tiff_that_breaks_off(sample):
    broken = sample("cut-pages.tif")
    numbers = []
    with tifffile.TiffFile(broken.path) as file, pytest.raises((ValueError, IndexError, tifffile.TiffFileError)):
        for page in file.pages:
            numbers.append(number_of(page.asarray()))
    assert numbers == broken.decodable
