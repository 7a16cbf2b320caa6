"""Pictures, the window of the sheet, and writing."""

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from fixtures.corpus import FORMATS, number_of, numbered
from fixtures.helpers import blob, centroid, opened, prepare, prepared, spots, write_video
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.video.frame import RED_BLUE, Picture, upright_size
from posemake.video.reader import window
from posemake.video.writer import video_writer


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """A video of 30 frames of 64 × 48 pixels, prepared, and the frames as they were written."""
    folder = tmp_path_factory.mktemp("walk")
    return prepared(write_video(folder / "walk.mp4", spots(30)), folder / "out"), spots(30)


# Pictures


def test_frames_come_as_they_were_written(walk):
    video, frames = walk
    for (_, image), wanted in zip(video.frames(), frames):
        assert np.abs(image.astype(int) - wanted).mean() < 2
        # the frame before and after differ by more
        assert np.abs(image.astype(int) - wanted).mean() == min(np.abs(image.astype(int) - other).mean() for other in frames)


def test_grey_pictures_are_small_means_of_their_frames(walk):
    video, frames = walk
    for index in (0, 10, 29):
        picture = dict(video.pictures(index, index + 1))[index]
        wanted = frames[index][..., 0].reshape(12, 4, 16, 4).mean((1, 3))
        assert np.abs(picture.grey((16, 12)) - wanted).mean() < 6


side = st.integers(1, 40)


