import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from fixtures.helpers import SCRIPTS
from matplotlib.figure import Figure
from PIL import Image

from posemake.plotting.style import save_figure, style_context

STYLE = {"axes.spines.top": False, "figure.constrained_layout.use": True, "font.size": 9, "svg.hashsalt": "posemake"}


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


def test_the_style_holds_in_its_context_alone(tmp_path):
    before = {name: matplotlib.rcParams[name] for name in STYLE}
    with style_context():
        assert {name: matplotlib.rcParams[name] for name in STYLE} == STYLE
        styled = draw(1)
    assert {name: matplotlib.rcParams[name] for name in STYLE} == before
    save_figure(draw(1), tmp_path / "plain.png", 50)
    save_figure(styled, tmp_path / "styled.png", 50)
    assert {name: matplotlib.rcParams[name] for name in STYLE} == before
    assert (tmp_path / "plain.png").read_bytes() != (tmp_path / "styled.png").read_bytes()


def test_a_decorated_function_draws_in_the_style_each_time():
    @style_context()
    def is_styled():
        return not draw(1).axes[0].spines["top"].get_visible()

    assert is_styled() and is_styled()


def test_importing_the_style_changes_nothing_of_matplotlib():
    """A user's notebook keeps its own backend and look."""
    code = (
        "import matplotlib; before = dict(matplotlib.rcParams.copy()); import posemake.plotting.style;"
        "print(dict(matplotlib.rcParams.copy()) == before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(SCRIPTS), "PATH": ""}
    )
    assert done.stdout == "True\n", done.stderr
