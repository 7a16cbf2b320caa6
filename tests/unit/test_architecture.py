"""The packages in docs/explanation/architecture.md are those of the code."""

import re

import pytest
from fixtures.helpers import ROOT
from unit.test_layers import CHAPTERS, PACKAGES, SHARED

PAGE = ROOT / "docs/explanation/architecture.md"


def table_after(heading):
    """Return the first cell of each row of the first table with the header `package` after a line, without backticks."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("| package | content |", lines.index(heading)) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(line.split("|")[1].strip().strip("`"))
    return rows


def test_shared_packages_stand_in_their_order():
    assert table_after("The shared packages, from bottom to top:") == SHARED


def test_all_chapters_are_listed():
    assert table_after("The chapters:") == CHAPTERS


def test_every_package_is_in_one_of_the_tables():
    listed = table_after("The shared packages, from bottom to top:") + table_after("The chapters:")
    assert sorted(listed) == PACKAGES


@pytest.mark.parametrize("name", re.findall(r"`((?:{})\.\w+)\b".format("|".join(PACKAGES)), PAGE.read_text(encoding="utf-8")))
def test_modules_that_the_page_names_exist(name):
    path = ROOT / "scripts/posemake" / name.replace(".", "/")
    assert path.with_suffix(".py").is_file()