@given(width=side, height=side, data=st.data(), colour=st.booleans(), size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_grey_of_an_image_is_that_of_its_region(width, height, data, colour, size):
    image = np.random.default_rng(width).integers(0, 255, (height, width, 3) if colour else (height, width), np.uint8)
    x1, x2 = sorted(data.draw(st.lists(st.integers(0, width), min_size=2, max_size=2, unique=True)))
    y1, y2 = sorted(data.draw(st.lists(st.integers(0, height), min_size=2, max_size=2, unique=True)))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if colour else image
    wanted = cv2.resize(grey[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA)
    assert np.array_equal(Picture(image).grey(size, (x1, x2, y1, y2)), wanted)
    assert np.array_equal(Picture(image).grey(size), cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    assert Picture(image).rgb().shape == (height, width, 3) and Picture(image).size == (width, height)


@pytest.mark.parametrize("name", FORMATS)
def test_a_frame_that_is_shrunk_has_the_colours_of_the_whole_one(tmp_path, name):
    """Of all formats, turned ones and copies among them."""
    video = prepared(FORMATS[name](tmp_path).path, tmp_path / "out")
    for factor in (2, 4 / 3):  # colour planes are taken as they are, and enlarged
        size = tuple(round(side / factor) for side in video.size)
        for _, picture in video.pictures(2, 4):
            wanted = cv2.resize(picture.rgb(), size, interpolation=cv2.INTER_AREA).astype(int)
            found = picture.shrunk(size)
            assert found.dtype == np.uint8 and np.abs(found - wanted).mean() < 2.5


@pytest.mark.parametrize("space", RED_BLUE)
@pytest.mark.parametrize("full", [ColorRange.MPEG, ColorRange.JPEG])
def test_colours_are_those_of_the_matrix_that_a_file_states(space, full):
    values = np.random.default_rng(0).integers(100, 156, (40, 60, 3), np.uint8)  # within the gamut of each
    frame = av.VideoFrame.from_ndarray(values, format="yuv444p", channel_last=True)
    frame.colorspace, frame.color_range = space, full
    assert np.abs(Picture(frame).shrunk((60, 40)) - Picture(frame).rgb().astype(int)).max() <= 2


def test_an_image_in_grey_is_rgb_of_the_same_values():
    image = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert np.array_equal(Picture(image).rgb(), np.repeat(image[..., None], 3, 2))


@pytest.mark.parametrize("name", ["h264-rotated-90.mp4", "h264-rotated-180.mp4", "h264-rotated-270.mp4"])
def test_a_turned_picture_is_upright_in_every_conversion(tmp_path, name):
    video = prepared(FORMATS[name](tmp_path).path, tmp_path / "out")
    for number, picture in video.pictures(3, 5):
        assert upright_size(picture._source) == (96, 64)
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
    video = prepared(folder, tmp_path / "out", {"standardise": "always", "quality": 4})
    assert video.size == size and video.reading.size == list(size)
    for (_, image), (_, picture), wanted in zip(video.frames(), video.pictures(), frames):
        assert image.shape == wanted.shape and np.abs(image.astype(int) - wanted).max() < 10
        right = [size[0] - 8, size[0], size[1] - 8, size[1]]
        assert np.abs(picture.grey((4, 4), right) - wanted[-8:, -8:, 0].reshape(4, 2, 4, 2).mean((1, 3))).max() < 35


@pytest.mark.parametrize("scale", [0.5, 0.37, 0.75])
def test_a_smaller_copy_is_shown_in_the_size_and_place_of_the_original(tmp_path, scale):
    """What is labelled or predicted on it is in pixels of the original."""
    places = [(40.0, 30.0), (150.0, 90.0), (101.0, 61.0)]
    images = [np.repeat(blob((200, 120), xy, 8).round().astype(np.uint8)[..., None], 3, 2) for xy in places]
    path = write_video(tmp_path / "big.mp4", images)
    video = prepared(path, tmp_path / "out", {"quality": 4}, {"downscale": scale})
    assert video.size == (200, 120) and video.reading.size == [round(200 * scale), round(120 * scale)]
    for (_, picture), xy in zip(video.pictures(), places):
        image = picture.rgb()
        assert image.shape == (120, 200, 3)
        assert centroid(np.where(image[..., 0] > 60, image[..., 0], 0)) == pytest.approx(xy, abs=0.5)
        x, y = int(xy[0]), int(xy[1])
        part = picture.grey((40, 40), [x - 20, x + 20, y - 20, y + 20])
        assert centroid(np.where(part > 60, part, 0)) == pytest.approx([20, 20], abs=1 + 1 / scale)


def test_a_region_of_a_small_copy_is_never_empty():
    picture = Picture(np.full((10, 10, 3), 90, np.uint8), (100, 100), (10, 10))
    for region in ((0, 1, 0, 1), (99, 100, 99, 100), (50, 51, 0, 100)):
        assert (picture.grey((3, 3), region) == 90).all()


# The window of the sheet

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
        (None, 0, None, "start 0 and stop 0 leave no frame"),
        (None, None, [0, 65, 0, 48], "crop 0,65,0,48 .* does not lie within its 64 x 48 pixels"),
        (None, None, [20, 10, 0, 48], "crop 20,10,0,48"),
        (None, None, [0, 64, 40, 40], "crop 0,64,40,40"),
    ],
)
def test_a_window_outside_the_video_is_refused(start, stop, crop, sentence):
    with pytest.raises(PosemakeError, match=f"^v.mp4: {sentence}"):
        window("v.mp4", INFO, start, stop, crop)


# Writing


@pytest.mark.parametrize("size", [(64, 48), (63, 48), (64, 47), (33, 17)])
def test_odd_sizes_are_padded_right_and_below(tmp_path, size):
    frames = [frame[: size[1], : size[0]] for frame in spots(3)]
    video = prepared(write_video(tmp_path / "odd.mp4", frames), tmp_path / "out")
    assert video.size == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    _, first = next(video.frames())
    padded = np.pad(frames[0], ((0, size[1] % 2), (0, size[0] % 2), (0, 0)), mode="edge")
    assert np.abs(first.astype(int) - padded).max() < 16  # no black line


def test_grey_levels_survive(tmp_path):
    ramp = np.broadcast_to(np.arange(0, 256, dtype=np.uint8)[None, :, None], (64, 256, 3))
    _, image = next(prepared(write_video(tmp_path / "ramp.mp4", [ramp] * 3, quality=4), tmp_path / "out").frames())
    assert np.abs(image.astype(int) - ramp).max() <= 4
    assert abs((image.astype(int) - ramp).mean()) < 1


def test_red_stays_red(tmp_path):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    _, image = next(prepared(write_video(tmp_path / "red.mp4", [red] * 2), tmp_path / "out").frames())
    assert np.abs(image.astype(int) - red).max() < 12


@pytest.mark.parametrize("gop", [1, 5, 10])
def test_groups_of_pictures_have_the_length_that_is_asked_for(tmp_path, gop):
    with video_writer(tmp_path / "a.mp4", (96, 64), 25, gop=gop) as write:
        for image in numbered(23):
            write(image)
    with av.open(str(tmp_path / "a.mp4")) as container:
        keys = [index for index, frame in enumerate(container.decode(video=0)) if frame.key_frame]
    assert keys == list(range(0, 23, gop))


@pytest.mark.parametrize("fps", [25, 30000 / 1001, 7.5, 0.1, 240])
def test_a_rate_is_kept(tmp_path, fps):
    info = prepare(write_video(tmp_path / "a.mp4", spots(10), fps), tmp_path)
    assert info["fps"] == pytest.approx(fps, rel=1e-6) and info["real_fps"] == pytest.approx(fps, rel=1e-3)


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


def test_a_prepared_video_is_opened_from_its_files_alone(tmp_path):
    path = write_video(tmp_path / "a.mp4", spots(5))
    prepare(path, tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "moved")
    assert len(list(opened(path, tmp_path / "moved").frames())) == 5
