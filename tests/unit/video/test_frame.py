"""Frames as they are decoded and converted."""

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from fixtures.corpus import FORMATS, number_of
from fixtures.helpers import blob, centroid, prepare_and_open, spots, write_video
from hypothesis import given
from hypothesis import strategies as st

from posemake.video.color_spaces import RED_BLUE
from posemake.video.frame import Frame, upright_size


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """A video of 30 frames of 64 × 48 pixels, prepared, and the frames as they were written."""
    folder = tmp_path_factory.mktemp("walk")
    return prepare_and_open(write_video(folder / "walk.mp4", spots(30)), folder / "out"), spots(30)


def test_frames_come_as_they_were_written(walk):
    video, frames = walk
    for (_, image), expected in zip(video.images(), frames):
        assert np.abs(image.astype(int) - expected).mean() < 2
        # the frame before and after differ by more
        assert np.abs(image.astype(int) - expected).mean() == min(np.abs(image.astype(int) - other).mean() for other in frames)


def test_grey_pictures_are_small_means_of_their_frames(walk):
    video, frames = walk
    for index in (0, 10, 29):
        picture = dict(video.frames(index, index + 1))[index]
        expected = frames[index][..., 0].reshape(12, 4, 16, 4).mean((1, 3))
        assert np.abs(picture.grey((16, 12)) - expected).mean() < 6


side = st.integers(1, 40)


@given(width=side, height=side, data=st.data(), colour=st.booleans(), size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_grey_of_an_image_is_that_of_its_region(width, height, data, colour, size):
    image = np.random.default_rng(width).integers(0, 255, (height, width, 3) if colour else (height, width), np.uint8)
    x1, x2 = sorted(data.draw(st.lists(st.integers(0, width), min_size=2, max_size=2, unique=True)))
    y1, y2 = sorted(data.draw(st.lists(st.integers(0, height), min_size=2, max_size=2, unique=True)))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if colour else image
    expected = cv2.resize(grey[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA)
    assert np.array_equal(Frame(image).grey(size, (x1, x2, y1, y2)), expected)
    assert np.array_equal(Frame(image).grey(size), cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    assert Frame(image).rgb().shape == (height, width, 3) and Frame(image).size == (width, height)


@pytest.mark.parametrize("name", FORMATS)
def test_a_frame_that_is_shrunk_has_the_colours_of_the_whole_one(tmp_path, name):
    """Of all formats, turned ones and copies among them."""
    video = prepare_and_open(FORMATS[name](tmp_path).path, tmp_path / "out")
    for factor in (2, 4 / 3):  # colour planes are taken as they are, and enlarged
        size = tuple(round(side / factor) for side in video.size)
        for _, picture in video.frames(2, 4):
            expected = cv2.resize(picture.rgb(), size, interpolation=cv2.INTER_AREA).astype(int)
            small = picture.downscaled(size)
            assert small.dtype == np.uint8 and np.abs(small - expected).mean() < 2.5


@pytest.mark.parametrize("space", RED_BLUE)
@pytest.mark.parametrize("full", [ColorRange.MPEG, ColorRange.JPEG])
def test_colours_are_those_of_the_matrix_that_a_file_states(space, full):
    values = np.random.default_rng(0).integers(100, 156, (40, 60, 3), np.uint8)  # within the gamut of each
    frame = av.VideoFrame.from_ndarray(values, format="yuv444p", channel_last=True)
    frame.colorspace, frame.color_range = space, full
    assert np.abs(Frame(frame).downscaled((60, 40)) - Frame(frame).rgb().astype(int)).max() <= 2


def test_an_image_in_grey_is_rgb_of_the_same_values():
    image = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert np.array_equal(Frame(image).rgb(), np.repeat(image[..., None], 3, 2))


@pytest.mark.parametrize("name", ["h264-rotated-90.mp4", "h264-rotated-180.mp4", "h264-rotated-270.mp4"])
def test_a_turned_picture_is_upright_in_every_conversion(tmp_path, name):
    video = prepare_and_open(FORMATS[name](tmp_path).path, tmp_path / "out")
    for number, picture in video.frames(3, 5):
        assert upright_size(picture.decoded) == (96, 64)
        assert number_of(picture.rgb()) == number_of(picture.grey((96, 64))) == number
        left, right = picture.grey((24, 32), (0, 48, 0, 64)), picture.grey((24, 32), [48, 96, 0, 64])
        assert np.abs(np.hstack([left, right]).astype(int) - picture.grey((48, 32))).mean() < 3


@pytest.mark.parametrize("size", [(64, 48), (63, 48), (64, 47), (33, 17)])
def test_a_picture_without_its_padding_is_the_frame(tmp_path, size):
    """Odd sizes are padded by a pixel in a copy, which no reading shows."""
    frames = [frame[: size[1], : size[0]] for frame in spots(5)]
    folder = tmp_path / "images"
    folder.mkdir()
    for index, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{index}.png"), frame)
    video = prepare_and_open(folder, tmp_path / "out", {"transcode": "always", "quality": 4})
    assert video.size == size and video.reading.size == size
    for (_, image), (_, picture), expected in zip(video.images(), video.frames(), frames):
        assert image.shape == expected.shape and np.abs(image.astype(int) - expected).max() < 10
        right = [size[0] - 8, size[0], size[1] - 8, size[1]]
        assert np.abs(picture.grey((4, 4), right) - expected[-8:, -8:, 0].reshape(4, 2, 4, 2).mean((1, 3))).max() < 35


@pytest.mark.parametrize("scale", [0.5, 0.37, 0.75])
def test_a_smaller_copy_is_shown_in_the_size_and_place_of_the_original(tmp_path, scale):
    """What is labelled or predicted on it is in pixels of the original."""
    places = [(40.0, 30.0), (150.0, 90.0), (101.0, 61.0)]
    images = [np.repeat(blob((200, 120), xy, 8).round().astype(np.uint8)[..., None], 3, 2) for xy in places]
    path = write_video(tmp_path / "big.mp4", images)
    video = prepare_and_open(path, tmp_path / "out", {"quality": 4}, {"downscale": scale})
    assert video.size == (200, 120) and video.reading.size == (round(200 * scale), round(120 * scale))
    for (_, picture), xy in zip(video.frames(), places):
        image = picture.rgb()
        assert image.shape == (120, 200, 3)
        assert centroid(np.where(image[..., 0] > 60, image[..., 0], 0)) == pytest.approx(xy, abs=0.5)
        x, y = int(xy[0]), int(xy[1])
        part = picture.grey((40, 40), [x - 20, x + 20, y - 20, y + 20])
        assert centroid(np.where(part > 60, part, 0)) == pytest.approx([20, 20], abs=1 + 1 / scale)


def test_a_region_of_a_small_copy_is_never_empty():
    picture = Frame(np.full((10, 10, 3), 90, np.uint8), (100, 100), (10, 10))
    for region in ((0, 1, 0, 1), (99, 100, 99, 100), (50, 51, 0, 100)):
        assert (picture.grey((3, 3), region) == 90).all()
