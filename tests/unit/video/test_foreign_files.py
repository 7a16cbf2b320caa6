"""Videos as other programs write them: mirrored, several tracks, cover art, and times that do not start at 0."""

from fractions import Fraction

import av
import numpy as np
import pytest
from fixtures.corpus import MPEG_B, VPX, X264_PLAIN, encode, number_of, numbered
from fixtures.helpers import prepare, prepare_and_open

from posemake.video.display_matrix import is_mirrored
from posemake.video.probe import SHORT, probe
from posemake.video.reader import open_stream

UNIT = 1 << 16  # 1 in a display matrix
# a, b, c, d of a matrix, and what undoes it (each is its own inverse)
MIRRORS = {
    "left-right": ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
    "up-down": ((1, 0, 0, -1), lambda image: image[::-1]),
    "transposed": ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
    "transverse": ((0, -1, -1, 0), lambda image: image[::-1, ::-1].swapaxes(0, 1)),
}


def add_track(container, images, **settings):
    stream = container.add_stream(settings.pop("codec", "libx264"), rate=25)
    stream.height, stream.width = images[0].shape[:2]
    stream.pix_fmt = settings.pop("pix_fmt", "yuv444p")
    for name, value in settings.items():
        setattr(stream, name, value)
    return stream, [av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24") for image in images]


def write_tracks(path, *tracks, matrix=None):
    """Write tracks, each a list of images and settings of its stream."""
    with av.open(str(path), "w") as container:
        streams = [add_track(container, images, **settings) for images, settings in tracks]
        if matrix:
            a, b, c, d = (UNIT * value for value in matrix)
            streams[0][0].set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for stream, frames in streams:
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


def numbers(video):
    return [number_of(image) for _, image in video.images()]


@pytest.mark.parametrize("ending", ["mp4", "mov"])
@pytest.mark.parametrize("kind", MIRRORS)
def test_a_mirrored_video_is_shown_as_a_player_does(tmp_path, kind, ending):
    matrix, undo = MIRRORS[kind]
    path = write_tracks(tmp_path / f"a.{ending}", ([undo(image) for image in numbered(5)], {}), matrix=matrix)
    video = prepare_and_open(path, tmp_path / "out")
    assert video.info.mirrored and video.size == (96, 64) and numbers(video) == [0, 1, 2, 3, 4]
    _, frame = next(video.frames(3))
    rgb = frame.rgb()
    assert np.abs(frame.downscaled((96, 64)).astype(int) - rgb).mean() < 3
    assert number_of(frame.grey((96, 64))) == number_of(frame.yuv_planes()[0]) == 3


def test_the_copy_of_a_mirrored_video_is_upright(tmp_path):
    matrix, undo = MIRRORS["transposed"]
    path = write_tracks(tmp_path / "a.mp4", ([undo(image) for image in numbered(5)], {}), matrix=matrix)
    for name, row in (("always", None), ("deinterlaced", {"deinterlace": "yes"})):
        video = prepare_and_open(path, tmp_path / name, {"transcode": "always" if row is None else "auto"}, row)
        assert video.reading.copy and video.size == (96, 64) and numbers(video) == [0, 1, 2, 3, 4]


def test_a_rotated_video_is_not_mirrored(tmp_path):
    path = encode(tmp_path / "a.mp4", [np.rot90(image, -1) for image in numbered(5)], rotation=90)
    video = prepare_and_open(path, tmp_path / "out")
    assert (video.info.mirrored, video.info.rotation, numbers(video)) == (False, 90, [0, 1, 2, 3, 4])


def test_a_matrix_is_that_of_the_track_that_is_read(tmp_path):
    """The first track is mirrored, and the second one is the default."""
    tracks = [(numbered(5, first=100 * k), {"disposition": DEFAULT if k else NONE}) for k in range(2)]
    path = write_tracks(tmp_path / "a.mp4", *tracks, matrix=MIRRORS["up-down"][0])
    assert is_mirrored(path, 1) and not is_mirrored(path, 2)
    video = prepare_and_open(path, tmp_path / "out")
    assert not video.info.mirrored and numbers(video) == [100, 101, 102, 103, 104]


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\x08moov", b"\0\0\0\x10moov\0\0\0\x08mvhd", b"\0\0\0\1moov", b"\0\0\0\0text" * 9]
)
def test_a_file_that_is_damaged_mirrors_nothing(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    assert not is_mirrored(tmp_path / "a.mp4", 1)


# Tracks

DEFAULT, NONE, COVER = av.stream.Disposition.default, av.stream.Disposition(0), av.stream.Disposition.attached_pic


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("marked, first, told", [(0, 0, "track 1 is read, the first"), (1, 100, "track 2 is read, which it")])
def test_of_several_tracks_the_default_one_is_read_and_said_so(tmp_path, ending, marked, first, told):
    tracks = [(numbered(5, first=100 * k), {"disposition": DEFAULT if k == marked else NONE}) for k in range(2)]
    video = prepare_and_open(write_tracks(tmp_path / f"a.{ending}", *tracks), tmp_path / "out")
    assert numbers(video) == list(range(first, first + 5))
    assert "the file has 2 video tracks" in video.info.findings[0] and told in video.info.findings[0]


def test_of_tracks_without_a_mark_the_first_is_read(tmp_path):
    tracks = [(numbered(5, first=100 * k), {"pix_fmt": "yuv420p"}) for k in range(2)]
    video = prepare_and_open(write_tracks(tmp_path / "a.ts", *tracks), tmp_path / "out")
    assert numbers(video) == list(range(5)) and "track 1 is read, the first one" in video.info.findings[0]


def test_cover_art_is_no_track(tmp_path):
    cover = (numbered(1, first=900), {"codec": "mjpeg", "pix_fmt": "yuvj420p", "disposition": COVER})
    path = write_tracks(tmp_path / "a.mp4", cover, (numbered(5), {}))
    video = prepare_and_open(path, tmp_path / "out")
    assert numbers(video) == [0, 1, 2, 3, 4] and video.info.findings == ()


def test_a_file_with_cover_art_alone_has_no_video(tmp_path):
    cover = (numbered(1), {"codec": "mjpeg", "pix_fmt": "yuvj420p", "disposition": COVER})
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream, frames = add_track(container, cover[0], **cover[1])
        sound = container.add_stream("aac", rate=16000)
        container.mux(stream.encode(frames[0]))
        container.mux(stream.encode())
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 16000
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
    assert "no video stream" in prepare(path, tmp_path / "out")["fault"]


# Times that do not start at 0

CODECS = {"webm": {"codec": "libvpx", "options": VPX}, "mpg": {"codec": "mpeg2video", "options": MPEG_B}}


@pytest.mark.parametrize("ending", ["mkv", "webm", "mp4", "mov", "ts", "flv", "mpg", "asf", "nut"])
@pytest.mark.parametrize("start", [7, 3600 * 25])
def test_a_late_start_is_no_finding(tmp_path, ending, start):
    options = CODECS.get(ending, {"options": X264_PLAIN})
    path = encode(tmp_path / f"a.{ending}", numbered(40), pts=range(start, start + 40), **options)
    report = probe(path).report
    assert report.findings == () and report.frames == 40 and report.duration == pytest.approx(39 / 25, abs=0.002)
    assert report.first_time == pytest.approx(start / 25, abs=0.6)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_sound_that_begins_before_the_pictures_is_no_finding(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000)
        stream, frames = add_track(container, numbered(50), pix_fmt="yuv420p", options=X264_PLAIN)
        for index in range(110):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            silence.sample_rate, silence.pts = 16000, 1024 * index
            container.mux(sound.encode(silence))
        container.mux(sound.encode())
        for index, frame in enumerate(frames):
            frame.pts, frame.time_base = 125 + index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    report = probe(path).report
    assert report.first_time == pytest.approx(5, abs=0.1) and report.findings == ()


@pytest.mark.parametrize("ending", ["webm", "ts", "mpg"])
def test_a_negative_start_is_no_finding(tmp_path, ending):
    options = CODECS.get(ending, {"options": X264_PLAIN})
    mux = {"avoid_negative_ts": "disabled"}
    path = encode(tmp_path / f"a.{ending}", numbered(40), pts=range(-5, 35), mux=mux, **options)
    video = prepare_and_open(path, tmp_path / "out")
    assert video.info.findings == () and video.info.first_time == pytest.approx(-0.2)
    assert numbers(video) == list(range(40)) and [number_of(image) for _, image in video.images_at([3, 20])] == [3, 20]


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_a_long_file_that_starts_late_is_counted_by_packets(tmp_path, ending):
    path = encode(tmp_path / f"a.{ending}", numbered(100) * 22, options=X264_PLAIN, pts=range(90000, 90000 + 2200))
    report = probe(path).report
    assert SHORT < report.frames == 2200 and report.decoded_frames is None and report.findings == ()


@pytest.mark.parametrize("start", [0, 90000])
def test_an_end_that_is_missing_is_found_after_a_late_start(tmp_path, start):
    path = encode(tmp_path / "a.mkv", numbered(100), options=X264_PLAIN, pts=range(start, start + 100))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    report = probe(path).report
    assert any("before the end that the container claims" in finding for finding in report.findings)
    with open_stream(path) as (container, _):
        assert container.duration > 1e6
