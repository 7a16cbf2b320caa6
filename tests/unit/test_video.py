import hashlib
import struct
import wave
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers import spots, write_video

from posemake.log import PosemakeError
from posemake.video import file_digest, probe, read_chosen, read_frames, read_thumbnails, window
from posemake.video_writer import video_writer


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """A video of 30 frames of 64 × 48 pixels that all differ, and the frames."""
    frames = spots(30)
    return write_video(tmp_path_factory.mktemp("video") / "walk.mp4", frames), frames


def test_probe_tells_what_was_written(walk):
    path, frames = walk
    info, times = probe(path)
    assert (info.width, info.height, info.frames, info.container_frames) == (64, 48, len(frames), len(frames))
    assert (info.fps, info.codec, info.pixel_format, info.rotation) == (25.0, "h264", "yuv420p", 0)
    assert times == pytest.approx(np.arange(30) / 25)
    assert info.duration == pytest.approx(29 / 25)
    assert not info.variable_rate
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == file_digest(path)


def test_frames_come_in_order_and_as_they_were(walk):
    path, frames = walk
    read = list(read_frames(path))
    assert [index for index, _ in read] == list(range(30))
    for (_, image), wanted in zip(read, frames):
        assert image.shape == (48, 64, 3) and image.dtype == np.uint8 and image.flags.c_contiguous
        assert np.abs(image.astype(int) - wanted).mean() < 2
        # the frame before and after differ by more
        assert np.abs(image.astype(int) - wanted).mean() == min(np.abs(image.astype(int) - other).mean() for other in frames)


@pytest.mark.parametrize("start, stop", [(0, 30), (5, 9), (28, 30), (7, None), (4, 4)])
def test_a_stretch_is_the_same_frames(walk, start, stop):
    path, _ = walk
    everything = dict(read_frames(path))
    stretch = list(read_frames(path, start, stop))
    assert [index for index, _ in stretch] == list(range(start, min(30, 30 if stop is None else stop)))
    assert all(np.array_equal(image, everything[index]) for index, image in stretch)


def test_chosen_frames_are_those_of_their_index(walk):
    path, _ = walk
    everything = dict(read_frames(path))
    chosen = list(read_chosen(path, [29, 3, 17, 3, 0]))
    assert [index for index, _ in chosen] == [0, 3, 17, 29]
    assert all(np.array_equal(image, everything[index]) for index, image in chosen)


def test_a_frame_behind_the_end_is_refused(walk):
    for frames in (read_chosen(walk[0], [2, 30]), read_thumbnails(walk[0], [2, 30], (8, 8)), read_frames(walk[0], 28, 31)):
        with pytest.raises(PosemakeError, match=r"walk\.mp4: ends after 30 frames"):
            list(frames)


def test_thumbnails_are_small_grey_pictures_of_their_frames(walk):
    path, frames = walk
    small = dict(read_thumbnails(path, [0, 10, 29], (16, 12)))
    assert list(small) == [0, 10, 29]
    for index, picture in small.items():
        wanted = frames[index][..., 0].reshape(12, 4, 16, 4).mean((1, 3))
        assert picture.shape == (12, 16) and np.abs(picture - wanted).mean() < 6


