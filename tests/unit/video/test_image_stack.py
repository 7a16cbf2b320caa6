"""Images as a video: which files are its frames, in which order, and what their values become."""

import cv2
import numpy as np
import pytest
import tifffile
from fixtures.corpus import COUNT, FORMATS, number_of, numbered, write_images, write_pages
from fixtures.helpers import open_prepared, prepare, prepare_and_open
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.video import image_stack as stacks
from posemake.video.image_stack import ImageStack, is_stack, list_images


def touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def names(path):
    return [file.name for file in list_images(path)]


def test_what_is_images_and_what_is_a_file(tmp_path):
    touch(tmp_path / "folder")
    touch(tmp_path, "a.mp4", "b.tif", "c.TIFF", "50%d.mp4")
    images = ["folder", "folder/img%04d.png", "img%d.jpg", "b.tif", "c.TIFF", "gone.tif"]
    assert [name for name in [*images, "a.mp4", "50%d.mp4", "gone.mp4"] if is_stack(tmp_path / name)] == images


def test_images_come_in_the_order_of_the_numbers_in_their_names(tmp_path):
    touch(tmp_path, "img10.png", "img9.png", "img011.png", "img1.png")
    assert names(tmp_path) == ["img1.png", "img9.png", "img10.png", "img011.png"]


@pytest.mark.parametrize(
    "expected",
    [
        ["part1_9.png", "part1_10.png", "part2_1.png", "part10_0.png"],
        ["frame2_cam0.png", "frame10_cam0.png", "frame11_cam0.png"],
        ["a_2.jpg", "b_10.png", "a_11.TIF"],
        ["2024-05-01_9-00-00.bmp", "2024-05-01_9-00-01.bmp", "2024-05-01_10-00-00.bmp"],
        ["start.png", "end 0.png"],
    ],
)
def test_all_numbers_of_a_name_count_from_the_left(tmp_path, expected):
    touch(tmp_path, *sorted(expected))
    assert names(tmp_path) == expected


@given(numbers=st.lists(st.integers(0, 10**12), min_size=1, max_size=30, unique=True), width=st.integers(0, 6))
def test_any_numbers_are_in_order(tmp_path_factory, numbers, width):
    folder = touch(tmp_path_factory.mktemp("any"), *[f"img{number:0{width}d}.png" for number in numbers])
    expected = [f"img{number:0{width}d}.png" for number in sorted(numbers)]
    assert names(folder) == names(folder / "img%d.png") == expected


def test_other_files_of_the_folder_are_not_frames(tmp_path):
    touch(tmp_path, "img1.png", "notes.txt", "times.csv", "Thumbs.db", ".hidden2.png", "img2.PNG", "film.mp4")
    assert names(tmp_path) == ["img1.png", "img2.PNG"]


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("img%04d.png", ["img0001.png", "img0010.png", "img12345.png"]),
        ("img%d.png", ["img0001.png", "img7.png", "img0010.png", "img12345.png"]),
        ("img%05d.png", ["img12345.png"]),
        ("im(g)+%03d.png", ["im(g)+003.png"]),
    ],
)
def test_a_pattern_means_its_own_numbers_only(tmp_path, pattern, expected):
    touch(tmp_path, "img0001.png", "img0010.png", "img7.png", "img12345.png", "img0002.jpg", "ximg0003.png", "img0004.png.bak")
    touch(tmp_path, "im(g)+003.png", "imgg003.png")
    assert names(tmp_path / pattern) == expected


@pytest.mark.parametrize("name", ["", "img%04d.png", "gone/img%04d.png"])
def test_where_no_image_is_a_sentence_says_so(tmp_path, name):
    touch(tmp_path, "notes.txt")
    with pytest.raises(PosemakeError, match=rf"^{tmp_path / name}: there are no images of this name; a folder or a pattern"):
        list_images(tmp_path / name)


def test_a_pattern_reads_its_images_beside_others(tmp_path):
    write_images(tmp_path / "two", "left%03d.png", numbered(10))
    write_images(tmp_path / "two", "right%03d.png", numbered(10, first=100))
    for side, first in (("left", 0), ("right", 100)):
        video = prepare_and_open(tmp_path / "two" / f"{side}%03d.png", tmp_path / side)
        assert [number_of(image) for _, image in video.images()] == list(range(first, first + 10))


def read(path, image):
    assert cv2.imwrite(str(path), image)
    return ImageStack(path.parent).read(0)


def test_colours_are_red_first_and_opacity_is_left_out(tmp_path):
    red = np.zeros((6, 8, 4), np.uint8)
    red[..., 2], red[..., 3] = 200, 90
    image = read(tmp_path / "a.png", red)
    assert image.shape == (6, 8, 3) and (image == [200, 0, 0]).all() and image.flags.c_contiguous


def test_grey_stays_one_channel(tmp_path):
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert np.array_equal(read(tmp_path / "a.png", grey), grey)
    tifffile.imwrite(tmp_path / "b.tif", grey[None, ..., None])
    assert np.array_equal(ImageStack(tmp_path / "b.tif").read(0), grey)


