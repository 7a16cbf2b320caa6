import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.figures.yuv_canvas import Canvas, copy_region, downscale_frame, new_frame, rgb_to_yuv, uses_bt709
from posemake.video.frame import Frame

RED = rgb_to_yuv((1, 0, 0))


def grey(size=(64, 48), value=100):
    frame, planes = new_frame(size)
    for plane, level in zip(planes, (value, 128, 128)):
        plane[:] = level
    return frame, planes


def rgb(frame):
    return frame.to_ndarray(format="rgb24").astype(int)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_a_colour_is_that_which_ffmpeg_shows(wish):
    frame, planes = grey()
    for plane, value in zip(planes, rgb_to_yuv(wish)):
        plane[:] = value
    assert np.abs(rgb(frame)[20, 20] - np.array(wish) * 255).max() <= 4


def test_the_matrix_of_colours_is_the_frame_s():
    assert rgb_to_yuv((1, 1, 1)) == rgb_to_yuv((1, 1, 1), True) == (235, 128, 128)
    assert rgb_to_yuv((1, 0, 0)) == (81, 90, 240) and rgb_to_yuv((1, 0, 0), True) == (63, 102, 240)  # ITU-R BT.601 and BT.709
    small, large = grey()[0], grey((1280, 720))[0]
    assert not uses_bt709(small) and uses_bt709(large) and not uses_bt709(None)
    small.colorspace, large.colorspace = 1, 5
    assert uses_bt709(small) and not uses_bt709(large)


@given(st.floats(8, 50), st.floats(8, 40), st.integers(0, 7), st.integers(0, 7))
def test_a_disc_is_where_it_should_be(x, y, left, top):
    """Its centre of brightness, and that of its colour, in a part of the frame that begins anywhere."""
    _, planes = grey(value=16)
    canvas = Canvas(planes, (left, top))
    bright, half = canvas.to_fixed_point(np.array([x + left, y + top]))
    canvas.draw_disc(bright.tolist(), half.tolist(), 4, RED)
    for plane, level, scale in ((planes[0], 16, 1), (planes[2], 128, 2)):
        cover = plane.astype(float) - level
        rows, columns = np.indices(plane.shape)
        found = np.array([(cover * columns).sum(), (cover * rows).sum()]) / cover.sum()
        assert np.abs((found + 0.5) * scale - 0.5 - (x, y)).max() < 0.4
    assert np.pi * 3.5**2 < (planes[0] > 48).sum() < np.pi * 5**2


def test_a_ring_has_a_hole():
    _, planes = grey(value=16)
    canvas = Canvas(planes)
    bright, half = canvas.to_fixed_point(np.array([30.0, 20.0]))
    canvas.draw_disc(bright.tolist(), half.tolist(), 5, (235, 128, 128), ring=True)
    assert planes[0][20, 30] == 16 and planes[0][20, 35] > 150


@pytest.mark.parametrize("opacity", [0.25, 0.5, 1.0])
def test_opacity_is_the_share_of_the_colour(opacity):
    _, planes = grey(value=35)
    canvas, at = Canvas(planes), np.array([30.0, 20.0])
    with canvas.blended(at[None], 8, opacity) as over:
        over.draw_disc(*(place.tolist() for place in over.to_fixed_point(at)), 5, (235, 128, 240))
    assert planes[0][20, 30] == pytest.approx(35 + opacity * 200, abs=1)
    assert planes[2][10, 15] == pytest.approx(128 + opacity * 112, abs=1)
    assert planes[0][20, 40] == 35


@pytest.mark.parametrize("at", [(-50.0, 20.0), (200.0, 200.0), (0.0, 0.0), (63.0, 47.0)])
def test_what_lies_outside_is_not_drawn_and_no_error(at):
    _, planes = grey()
    canvas = Canvas(planes)
    with canvas.blended(np.array([at]), 6, 0.5) as over:
        over.draw_disc(*(place.tolist() for place in over.to_fixed_point(np.array(at))), 5, RED)
    inside = 0 <= at[0] < 64
    assert (planes[0] != 100).any() == inside