@pytest.mark.parametrize("size", [(64, 48), (63, 48), (64, 47), (33, 17)])
def test_odd_sizes_are_padded_right_and_below(tmp_path, size):
    frames = [frame[: size[1], : size[0]] for frame in spots(3)]
    info, _ = probe(write_video(tmp_path / "odd.mp4", frames))
    assert (info.width, info.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    assert info.frames == 3
    _, first = next(read_frames(tmp_path / "odd.mp4"))
    padded = np.pad(frames[0], ((0, size[1] % 2), (0, size[0] % 2), (0, 0)), mode="edge")
    assert np.abs(first.astype(int) - padded).max() < 16  # no black line


def test_grey_levels_survive(tmp_path):
    ramp = np.broadcast_to(np.arange(0, 256, dtype=np.uint8)[None, :, None], (64, 256, 3))
    _, image = next(read_frames(write_video(tmp_path / "ramp.mp4", [ramp] * 3, quality=4)))
    assert np.abs(image.astype(int) - ramp).max() <= 4
    assert abs((image.astype(int) - ramp).mean()) < 1


def test_red_stays_red(tmp_path):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    _, image = next(read_frames(write_video(tmp_path / "red.mp4", [red] * 2)))
    assert np.abs(image.astype(int) - red).max() < 12


def turn(path, matrix):
    """Write a display matrix (a b c d of ISO 14496-12: x' = ax + cy, y' = bx + dy) into the header of an MP4."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # version and flags, times, id, duration, layer, group, volume
    a, b, c, d = matrix
    content[at : at + 36] = struct.pack(">9i", *(v << 16 for v in (a, b, 0, c, d, 0)), 0, 0, 1 << 30)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "matrix, corner",
    [((1, 0, 0, 1), (0, 0)), ((0, 1, -1, 0), (0, -1)), ((-1, 0, 0, -1), (-1, -1)), ((0, -1, 1, 0), (-1, 0))],
    ids=["upright", "clockwise", "upside-down", "counterclockwise"],
)
def test_a_turned_video_is_read_upright(tmp_path, matrix, corner):
    image = np.zeros((48, 80, 3), np.uint8)
    image[:12, :12] = 250  # the top left as stored
    path = write_video(tmp_path / "phone.mp4", [image] * 3)
    turn(path, matrix)
    info, _ = probe(path)
    height, width = (80, 48) if matrix[0] == 0 else (48, 80)
    assert (info.width, info.height) == (width, height)
    for frames in (read_frames(path), read_chosen(path, [1])):
        for _, frame in frames:
            assert frame.shape == (height, width, 3)
            rows = {0: slice(2, 10), -1: slice(-10, -2)}
            assert frame[rows[corner[0]], rows[corner[1]]].min() > 220
            assert frame.mean() < 30


def test_a_variable_rate_is_seen_and_times_are_the_own_ones(tmp_path):
    path = tmp_path / "variable.mp4"
    moments = [0, 40, 80, 400, 440]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for moment, image in zip(moments, spots(5)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = moment, stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    info, times = probe(path)
    assert info.variable_rate
    assert times == pytest.approx(np.array(moments) / 1000, abs=0.002)


def sound(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def avi(path, frames, claimed):
    """A video whose header claims another number of frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for image in spots(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    content = bytearray(path.read_bytes())
    at = content.index(b"strh") + 8 + 32
    assert struct.unpack("<I", content[at : at + 4]) == (frames,)
    content[at : at + 4] = struct.pack("<I", claimed)
    path.write_bytes(content)
    return path


def bad_file(path, kind, good):
    content = good.read_bytes()
    if kind == "empty":
        path.touch()
    elif kind == "zeros":
        path.write_bytes(bytes(5000))
    elif kind == "text":
        path.write_text("a\tlist of what was recorded\n" * 50)
    elif kind == "half":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "end":
        path.write_bytes(content[: int(len(content) * 0.8)])
    elif kind == "head":
        path.write_bytes(content[:100])
    elif kind == "no-head":
        path.write_bytes(content[len(content) // 2 :])
    elif kind == "wav":
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(bytes(8000))
    elif kind == "sound":
        sound(path)
    elif kind == "folder":
        path.mkdir()


@pytest.mark.parametrize(
    "kind, sentence",
    [
        ("missing", "there is no such video"),
        ("folder", "there is no such video"),
        ("empty", r"the file is empty \(0 bytes\)"),
        ("zeros", "not a video that can be opened"),
        ("text", "not a video"),
        ("half", ".*cut short or damaged"),
        ("end", ".*cut short or damaged"),
        ("head", ""),
        ("no-head", "not a video that can be opened"),
        ("wav", "the file has no video stream; it may hold sound only"),
        ("sound", "the file has no video stream; it may hold sound only"),
    ],
)
def test_what_is_no_whole_video_is_refused_with_its_name(tmp_path, walk, kind, sentence):
    path = tmp_path / "bad one.mp4"
    bad_file(path, kind, walk[0])
    with pytest.raises(PosemakeError, match=rf"^{path}: (?=.{{20,}}){sentence}"):
        probe(path)


def test_a_table_that_ffmpeg_would_draw_as_a_picture_is_no_video(tmp_path):
    path = tmp_path / "times.txt"
    path.write_text("frame,x,y\n1,2,3\n" * 200)
    with pytest.raises(PosemakeError, match=r"times.txt: not a video, whatever its name says; its content is text"):
        probe(path)


@pytest.mark.parametrize("claimed", [0, 18, 22])
def test_where_the_container_lies_a_little_the_frames_count(tmp_path, claimed):
    info, times = probe(avi(tmp_path / "old.avi", 20, claimed))
    assert (info.frames, info.container_frames, len(times)) == (20, claimed, 20)


def test_where_the_container_claims_many_more_frames_it_is_damaged(tmp_path):
    with pytest.raises(PosemakeError, match=r"old.avi: 20 frames can be decoded where the file says 40: it is cut short"):
        probe(avi(tmp_path / "old.avi", 20, 40))


def test_an_error_while_writing_leaves_no_file(tmp_path):
    path = tmp_path / "out" / "video.mp4"
    with pytest.raises(RuntimeError, match="interrupted"), video_writer(path, (64, 48), 25) as write:
        write(spots(1)[0])
        raise RuntimeError("interrupted")
    assert list(path.parent.iterdir()) == []


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = write_video(tmp_path / "video.mp4", spots(2))
    before = path.read_bytes()
    with pytest.raises(RuntimeError), video_writer(path, (64, 48), 25) as write:
        write(spots(1)[0])
        raise RuntimeError
    assert [file.name for file in tmp_path.iterdir()] == ["video.mp4"]
    assert path.read_bytes() == before


INFO = {"frames": 100, "width": 64, "height": 48}


@pytest.mark.parametrize(
    "start, stop, crop, wanted",
    [
        (None, None, None, (0, 100, [0, 64, 0, 48])),
        (10, 20, [8, 64, 0, 40], (10, 20, [8, 64, 0, 40])),
        (0, 1000, [], (0, 100, [0, 64, 0, 48])),
        (99, None, None, (99, 100, [0, 64, 0, 48])),
    ],
)
def test_the_window_is_filled_from_the_video(start, stop, crop, wanted):
    assert window("v.mp4", INFO, start, stop, crop) == wanted


@pytest.mark.parametrize(
    "start, stop, crop, sentence",
    [
        (100, None, None, "start 100 and stop 100 leave no frame of 100"),
        (30, 30, None, "start 30 and stop 30 leave no frame"),
        (None, None, [0, 65, 0, 48], "crop 0,65,0,48 .* does not lie within its 64 x 48 pixels"),
        (None, None, [20, 10, 0, 48], "crop 20,10,0,48"),
        (None, None, [0, 64, 40, 40], "crop 0,64,40,40"),
    ],
)
def test_a_window_outside_the_video_is_refused(start, stop, crop, sentence):
    with pytest.raises(PosemakeError, match=f"^v.mp4: {sentence}"):
        window("v.mp4", INFO, start, stop, crop)
