"""What a video is found to hold: by packets, by samples, by all of it."""

import hashlib
from contextlib import contextmanager

import av
import numpy as np
import pytest
from fixtures.corpus import COUNT, FORMATS, X264, encode, number_of, numbered, write_images
from fixtures.corpus_broken import BROKEN, packets
from fixtures.helpers import open_prepared, prepare

from posemake.core import digests
from posemake.core.errors import PosemakeError
from posemake.video import decoding, probe, timestamps
from posemake.video import reader as reader
from posemake.video.reader import open_stream


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A video of 300 frames with a keyframe for every ten."""
    return encode(tmp_path_factory.mktemp("long") / "long.mp4", numbered(300), options={**X264, "g": "10"})


@pytest.fixture
def fast(monkeypatch):
    """A fast probe is not made exact because a video is short."""
    monkeypatch.setattr(probe, "SHORT", 0)


def decoded_frames(monkeypatch):
    """The frames that are decoded from now on."""
    frames, decode = [], reader.VideoReader._decode
    monkeypatch.setattr(reader.VideoReader, "_decode", lambda *args: (frames.append(pair[0]) or pair for pair in decode(*args)))
    monkeypatch.setattr(probe, "scan_frames", lambda *args: pytest.fail("all frames are decoded"))
    return frames


def test_a_report_tells_what_was_written(long):
    report, times, pts = probe.probe(long)
    assert (report.container, report.codec, report.pixel_format) == ("mov,mp4,m4a,3gp,3g2,mj2", "h264", "yuv420p")
    assert (report.width, report.height, report.frames, report.container_frames, report.packets) == (96, 64, 300, 300, 300)
    assert (report.fps, report.real_fps, report.keyframes, report.keyframe_gap) == (25.0, pytest.approx(25), 30, 10)
    assert report.container_duration == pytest.approx(12) and report.duration == pytest.approx(299 / 25)
    assert times == pytest.approx(np.arange(300) / 25) and len(pts) == 300
    assert report.bytes == long.stat().st_size and report.findings == ()
    assert report.digest == f"sha256:{hashlib.sha256(long.read_bytes()).hexdigest()}"


@pytest.mark.parametrize("bits, times", [(10, 64), (12, 16), (16, 0)])
def test_grey_of_fewer_bits_than_the_file_has_is_told(tmp_path, bits, times):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray16le"
        image = np.linspace(0, 2**bits - 1, 64 * 48).reshape(48, 64).astype(np.uint16)
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="gray16le")))
        container.mux(stream.encode())
    command = f"`ffmpeg -i … -vf lut=y=val*{times},format=gray"
    sentence = f"its values use {bits} of 16 bits and are read dark; make a copy with {command}"
    findings = probe.probe(path).report.findings
    assert [finding.startswith(sentence) for finding in findings] == [True] * bool(times)


@pytest.mark.usefixtures("fast")
def test_a_fast_probe_decodes_samples_only(long, monkeypatch):
    decoded = decoded_frames(monkeypatch)
    report, times, _ = probe.probe(long)
    assert (report.frames, len(times), report.random_access, report.decoded_frames) == (300, 300, True, None)
    assert {0, 299} < set(decoded) and 50 < len(set(decoded)) < 250


def test_a_short_video_is_decoded_whatever_is_asked_for(long):
    assert probe.probe(long)[0].decoded_frames == 300


@pytest.mark.usefixtures("fast")
def test_an_exact_probe_decodes_all(long):
    exact, fast = probe.probe(long, exact=True), probe.probe(long)
    assert exact[0].decoded_frames == 300
    assert vars(exact[0]) | {"decoded_frames": None} == vars(fast[0])
    assert all(np.array_equal(a, b) for a, b in zip(exact[1:], fast[1:]))


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("name", ["h264-b.avi", "h264-b.ts", "vp8.webm", "mpeg4.mp4", "mpeg4-packed-b.avi", "h264-edit-list.mp4"])
def test_what_packets_do_not_tell_is_decoded(tmp_path, name):
    sample = FORMATS[name](tmp_path)
    assert probe.probe(sample.path)[0].decoded_frames == len(sample.frames)


@pytest.mark.usefixtures("fast")
def test_a_first_frame_that_is_not_the_first_packet_is_decoded(tmp_path):
    """The first packet is zeros, and the packets behind it cannot be decoded without it."""
    path = encode(tmp_path / "a.mp4", numbered(COUNT))
    content = bytearray(path.read_bytes())
    position, size, _ = packets(path)[0]
    content[position : position + size] = bytes(size)
    path.write_bytes(content)
    report, times, _ = probe.probe(path)
    assert report.decoded_frames == report.frames == len(times) < COUNT
    assert report.damaged_frames and report.findings


def test_where_no_frame_can_be_decoded_a_sentence_says_so(tmp_path):
    path = encode(tmp_path / "a.mp4", numbered(5))
    content = bytearray(path.read_bytes())
    for position, size, _ in packets(path):
        content[position : position + size] = bytes(size)
    path.write_bytes(content)
    with pytest.raises(PosemakeError, match=rf"^{path}: no frame can be decoded \(.+\); copy the file again"):
        probe.probe(path)


# Random access that is wrong


class Shifted:
    """A container that, once it was sought, gives each frame the time of the next one."""

    def __init__(self, real, step):
        self.real, self.step, self.sought = real, step, False

    def seek(self, *args, **kwargs):
        self.sought = True
        self.real.seek(*args, **kwargs)

    def decode(self, stream):
        for frame in self.real.decode(stream):
            if self.sought:
                frame.pts += self.step
            yield frame


class Late(Shifted):
    """A container that, once it was sought, gives each frame the time of the next one, and ends in time."""

    def decode(self, stream):
        before = None
        for frame in super().decode(stream):
            if before is not None:
                yield before
            before = frame
        if not self.sought:
            yield before


class Stumbling(Shifted):
    """A container that, once it was sought, loses a frame."""

    def decode(self, stream):
        for index, frame in enumerate(self.real.decode(stream)):
            if not self.sought or index != 3:
                yield frame


class Unseekable(Shifted):
    """A container that cannot be sought."""

    def seek(self, *args, **kwargs):
        raise av.PermissionError(1, "Operation not permitted")


@pytest.fixture(params=[Shifted, Late, Stumbling, Unseekable])
def wrong_access(request, monkeypatch, long):
    step = int(np.diff(probe.probe(long)[2])[0])

    @contextmanager
    def opened_wrongly(path, *args):
        with open_stream(path, *args) as (container, stream):
            yield (request.param(container, step) if str(path) == str(long) else container), stream

    monkeypatch.setattr(reader, "open_stream", opened_wrongly)


@pytest.mark.usefixtures("wrong_access")
@pytest.mark.parametrize("short", [2000, 0], ids=["exact", "fast"])
def test_a_video_whose_random_access_is_wrong_is_read_from_a_copy(long, tmp_path, monkeypatch, short):
    monkeypatch.setattr(probe, "SHORT", short)
    info = prepare(long, tmp_path)
    assert info["random_access"] is False and info["decoded_frames"] == 300
    assert info["standardised"] == "frames cannot be sought exactly"
    video = open_prepared(long, tmp_path)
    assert [number_of(image) for _, image in video.images_at([7, 150, 299])] == [7, 150, 299]


@pytest.mark.usefixtures("wrong_access")
def test_where_no_copy_is_allowed_it_is_read_in_one_pass(long, tmp_path):
    info = prepare(long, tmp_path, {"transcode": "never"})
    assert info["reading"]["random_access"] is False and info["standardised"] is None
    video = open_prepared(long, tmp_path)
    assert [number_of(image) for _, image in video.images_at([7, 150, 299])] == [7, 150, 299]
    assert [index for index, _ in video.images(20, 30)] == list(range(20, 30))


# Digests


def test_a_large_file_is_digested_by_pieces_and_whole_where_all_is_decoded(long, monkeypatch):
    digest = f"sha256:{hashlib.sha256(long.read_bytes()).hexdigest()}"
    assert probe.probe(long)[0].digest == digest
    monkeypatch.setattr(digests, "MAX_WHOLE", 1000)
    monkeypatch.setattr(digests, "PIECE_SIZE", 100)
    assert probe.probe(long)[0].digest.startswith("sampled:")
    assert probe.probe(long, exact=True)[0].digest == digest


def test_the_digest_of_images_changes_with_each_of_them(tmp_path):
    folder = write_images(tmp_path / "a", "img%02d.png", numbered(5))
    seen = {probe.probe(folder)[0].digest}
    write_images(folder, "img%02d.png", numbered(1, first=9), 3)
    seen.add(probe.probe(folder)[0].digest)
    (folder / "img04.png").rename(folder / "img05.png")
    seen.add(probe.probe(folder)[0].digest)
    (folder / "img05.png").unlink()
    seen.add(probe.probe(folder)[0].digest)
    assert len(seen) == 4
    (folder / "notes.txt").touch()
    assert probe.probe(folder)[0].digest in seen


# Files that break off


class Breaking:
    """A container whose packets break off with an error."""

    def __init__(self, real, after):
        self.real, self.after = real, after

    def demux(self, stream):
        for index, packet in enumerate(self.real.demux(stream)):
            if index == self.after:
                raise av.InvalidDataError(1, "Invalid data found when processing input")
            yield packet

    def decode(self, stream):
        for packet in self.demux(stream):
            yield from packet.decode()


@pytest.mark.usefixtures("fast")
def test_where_packets_break_off_all_that_came_is_decoded(tmp_path, monkeypatch):
    """Also what the decoder holds back at that moment; in one thread, so that it is always the same."""
    path, threads = FORMATS["h264-b.mp4"](tmp_path).path, []

    @contextmanager
    def breaking(path, threads=True, used=threads):
        with open_stream(path, threads) as (container, stream):
            used.append(threads)
            yield Breaking(container, 25), stream

    monkeypatch.setattr(decoding, "open_stream", breaking)
    report, times, _ = probe.probe(path)
    assert report.decoded_frames == len(times) == 25 and report.damaged_frames == 1
    assert report.findings[0].startswith("1 packets cannot be decoded (Invalid data found when processing input)")
    assert threads == [True, False]  # packets; what can be decoded


@pytest.mark.parametrize("name", ["concealed.mp4", "undecodable.mp4", "cut.mkv", "hole.ts"])
def test_damage_is_told_alike_each_time(tmp_path, name):
    """Several threads of a decoder lose marks of damage now and then."""
    path = BROKEN[name](tmp_path).path
    first, *others = [probe.probe(path)[0] for _ in range(6)]
    assert all(report == first for report in others)


@pytest.mark.usefixtures("fast")
def test_a_video_that_ends_before_its_sound_by_far_is_decoded_and_told(tmp_path):
    path = encode(tmp_path / "a.mp4", numbered(2), sound=True)
    report, *_ = probe.probe(path)
    assert report.decoded_frames == 2
    assert report.findings == ("it ends 1.2 s before the end that the container claims",)
    assert timestamps.TOLERATED_END_WITH_SOUND < 1.2