@given(st.floats(-100, 200), st.floats(-100, 200), st.sampled_from([(0, 0), (0, 0.5), (0, 1), (1, 1)]))
def test_words_are_drawn_inside(x, y, anchor):
    """As many pixels of them as in the middle."""
    covered = []
    for at in ((60, 40), (x, y)):
        _, planes = grey((160, 80))
        Canvas(planes).draw_text("snout", np.array(at), (235, 128, 128), 0.4, anchor)
        covered.append(((planes[0] > 110).sum(), (planes[0] < 90).sum()))
    assert covered[0] == covered[1] and min(covered[0]) > 30


def test_words_that_do_not_fit_are_left_out():
    _, planes = grey((32, 16))
    Canvas(planes).draw_text("a long name", np.array([5, 5]), (235, 128, 128), 0.4, (0, 0))
    assert (planes[0] == 100).all()


@given(st.integers(0, 20), st.integers(0, 10))
def test_a_part_of_a_frame_is_copied_and_its_edge_goes_on(left, top):
    source = [
        np.arange(41 * 31, dtype=np.uint32).astype(np.uint8).reshape(31, 41),
        *(np.full((16, 21), 9, np.uint8) for _ in "uv"),
    ]
    _, planes = new_frame((20, 20))
    copy_region(planes, source, (left, top))
    part = source[0][top : top + 20, left : left + 20]
    assert np.array_equal(planes[0], part)
    _, planes = new_frame((42, 32))
    copy_region(planes, source, (0, 0))
    assert np.array_equal(planes[0][:31, :41], source[0]) and np.array_equal(planes[0][31, :41], source[0][30])
    assert (planes[0][:31, 41] == source[0][:, 40]).all() and (planes[1] == 9).all()


def test_a_smaller_frame_shows_the_same():
    frame, planes = grey((64, 48))
    planes[0][:, :32] = 200
    made = downscale_frame(planes, (32, 24))
    assert (made.width, made.height) == (32, 24)
    assert np.abs(rgb(made) - rgb(frame)[::2, ::2]).max() <= 2


@pytest.mark.parametrize(
    "form",
    ["yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj444p", "nv12", "gray", "rgb24", "yuv420p10le", "array", "grey array"],
)
def test_planes_show_what_rgb_shows(form):
    """Of each kind of picture; brightness varies across it."""
    ramp = np.tile(np.linspace(20, 230, 64).astype(np.uint8), (48, 1))
    image = np.repeat(ramp[..., None], 3, axis=2)
    if form == "array":
        picture = Frame(image)
    elif form == "grey array":
        picture = Frame(ramp)
    else:
        picture = Frame(av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=form))
    frame, planes = new_frame((64, 48))
    copy_region(planes, picture.yuv_planes(), (0, 0))
    assert np.abs(rgb(frame) - picture.rgb()).max() <= 4


@pytest.mark.parametrize("size, part", [((64, 48), (64, 48)), ((63, 47), (63, 47)), ((128, 96), (64, 48)), ((130, 96), (63, 47))])
def test_planes_have_the_size_of_the_original_without_padding(size, part):
    frame, made = grey((64, 48))
    made[0][:] = np.linspace(20, 230, 64).astype(np.uint8)
    picture = Frame(frame, size, part)
    planes = picture.yuv_planes()
    assert [plane.shape for plane in planes] == [size[::-1], *[((size[1] + 1) // 2, (size[0] + 1) // 2)] * 2]
    shown, into = new_frame((size[0] + size[0] % 2, size[1] + size[1] % 2))
    copy_region(into, planes, (0, 0))
    assert np.abs(rgb(shown)[: size[1], : size[0]] - picture.rgb()).max() <= 6