def test_red_is_first_in_a_tiff_as_well(tmp_path):
    image = np.zeros((3, 6, 8, 3), np.uint8)
    image[..., 0] = 200
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb")
    stack = ImageStack(tmp_path / "a.tif")
    assert stack.count == 3 and all((stack.read(index) == [200, 0, 0]).all() for index in range(3))


@pytest.mark.parametrize("peak, white", [(200, 255), (256, 511), (1023, 1023), (1024, 2047), (4095, 4095), (65535, 65535)])
def test_white_is_the_most_that_the_depth_of_the_images_holds(tmp_path, peak, white):
    """Cameras write 10, 12 or 14 bits into 16; all images of a video take the same value for white."""
    pages = [np.linspace(0, value, 48).round().astype(np.uint16).reshape(6, 8) for value in (peak // 3, peak, peak // 2)]
    stack = ImageStack(write_pages(tmp_path / "a.tif", pages))
    stack.measure_white()
    assert stack.white == white
    for index, page in enumerate(pages):
        image = stack.read(index)
        assert image.dtype == np.uint8 and np.abs(image - page * (255 / white)).max() <= 0.5


def test_what_is_above_white_is_white(tmp_path):
    """The images that settle it are a few, and another may be brighter."""
    stack = ImageStack(write_pages(tmp_path / "a.tif", [np.array([[0, 1023], [2046, 65535]], np.uint16)]), 1023.0)
    assert stack.read(0).tolist() == [[0, 255], [255, 255]]


def test_white_is_the_same_for_reading_as_for_the_probe(tmp_path):
    """One bright image among many dark ones, which are not brightened for themselves."""
    dark = [np.full((6, 8), 100, np.uint16) for _ in range(40)]
    dark[39][0, 0] = 4000
    path = write_pages(tmp_path / "a.tif", dark)
    video = prepare_and_open(path, tmp_path / "out")
    assert video.info.white == 4095
    assert {int(image[3, 3, 0]) for _, image in video.images()} == {round(100 * 255 / 4095)}


def test_images_of_eight_bits_are_as_they_are(tmp_path):
    stack = ImageStack(write_pages(tmp_path / "a.tif", [np.full((6, 8), 3, np.uint8)]))
    stack.measure_white()
    assert stack.white is None and (stack.read(0) == 3).all()


@pytest.mark.parametrize(
    "image, kwargs",
    [
        (np.zeros((6, 8), np.float32), {}),
        (np.zeros((6, 8), np.int32), {}),
        (np.zeros((6, 8, 2), np.uint8), {"photometric": "minisblack", "planarconfig": "contig"}),
    ],
    ids=["float", "int32", "two"],
)
def test_what_is_neither_grey_nor_rgb_is_refused(tmp_path, image, kwargs):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, **kwargs)
    with pytest.raises(PosemakeError, match=rf"^{path}: page 1 is not grey or RGB in 8 or 16 bits but {image.dtype} of"):
        ImageStack(path).read(0)
    assert prepare(path, tmp_path / "out")["fault"].startswith("page 1 is not grey or RGB")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"])
def test_an_image_that_cannot_be_read_is_named(tmp_path, content):
    write_images(tmp_path / "a", "%02d.png", numbered(3))
    (tmp_path / "a/01.png").write_bytes(content)
    with pytest.raises(
        PosemakeError, match=rf"^{tmp_path}/a: 01\.png is no image that can be read; copy it again, or take it out"
    ):
        ImageStack(tmp_path / "a").read(1)


@pytest.mark.parametrize("content", [b"", b"II*\0", b"no picture at all"])
def test_a_tiff_that_cannot_be_opened_is_refused(tmp_path, content):
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(PosemakeError, match=rf"^{tmp_path}/a\.tif: .*copy it again"):
        ImageStack(tmp_path / "a.tif")
    assert "\n" not in prepare(tmp_path / "a.tif", tmp_path / "out")["fault"]


def test_a_stack_of_tiffs_is_read_as_their_file_says(tmp_path):
    """As tifffile, ImageJ and microscopes write them: pages in one block, big, compressed."""
    grey = np.stack([image[..., 0] for image in numbered(COUNT)])
    # ImageJ tells of the first page only where a file is larger than 4 GB
    kwargs = [{}, {"imagej": True}, {"bigtiff": True}, {"compression": "zlib"}, {"imagej": True, "truncate": True}]
    for index, options in enumerate(kwargs):
        tifffile.imwrite(tmp_path / f"{index}.tif", grey, **options)
        video = prepare_and_open(tmp_path / f"{index}.tif", tmp_path / str(index))
        assert all(np.array_equal(image[..., 0], grey[index]) for index, image in video.images())
        assert video.info.frames == COUNT


def test_no_image_is_held(tmp_path, monkeypatch):
    """Each is read when it is asked for, and once."""
    asked = []
    read_file = stacks.read_raw_image
    monkeypatch.setattr(stacks, "read_raw_image", lambda path: asked.append(path.name[-8:]) or read_file(path))
    sample = FORMATS["png-folder"](tmp_path)
    prepare(sample.path, tmp_path / "out")
    del asked[:]
    video = open_prepared(sample.path, tmp_path / "out")
    assert asked == []
    assert [number_of(image) for _, image in video.images_at([30, 4])] == [4, 30]
    assert asked == ["0004.png", "0030.png"]
