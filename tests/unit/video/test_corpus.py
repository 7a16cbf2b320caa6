"""Every member of the corpus is what its name claims, seen with plain PyAV, OpenCV and tifffile."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
import tifffile
from fixtures import corpus
from fixtures.corpus import COUNT, FORMATS, MOST, SIZE, number_of, numbered
from fixtures.pyav_files import build_once, decode_frames, file_contents, read_packets, single_threaded_stream, upright_rgb
from hypothesis import given
from hypothesis import strategies as st

# container, codec, pixel format as decoded, kinds of frames
CLAIMS = {
    "h264-b.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-no-b.mp4": ("mp4", "h264", "yuv420p", "IP"),
    "h264-open-gop.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-open-gop.mkv": ("matroska", "h264", "yuv420p", "IPB"),
    "h264-grey.mp4": ("mp4", "h264", "yuv420p", "IPB"),  # the decoder adds chroma without colour
    "h264-rgb.mp4": ("mp4", "h264", "gbrp", "IPB"),
    "h264-10-bit.mp4": ("mp4", "h264", "yuv420p10le", "IPB"),
    "h264-444.mp4": ("mp4", "h264", "yuv444p", "IPB"),
    "h264-odd-size.mp4": ("mp4", "h264", "yuv444p", "IPB"),
    "h264-rotated-90.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-rotated-180.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-rotated-270.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-uneven-times.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-uneven-times.mkv": ("matroska", "h264", "yuv420p", "IPB"),
    "h264-edit-list.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-late-start.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-interlaced.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-wide-pixels.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-full-range.mp4": ("mp4", "h264", "yuvj420p", "IPB"),
    "h264-sound.mp4": ("mp4", "h264", "yuv420p", "IPB"),
    "h264-b.ts": ("mpegts", "h264", "yuv420p", "IPB"),
    "h264-b.avi": ("avi", "h264", "yuv420p", "IPB"),
    "h264-b.h264": ("h264", "h264", "yuv420p", "IPB"),
    "hevc-b.mp4": ("mp4", "hevc", "yuv420p", "IPB"),
    "hevc-open-gop.mp4": ("mp4", "hevc", "yuv420p", "IPB"),
    "hevc-grey.mp4": ("mp4", "hevc", "gray", "IPB"),
    "vp8.webm": ("webm", "vp8", "yuv420p", "IP"),
    "vp9.webm": ("webm", "vp9", "yuv420p", "IP"),
    "av1.mp4": ("mp4", "av1", "yuv420p", "IP"),
    "av1.webm": ("webm", "av1", "yuv420p", "IP"),
    "mjpeg.avi": ("avi", "mjpeg", "yuvj420p", "I"),
    "mjpeg.mov": ("mov", "mjpeg", "yuvj422p", "I"),
    "mjpeg-odd-size.avi": ("avi", "mjpeg", "yuvj420p", "I"),
    "mjpeg-dropped.avi": ("avi", "mjpeg", "yuvj420p", "I"),
    "mpeg4.avi": ("avi", "mpeg4", "yuv420p", "IP"),
    "mpeg4.mp4": ("mp4", "mpeg4", "yuv420p", "IP"),
    "mpeg4-b.avi": ("avi", "mpeg4", "yuv420p", "IPB"),
    "mpeg4-packed-b.avi": ("avi", "mpeg4", "yuv420p", "IPB"),
    "mpeg2-b.ts": ("mpegts", "mpeg2video", "yuv420p", "IPB"),
    "mpeg2-interlaced.mpg": ("mpeg", "mpeg2video", "yuv420p", "IPB"),
    "wmv2.wmv": ("asf", "wmv2", "yuv420p", "IP"),
    "raw-bgr.avi": ("avi", "rawvideo", "bgr24", "I"),
    "raw-grey-odd-size.avi": ("avi", "rawvideo", "gray", "I"),
    "raw-yuv420p.avi": ("avi", "rawvideo", "yuv420p", "I"),
    "ffv1-rgb.mkv": ("matroska", "ffv1", "bgr0", "I"),
    "ffv1-grey-16-bit.mkv": ("matroska", "ffv1", "gray16le", "I"),
    "prores.mov": ("mov", "prores", "yuv422p10le", "I"),
}
EVERY_FRAME_A_KEY = {name for name, claim in CLAIMS.items() if claim[1] in ("mjpeg", "rawvideo", "prores")} | {
    "ffv1-grey-16-bit.mkv"
}
OUT_OF_ORDER = {"h264-b.avi", "mpeg4-packed-b.avi"}  # an AVI has no times of its own: they follow the order of decoding


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return build_once(FORMATS, tmp_path_factory)


@given(
    st.integers(0, MOST - 1),
    st.sampled_from([SIZE, (97, 63), (192, 128)]),
    st.floats(0.5, 2),
    st.sampled_from(["rgb", "grey", "12 bit", "jpeg"]),
)
def test_the_number_survives_what_a_picture_goes_through(number, size, scale, how):
    (image,) = numbered(1, size, number)
    assert image.shape == (size[1], size[0], 3) and image.dtype == np.uint8
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if how == "grey":
        image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    elif how == "12 bit":
        image = (image * 16.0).astype(np.uint16)
    elif how == "jpeg":
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
    assert number_of(image) == number


@pytest.mark.parametrize("image", [np.zeros((64, 96)), np.full((64, 96, 3), 200), np.tile(np.arange(96), (64, 1))])
def test_what_carries_no_number_is_told(image):
    with pytest.raises(ValueError, match="carries no number"):
        number_of(image)


def test_a_picture_of_two_halves_carries_no_number():
    image, other = numbered(2, first=10)
    image[40:] = other[40:] // 2 + image[40:] // 2
    with pytest.raises(ValueError):
        number_of(image)


def test_numbered_frames_differ_and_red_is_not_blue():
    frames = np.array(numbered(60)).astype(int)
    assert min(np.abs(one - other).mean() for i, one in enumerate(frames) for other in frames[:i]) > 10
    assert (frames[..., 0].mean((1, 2)) - frames[..., 2].mean((1, 2))).min() > 8
    assert np.array_equal(frames[0][0, : SIZE[0] - 3], frames[1][1, 3:])  # a line of texture moves: 3 to the right, 1 down


def test_every_film_is_claimed():
    assert set(CLAIMS) == set(corpus.ENCODED) | {"mpeg4-packed-b.avi"}


@pytest.mark.parametrize("name", CLAIMS)
def test_container_codec_pixels_and_kinds_are_those_of_the_name(sample, name):
    path = sample(name).path
    container_name, codec, pix_fmt, kinds = CLAIMS[name]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert container_name in container.format.name.split(",")
        assert (stream.codec_context.codec.canonical_name, stream.codec_context.pix_fmt) == (codec, pix_fmt)
    frames = decode_frames(path)
    assert {frame.format.name for frame in frames} == {pix_fmt}
    assert {av.video.frame.PictureType(frame.pict_type).name for frame in frames} == set(kinds)
    keys = [packet.is_keyframe for packet in read_packets(path)]
    if name in EVERY_FRAME_A_KEY:
        assert all(keys)
    else:
        assert keys[0] and 3 <= sum(keys) <= 5  # one about every 12 frames


@pytest.mark.parametrize("name", CLAIMS)
def test_a_film_shows_its_frames_in_order_and_in_time(sample, name):
    member = sample(name)
    frames = decode_frames(member.path)
    images = [upright_rgb(frame) for frame in frames]
    assert [number_of(image) for image in images] == member.frames
    assert {(image.shape[1], image.shape[0]) for image in images} == {member.size}
    expected = numbered(COUNT + 1, member.size)
    for image, number in zip(images, member.frames):
        difference = image.astype(int) - expected[number]
        assert np.abs(difference if "grey" not in name else difference.mean(2)).mean() < 12
    times = [frame.time for frame in frames]
    if member.start is None:
        assert set(times) == {None}
    elif name in OUT_OF_ORDER:
        assert times[0] == member.start and times != sorted(times)
    else:
        steps = member.times or [index / member.fps for index in range(len(frames))]
        assert times == pytest.approx([member.start + step for step in steps], abs=0.0011)


@pytest.mark.parametrize("name", ["h264-open-gop.mp4", "h264-open-gop.mkv", "hevc-open-gop.mp4"])
def test_in_an_open_group_frames_before_the_key_frame_need_the_group_before(sample, name):
    path = sample(name).path
    packets = read_packets(path)
    _, second = [index for index, packet in enumerate(packets) if packet.is_keyframe][:2]
    assert all(later.pts < packets[second].pts for later in packets[second + 1 : second + 4])
    with av.open(str(path)) as container:
        stream = single_threaded_stream(container)
        container.seek(packets[second].pts, stream=stream)
        numbers = [number_of(upright_rgb(frame)) for frame in container.decode(stream)]
    assert numbers == list(range(12, COUNT)) and len(packets[second:]) == len(numbers) + 3  # three packets give nothing


@pytest.mark.parametrize("name", ["h264-b.mp4", "hevc-b.mp4", "mpeg4.mp4"])
def test_in_a_closed_group_no_frame_lies_before_the_key_frame(sample, name):
    packets = read_packets(sample(name).path)
    for key, packet in enumerate(packets):
        if packet.is_keyframe:
            assert all(later.pts > packet.pts for later in packets[key + 1 :])


def test_grey_has_no_colour(sample):
    for name in ("h264-grey.mp4", "hevc-grey.mp4", "raw-grey-odd-size.avi"):
        for frame in decode_frames(sample(name).path)[:3]:
            assert np.ptp(frame.to_ndarray(format="rgb24").astype(int), axis=2).max() <= 1


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotated_films_are_stored_turned(sample, degrees):
    for frame in decode_frames(sample(f"h264-rotated-{degrees}.mp4").path):
        assert frame.rotation % 360 == degrees
        assert (frame.width, frame.height) == (SIZE if degrees == 180 else SIZE[::-1])


@pytest.mark.parametrize("name", ["h264-uneven-times.mp4", "h264-uneven-times.mkv"])
def test_uneven_times_are_uneven(sample, name):
    steps = np.diff([frame.time for frame in decode_frames(sample(name).path)])
    assert steps.min() < 0.02 and steps.max() > 0.15


def test_the_edit_list_leaves_frames_out(sample):
    path = sample("h264-edit-list.mp4").path
    packets = read_packets(path)
    assert [packet.is_discard for packet in packets].count(True) == 3  # of the 15: the demuxer leaves out the whole first group
    assert all(packet.is_discard == (packet.pts < 0) for packet in packets)
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == COUNT  # though 25 are shown


def test_dropped_frames_are_counted_by_the_header_only(sample):
    path = sample("mjpeg-dropped.avi").path
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == COUNT + 3
    assert len(read_packets(path)) == COUNT


def test_facts_of_single_films(sample):
    for name in ("h264-interlaced.mp4", "mpeg2-interlaced.mpg"):
        assert all(frame.interlaced_frame for frame in decode_frames(sample(name).path))
    assert not any(frame.interlaced_frame for frame in decode_frames(sample("h264-b.mp4").path))
    assert all(frame.color_range == 2 for frame in decode_frames(sample("h264-full-range.mp4").path))  # AVCOL_RANGE_JPEG
    with av.open(str(sample("h264-wide-pixels.mp4").path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
    with av.open(str(sample("h264-sound.mp4").path)) as container:
        assert [stream.type for stream in container.streams] == ["audio", "video"]
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 16000


def test_packed_frames_lie_two_in_a_packet_and_dummies_between(sample):
    packets = [bytes(packet) for packet in read_packets(sample("mpeg4-packed-b.avi").path)]
    assert len(packets) == COUNT + 1
    inside = [packet.count(b"\0\0\1\xb6") for packet in packets]
    assert b"DivX503b1393p" in packets[0] and inside.count(2) == [len(packet) for packet in packets].count(6) >= 15
    assert len(packets[-1]) == 6


def test_image_folders_hold_numbered_images(sample):
    for name, kind, first in (("png-folder", np.uint8, 0), ("jpeg-from-5", np.uint8, 5), ("tiff-16-bit-folder", np.uint16, 0)):
        path = sample(name).path
        files = [str(path) % index for index in range(first, first + COUNT)] if "%" in path.name else sorted_files(path)
        images = [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files]
        assert {image.dtype for image in images} == {np.dtype(kind)}
        assert [number_of(image) for image in images] == sample(name).frames == list(range(COUNT))
        assert len(list((path.parent if "%" in path.name else path).iterdir())) == COUNT
        assert (
            images[0].shape == (SIZE[1], SIZE[0])
            if kind == np.uint16
            else images[0][..., 2].mean() > images[0][..., 0].mean() + 8
        )
    assert max(image.max() for image in images) == 65535


def sorted_files(folder):
    """Files of a folder by the number in their names, which need not be padded with zeros."""
    return sorted(folder.iterdir(), key=lambda file: int("".join(filter(str.isdigit, file.stem))))


def test_a_pattern_from_5_on_needs_its_first_number(sample):
    path = str(sample("jpeg-from-5").path)
    with pytest.raises(av.FFmpegError):
        av.open(path)
    with av.open(path, options={"start_number": "5"}) as container:
        assert [number_of(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)] == list(range(COUNT))


@pytest.mark.parametrize(
    "name, kind, peak, photometric",
    [
        ("tiff-rgb.tif", np.uint8, 255, "RGB"),
        ("tiff-grey.tif", np.uint8, 255, "MINISBLACK"),
        ("tiff-12-bit.tif", np.uint16, 4095, "MINISBLACK"),
    ],
)
def test_pages_of_a_tiff_are_frames(sample, name, kind, peak, photometric):
    with tifffile.TiffFile(sample(name).path) as file:
        pages = [page.asarray() for page in file.pages]
        assert {page.photometric.name for page in file.pages} == {photometric}
    assert [number_of(page) for page in pages] == sample(name).frames
    assert {page.dtype for page in pages} == {np.dtype(kind)} and max(page.max() for page in pages) == peak
    assert {page.shape for page in pages} == {(SIZE[1], SIZE[0], 3) if photometric == "RGB" else (SIZE[1], SIZE[0])}


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_member_has_the_same_bytes(sample, tmp_path, name):
    assert file_contents(FORMATS[name](tmp_path).path) == file_contents(sample(name).path)
    assert len(list(tmp_path.iterdir())) == 1  # nothing but the member is left
