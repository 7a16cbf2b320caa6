"""Image files are read as a viewer shows them, wherever they are read."""

import numpy as np
import pytest
import tifffile
from fixtures.corpus import number_of, numbered
from fixtures.helpers import prepare_and_open
from PIL import Image, ImageOps

from posemake.core.errors import PosemakeError
from posemake.data.images import image_size, read_image
from posemake.data.tiff_pages import TiffPages

PICTURE = numbered(1, first=700)[0]
GREY = PICTURE.mean(2).astype(np.uint8)
MOST = 1  # difference between decoders that round


def viewed(path):
    """Return the picture that Pillow shows."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def oriented(path, orientation, **options):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(PICTURE).save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_an_orientation_is_followed_and_the_size_agrees(tmp_path, ending, orientation):
    path = oriented(tmp_path / f"a.{ending}", orientation)
    image = read_image(path)
    assert np.array_equal(image, viewed(path))
    assert image_size(path) == image.shape[1::-1] == ((64, 96) if orientation > 4 else (96, 64))


def test_an_orientation_in_the_xmp_of_a_png_is_followed(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_itxt("XML:com.adobe.xmp", '<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="6"/></x:xmpmeta>')
    Image.fromarray(PICTURE).save(tmp_path / "a.png", pnginfo=told)
    assert np.array_equal(read_image(tmp_path / "a.png"), viewed(tmp_path / "a.png"))
    assert image_size(tmp_path / "a.png") == (64, 96)


def opaque(picture, alpha):
    return np.dstack([picture, np.full(picture.shape[:2], alpha, np.uint8)])


PILLOW = {
    "palette.png": lambda p: Image.fromarray(PICTURE).quantize(64).save(p),
    "four.png": lambda p: Image.fromarray(GREY).quantize(16).save(p, bits=4),
    "bilevel.png": lambda p: Image.fromarray(GREY > 100).save(p),
    "opacity.png": lambda p: Image.fromarray(opaque(PICTURE, 90)).save(p),
    "grey-opacity.png": lambda p: Image.fromarray(opaque(GREY, 90)).save(p),
    "palette-opacity.png": lambda p: Image.fromarray(PICTURE).quantize(64).save(p, transparency=3),
    "palette.bmp": lambda p: Image.fromarray(PICTURE).quantize(64).save(p),
    "cmyk.jpg": lambda p: Image.fromarray(PICTURE).convert("CMYK").save(p, quality=95),
    "grey.jpg": lambda p: Image.fromarray(GREY).save(p),
    "progressive.jpg": lambda p: Image.fromarray(PICTURE).save(p, progressive=True),
    "palette.tif": lambda p: Image.fromarray(PICTURE).quantize(64).save(p),
    "cmyk.tif": lambda p: Image.fromarray(PICTURE).convert("CMYK").save(p),
    "jpeg.tif": lambda p: Image.fromarray(PICTURE).save(p, compression="jpeg"),
    "ycbcr.tif": lambda p: Image.fromarray(PICTURE).convert("YCbCr").save(p, compression="raw"),
    "lzw.tif": lambda p: Image.fromarray(PICTURE).save(p, compression="tiff_lzw"),
    "lzw-palette.tif": lambda p: Image.fromarray(PICTURE).quantize(64).save(p, compression="tiff_lzw"),
    "packbits.tif": lambda p: Image.fromarray(GREY).save(p, compression="packbits"),
    "fax.tif": lambda p: Image.fromarray(GREY > 100).save(p, compression="group4"),
    "bilevel.tif": lambda p: Image.fromarray(GREY > 100).save(p),
    "opacity.tif": lambda p: Image.fromarray(opaque(PICTURE, 90)).save(p),
    "grey-opacity.tif": lambda p: Image.fromarray(opaque(GREY, 90)).save(p),
    "white-is-zero.tif": lambda p: tifffile.imwrite(p, 255 - GREY, photometric="miniswhite"),
    "white-is-zero-zip.tif": lambda p: tifffile.imwrite(p, 255 - GREY, photometric="miniswhite", compression="zlib"),
    "planes.tif": lambda p: tifffile.imwrite(p, PICTURE.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"),
    "big-endian.tif": lambda p: tifffile.imwrite(p, PICTURE, photometric="rgb", byteorder=">"),
    "turned-white-is-zero.tif": lambda p: tifffile.imwrite(
        p, 255 - GREY, photometric="miniswhite", extratags=[(274, 3, 1, 6, True)]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PILLOW)
def test_each_kind_of_image_is_read_as_pillow_shows_it(tmp_path, name):
    path = tmp_path / "images" / name
    path.parent.mkdir()
    PILLOW[name](path)
    image, expected = read_image(path), viewed(path)
    assert image.shape == expected.shape and np.abs(image.astype(int) - expected).max() <= MOST
    assert image_size(path) == expected.shape[1::-1]
    folder = prepare_and_open(path.parent, tmp_path / "folder")
    assert np.array_equal(next(folder.images())[1], image)
    if name.endswith("tif"):
        stack = prepare_and_open(path, tmp_path / "stack")
        assert np.array_equal(next(stack.images())[1], image)


DEEP = (PICTURE.astype(np.uint16) << 8) + 77


def save_deep_png(path, image):
    import cv2

    assert cv2.imwrite(str(path), image[..., ::-1] if image.ndim == 3 else image)


@pytest.mark.parametrize(
    "name, write",
    [
        ("grey.png", lambda p: save_deep_png(p, DEEP[..., 0])),
        ("rgb.png", lambda p: save_deep_png(p, DEEP)),
        ("grey.tif", lambda p: tifffile.imwrite(p, DEEP[..., 0])),
        ("rgb.tif", lambda p: tifffile.imwrite(p, DEEP, photometric="rgb")),
        ("white-is-zero.tif", lambda p: tifffile.imwrite(p, 65535 - DEEP[..., 0], photometric="miniswhite")),
        ("lzw.tif", lambda p: Image.fromarray(DEEP[..., 0]).save(p, compression="tiff_lzw")),
        ("lzw-rgb.tif", lambda p: save_deep_png(p, DEEP)),  # OpenCV compresses TIFF by LZW
        ("turned.tif", lambda p: tifffile.imwrite(p, DEEP, photometric="rgb", extratags=[(274, 3, 1, 6, True)])),
    ],
)
def test_sixteen_bits_are_scaled_to_eight_in_the_same_way_by_all(tmp_path, name, write):
    path = tmp_path / "images" / name
    path.parent.mkdir()
    write(path)
    image = read_image(path)
    expected = PICTURE if "rgb" in name else np.repeat(PICTURE[..., :1], 3, 2)
    expected = np.rot90(PICTURE, -1) if "turned" in name else expected
    assert np.abs(image.astype(int) - expected).max() <= MOST and image_size(path) == expected.shape[1::-1]
    assert np.array_equal(next(prepare_and_open(path.parent, tmp_path / "folder").images())[1], image)


def test_white_that_is_zero_is_inverted_within_the_bits_that_are_used(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.stack([4095 - (i.mean(2) * (4095 / 255)).astype(np.uint16) for i in numbered(3)]), photometric="miniswhite"
    )
    video = prepare_and_open(path, tmp_path / "out")
    images = [image for _, image in video.images()]
    assert video.info.white == 4095 and [number_of(image) for image in images] == [0, 1, 2]
    assert np.abs(images[0].mean(2) - numbered(1)[0].mean(2)).max() <= 2


def test_a_cut_image_is_refused_and_not_half_grey(tmp_path):
    path = oriented(tmp_path / "a.jpg", 1, quality=95)
    path.write_bytes(path.read_bytes()[:-1500])
    with pytest.raises(PosemakeError, match="missing or damaged"):
        read_image(path)


@pytest.mark.parametrize("orientation", [6, 2])
def test_images_of_a_folder_that_are_turned_differently_are_the_same_video(tmp_path, orientation):
    from posemake.data.pixels import turn_upright

    folder = tmp_path / "images"
    folder.mkdir()
    back = {6: 8, 2: 2}[orientation]
    for index, image in enumerate(numbered(4)):
        exif = Image.Exif()
        exif[274] = orientation if index % 2 else 1
        stored = turn_upright(image, back) if index % 2 else image
        Image.fromarray(stored).save(folder / f"{index}.png", exif=exif)
    video = prepare_and_open(folder, tmp_path / "out")
    assert [number_of(image) for _, image in video.images()] == [0, 1, 2, 3]


# Pages that are frames

RED = numbered(12)  # RGB


def grey(count=12):
    return np.stack([image.mean(2).astype(np.uint8) for image in numbered(count)])


def colours(count=4):
    return np.stack(numbered(count)).transpose(0, 3, 1, 2)


@pytest.mark.parametrize(
    "pages, options, told",
    [
        (grey(), {}, None),
        (grey(), {"imagej": True, "metadata": {"axes": "TYX"}}, None),
        (grey(), {"imagej": True, "metadata": {"axes": "ZYX"}}, "depth"),
        (grey(), {"imagej": True}, "channels"),  # tifffile takes the first axis for channels
        (grey(), {"imagej": True, "metadata": {"axes": "CYX", "hyperstack": False}}, "channels"),
        (grey(), {"metadata": {"axes": "TYX"}}, None),
        (grey(), {"metadata": {"axes": "ZYX"}}, "depth"),
        (grey(), {"ome": True, "metadata": {"axes": "TYX"}}, None),
        (colours(), {"imagej": True, "metadata": {"axes": "TCYX"}}, "red, green and blue"),
        (colours(), {"imagej": True, "metadata": {"axes": "TCYX", "mode": "composite"}}, "red, green and blue"),
        (colours(), {"ome": True, "metadata": {"axes": "TCYX"}, "photometric": "minisblack"}, "red, green and blue"),
        (colours().swapaxes(0, 1), {"ome": True, "metadata": {"axes": "CTYX"}, "photometric": "minisblack"}, "red, green"),
        (colours(), {"photometric": "rgb", "planarconfig": "separate"}, None),
        (np.stack(RED), {"imagej": True, "metadata": {"axes": "TYXS"}}, None),
        (np.stack(RED), {"photometric": "rgb"}, None),
    ],
)  # fmt: skip
def test_frames_are_along_the_one_axis_that_there_is(tmp_path, pages, options, told):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pages, **options)
    video = prepare_and_open(path, tmp_path / "out")
    assert not video.info.fault
    count = 12 if pages.shape[0] == 12 else 4
    images = [image for _, image in video.images()]
    assert [number_of(image) for image in images] == list(range(count))
    if "S" in str(options) or len(pages.shape) == 4:
        assert np.array_equal(images[2], RED[2])
    findings = [finding for finding in video.info.findings if "no frame rate" not in finding]
    assert len(findings) == bool(told) and (not told or told in findings[0])


@pytest.mark.parametrize(
    "shape, options, told",
    [
        ((4, 2, 64, 96), {"imagej": True, "metadata": {"axes": "TCYX"}}, r"2 channels \(time \(T\): 4 and channels \(C\): 2\)"),
        ((4, 3, 64, 96), {"imagej": True, "metadata": {"axes": "TZYX"}}, r"more than time \(time \(T\): 4 and depth \(Z\): 3\)"),
        ((2, 3, 3, 64, 96), {"imagej": True, "metadata": {"axes": "TZCYX"}}, "more than time"),
        ((4, 5, 64, 96), {"ome": True, "metadata": {"axes": "TZYX"}}, "more than time"),
        ((4, 2, 64, 96), {"photometric": "minisblack"}, "more than time .*an axis without a name"),
        ((4, 5, 64, 96), {"metadata": {"axes": "TZYX"}, "photometric": "minisblack"}, "more than time"),
    ],
)
def test_pages_along_several_axes_are_refused(tmp_path, shape, options, told):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint8), **options)
    with pytest.raises(PosemakeError, match=rf"^{path}: .*{told}.*as a TIFF$"):
        _ = TiffPages(path).layout


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_a_compressed_stack_is_read_in_any_order(tmp_path, compression):
    path = tmp_path / "a.tif"
    pages = [Image.fromarray(image) for image in numbered(6)]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression=compression)
    video = prepare_and_open(path, tmp_path / "out")
    assert [number_of(image) for _, image in video.images()] == list(range(6))
    assert [number_of(image) for _, image in video.images_at([4, 1])] == [1, 4]


def test_a_folder_of_stacks_is_no_video(tmp_path):
    from fixtures.helpers import prepare

    folder = tmp_path / "images"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", grey(5))
    assert "a.tif holds 5 images, and each file of a folder" in prepare(folder, tmp_path / "out")["fault"]


def test_a_stack_with_a_palette_and_one_whose_white_is_zero_show_their_numbers(tmp_path):
    pages = [Image.fromarray(image).quantize(64) for image in numbered(3)]
    pages[0].save(tmp_path / "palette.tif", save_all=True, append_images=pages[1:])
    tifffile.imwrite(tmp_path / "white.tif", 255 - grey(3), photometric="miniswhite")
    for name in ("palette", "white"):
        video = prepare_and_open(tmp_path / f"{name}.tif", tmp_path / name)
        assert [number_of(image) for _, image in video.images()] == [0, 1, 2]
