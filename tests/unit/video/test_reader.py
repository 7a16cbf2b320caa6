"""Frames by index and in order."""

import tracemalloc
import weakref
from contextlib import contextmanager
from types import SimpleNamespace

import av
import numpy as np
import pytest
from fixtures.corpus import COUNT, FORMATS, X264, encode, number_of, numbered
from fixtures.helpers import prepare, prepare_and_open
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.video import reader as reader
from posemake.video.reader import open_stream, open_video

READ = ("h264-open-gop.mkv", "hevc-open-gop.mp4", "h264-uneven-times.mp4", "h264-b.avi", "h264-b.ts", "png-folder")


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Prepared videos of some formats, one of which is read from its copy, each with its frames in order."""
    found = {}
    for name in READ:
        folder = tmp_path_factory.mktemp("read")
        video = prepare_and_open(FORMATS[name](folder).path, folder / "out")
        found[name] = video, [image for _, image in video.images()]
    return found


@given(name=st.sampled_from(READ), start=st.integers(0, COUNT), stop=st.none() | st.integers(0, COUNT))
def test_any_stretch_is_the_same_frames(read, name, start, stop):
    video, frames = read[name]
    result = list(video.images(start, stop))
    assert [index for index, _ in result] == list(range(COUNT))[start:stop]
    assert all(np.array_equal(image, frames[index]) for index, image in result)


@given(name=st.sampled_from(READ), asked=st.lists(st.integers(0, COUNT - 1), max_size=8))
def test_any_choice_is_the_same_frames_in_order(read, name, asked):
    video, frames = read[name]
    result = list(video.images_at(asked))
    assert [index for index, _ in result] == sorted(set(asked))
    assert all(np.array_equal(image, frames[index]) for index, image in result)


@given(name=st.sampled_from(READ), start=st.integers(0, COUNT - 1), further=st.integers(0, 5))
def test_any_keyframe_before_a_frame_leads_to_it(read, name, start, further):
    video, frames = read[name]
    if name != "png-folder":
        index, frame = next(pair for pair in video.decode_from(start, further) if pair[0] == start)
        assert np.array_equal(video._frame(frame, index).rgb(), frames[start])


def test_far_frames_are_reached_without_what_lies_between(tmp_path, monkeypatch):
    """About a group of pictures is decoded for each frame that is asked for, not all up to it."""
    path = encode(tmp_path / "long.mp4", numbered(300), options={**X264, "g": "10"})
    video = prepare_and_open(path, tmp_path / "out")
    decoded, decode = [], type(video)._decode

    def counted(self, *given):
        for entry in decode(self, *given):
            decoded.append(entry[0])
            yield entry

    monkeypatch.setattr(type(video), "_decode", counted)
    assert [number_of(image) for _, image in video.images_at([299, 5, 150])] == [5, 150, 299]
    assert len(decoded) < 60


@pytest.mark.parametrize("late", [1, 12, 100])
def test_a_seek_that_leads_behind_its_target_is_made_good(read, monkeypatch, late):
    """Some containers come to the keyframe after, or to none: the target is put back until it leads there."""
    video, frames = read["h264-uneven-times.mp4"]

    def seek(container, pts, **kwargs):
        index = int(np.searchsorted(video.pts, pts))
        container.seek(int(video.pts[min(COUNT - 1, index + late)]), **kwargs)

    seek_with(monkeypatch, seek)
    for asked in ([39], [13, 26], [5], [0]):
        assert all(np.array_equal(image, frames[index]) for index, image in video.images_at(asked))


def seek_with(monkeypatch, seek):
    """Let videos seek in another way."""

    class Container:
        def __init__(self, real):
            self.real = real

        def seek(self, pts, **kwargs):
            seek(self.real, pts, **kwargs)

        def decode(self, stream):
            return self.real.decode(stream)

    @contextmanager
    def opened_otherwise(*given):
        with open_stream(*given) as (container, stream):
            yield Container(container), stream

    monkeypatch.setattr(reader, "open_stream", opened_otherwise)


def test_only_a_keyframe_that_was_counted_tells_where_a_seek_led(read):
    """Frames before it may refer to what was not read."""
    video, _ = read["h264-uneven-times.mp4"]
    pts = int(video.pts[12])
    for key, time, place in [(True, pts, 12), (False, pts, None), (True, pts + 1, None), (True, 10**9, None), (True, None, None)]:
        assert video._keyframe_index(SimpleNamespace(key_frame=key, pts=time)) == place


def test_a_seek_that_fails_is_a_sentence(read, monkeypatch):
    def fail(container, pts, **kwargs):
        raise av.PermissionError(1, "Operation not permitted")

    seek_with(monkeypatch, fail)
    with pytest.raises(PosemakeError, match=r"open-gop\.mkv: cannot be .*Operation not permitted"):
        list(read["h264-open-gop.mkv"][0].images_at([30]))


@pytest.mark.parametrize("name", READ)
def test_a_frame_behind_the_end_is_refused(read, name):
    video, _ = read[name]
    for frames in (video.images_at([2, COUNT]), video.images(COUNT - 2, COUNT + 1), video.frames(COUNT, COUNT + 1)):
        with pytest.raises(PosemakeError, match=rf"^{video.path}: has 40 frames, and frame {COUNT} is asked for"):
            list(frames)


def test_nothing_asked_for_is_nothing(read):
    for video, _ in read.values():
        assert (
            list(video.images_at([])) == list(video.images(COUNT)) == list(video.images(7, 7)) == list(video.images(9, 3)) == []
        )


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_number_of_threads_changes_no_pixel(read, monkeypatch, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    for video, frames in read.values():
        assert all(np.array_equal(image, frames[index]) for index, image in video.images())
        assert all(np.array_equal(image, frames[index]) for index, image in video.images_at([11, 12, 30]))


def test_frames_that_were_passed_on_are_not_held(tmp_path):
    """The memory that reading takes does not grow with the length of the video."""
    video = prepare_and_open(encode(tmp_path / "long.mp4", numbered(300)), tmp_path / "out")
    living, most = weakref.WeakSet(), 0
    tracemalloc.start()
    for _, picture in video.frames():
        living.add(picture)
        picture.rgb()
        picture.grey((48, 32))
        most = max(most, len(living))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most <= 2
    assert peak < 20 * video.info.width * video.info.height * 3


def test_a_video_that_cannot_be_read_is_refused_with_its_reason(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()
    prepare(path, tmp_path / "out")
    with pytest.raises(PosemakeError, match=rf"^{path}: the file is empty \(0 bytes\); copy it again"):
        open_video(path, tmp_path / "out/video.json", tmp_path / "out/standard")


@pytest.mark.parametrize("name", ["missing.mp4", "folder"])
def test_what_is_no_file_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    path = tmp_path / name
    with pytest.raises(PosemakeError, match=rf"^{path}: there is no such video; correct its path"), open_stream(path):
        pass


def test_a_table_that_ffmpeg_would_draw_as_a_picture_is_no_video(tmp_path):
    path = tmp_path / "times.txt"
    path.write_text("frame,x,y\n1,2,3\n" * 200)
    with pytest.raises(PosemakeError, match=r"times.txt: not a video, whatever its name says"), open_stream(path):
        pass


def test_the_cover_of_a_song_is_no_video(tmp_path):
    """Files of sound carry a picture as a track of its own."""
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25, options={"qmin": "2"})
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        song = container.add_stream("aac", rate=16000)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        tone.sample_rate = 16000
        container.mux(song.encode(tone))
        container.mux(song.encode())
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
    with (
        pytest.raises(PosemakeError, match=r"song\.mp4: the file has no video stream; it may hold sound only"),
        open_stream(path),
    ):
        pass
