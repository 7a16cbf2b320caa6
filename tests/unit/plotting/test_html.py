import pandas as pd
import pytest
from fixtures.helpers import PACKAGE
from jinja2 import Environment, FunctionLoader, TemplateNotFound, UndefinedError

from posemake.plotting import html
from posemake.plotting.html import render_page

NOTHING = {"round": 0, "keypoints": [], "plots": "png", "tiles": [], "models": [], "predicted": [], "sources": None}
NOTHING |= {"more_sources": 0, "shown": 12}
INDEX = "reports/index.html.jinja"


def test_names_are_shown_as_text():
    page = render_page(INDEX, **NOTHING | {"keypoints": ["<b>snout</b>"]})
    assert "&lt;b&gt;snout&lt;/b&gt;" in page and "<b>snout" not in page


def test_cells_of_tables_are_short_and_missing_ones_empty():
    table = pd.DataFrame([["a&b", 1.23456789, float("nan"), 12345]], columns=["video", "mean", "none", "n"])
    page = render_page(INDEX, **NOTHING | {"sources": table})
    assert "<tr><td>a&amp;b</td><td>1.235</td><td></td><td>12345</td></tr>" in page
    assert "<th>video</th><th>mean</th><th>none</th><th>n</th>" in page


def test_a_variable_that_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="keypoints"):
        render_page(INDEX, **{name: value for name, value in NOTHING.items() if name != "keypoints"})


@pytest.mark.parametrize("name", ["reports/none.html.jinja", "nowhere", "reports"])
def test_a_template_that_does_not_exist_is_an_error(name):
    with pytest.raises((TemplateNotFound, ModuleNotFoundError)):
        render_page(name)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/templates/*")), ids=lambda path: path.name)
def test_templates_are_valid_and_found_by_their_names(path):
    environment = Environment(autoescape=True, loader=FunctionLoader(html._load))
    environment.filters["short"] = str
    environment.get_template(f"{path.parents[1].name}/{path.name}")
