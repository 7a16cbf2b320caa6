import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from posemake.core.errors import PosemakeError
from posemake.plotting.style import color, keypoint_colors, save_figure


@given(st.integers(1, 60), st.sampled_from(["viridis", "rainbow", "Greys"]))
def test_every_keypoint_has_a_colour_of_its_own(keypoints, colormap):
    colors = keypoint_colors(keypoints, colormap)
    assert len(colors) == len(set(colors)) == keypoints
    assert all(len(rgb) == 3 and all(0 <= channel <= 1 for channel in rgb) for rgb in colors)


def test_no_colour_is_as_faint_as_paper():
    assert max(min(rgb) for rgb in keypoint_colors(20, "Greys")) < 0.98


@pytest.mark.parametrize("name, rgb", [("white", (1, 1, 1)), ("#ff8000", (1, 128 / 255, 0)), ("k", (0, 0, 0))])
def test_a_colour_is_a_name_or_a_code(name, rgb):
    assert color(name) == pytest.approx(rgb)


def test_what_is_no_colour_is_refused_by_name():
    with pytest.raises(PosemakeError, match="there is no colour 'weiss'"):
        color("weiss")
    with pytest.raises(PosemakeError, match="there is no colour map 'virids'"):
        keypoint_colors(3, "virids")


def draw(slope):
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], [0, slope], label="line")
    return figure


@pytest.mark.parametrize("form, start", [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_same_figure_gives_the_same_bytes(tmp_path, form, start):
    for name, slope in (("a", 1), ("b", 1), ("c", 2)):
        save_figure(draw(slope), tmp_path / f"{name}.{form}", 100)
    a, b, c = ((tmp_path / f"{name}.{form}").read_bytes() for name in "abc")
    assert a == b != c and a.startswith(start)
    assert b"matplotlib.org" not in a and b"CreationDate" not in a


def test_a_figure_has_the_resolution_that_is_asked_for(tmp_path):
    save_figure(draw(1), tmp_path / "a.png", 50)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (150, 100)
        assert len(np.unique(np.asarray(image))) > 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
