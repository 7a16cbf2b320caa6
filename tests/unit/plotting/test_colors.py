import subprocess
import sys

import pytest
from fixtures.helpers import SCRIPTS
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.plotting.colors import keypoint_colors, parse_color


@given(st.integers(1, 60), st.sampled_from(["viridis", "rainbow", "Greys"]))
def test_every_keypoint_has_a_colour_of_its_own(keypoints, colormap):
    colors = keypoint_colors(keypoints, colormap)
    assert len(colors) == len(set(colors)) == keypoints
    assert all(len(rgb) == 3 and all(0 <= channel <= 1 for channel in rgb) for rgb in colors)


def test_no_colour_is_as_faint_as_paper():
    assert max(min(rgb) for rgb in keypoint_colors(20, "Greys")) < 0.98


@pytest.mark.parametrize("name, rgb", [("white", (1, 1, 1)), ("#ff8000", (1, 128 / 255, 0)), ("k", (0, 0, 0))])
def test_a_colour_is_a_name_or_a_code(name, rgb):
    assert parse_color(name) == pytest.approx(rgb)


def test_an_unknown_colour_is_refused_by_name():
    with pytest.raises(PosemakeError, match="there is no colour 'weiss'"):
        parse_color("weiss")
    with pytest.raises(PosemakeError, match="there is no colour map 'virids'"):
        keypoint_colors(3, "virids")


def test_colours_need_no_figures():
    """A labelled video and the labelling window need colours alone."""
    code = "import sys, posemake.plotting.colors; print('matplotlib.figure' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(SCRIPTS), "PATH": ""}
    )
    assert done.stdout == "False\n", done.stderr
