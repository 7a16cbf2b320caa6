"""The manual names every key of the config and every column of the sheet; links and paths in documents lead somewhere."""

import re

import pytest
from fixtures.helpers import PACKAGE, ROOT

from posemake.config.fields import Settings
from posemake.config.filter_steps import STEPS
from posemake.config.settings import Config, Model
from posemake.config.video_sheet import VideoRow

MANUAL = ROOT / "config/README.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", MANUAL, *sorted(ROOT.glob("docs/**/*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def section(number):
    """Return a section of the manual."""
    return re.split(r"^## \d+\. ", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE)[number]


def first_cells(text):
    """Return the names in code style in the first cells of all tables; `.b` after `a.c` is short for `a.b`."""
    names = set()
    for line in text.splitlines():
        last = ""
        for name in re.findall(r"`([^`]+)`", line.split("|")[1]) if line.startswith("| `") else ():
            last = last.rpartition(".")[0] + name if name.startswith(".") else name
            names.add(last)
    return names


def keys(kind, prefix=""):
    """Return the dotted names of all settings of a class, with those inside other settings."""
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            yield from keys(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_the_manual_has_every_key_and_no_other():
    steps = {f"{method}.{key}" for method, kind in STEPS.items() for key in kind.model_fields if key != "method"}
    expected = {*keys(Config), *keys(Model), *STEPS, *steps} - {"models"}
    assert first_cells(section(4)) - {"models.<name>."} == expected


def test_the_manual_has_every_column_of_the_sheet():
    columns = set(VideoRow.model_fields) - {"row"}
    assert first_cells(section(2)) == columns


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files(path):
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_files_that_contributing_names_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("| question: where is the code that … | file |")[1].split("\n\n")[0]
    names = re.findall(r"`([\w/]+(?:\.py|/))`", table)
    assert len(names) > 30
    assert [name for name in names if not (PACKAGE / name).exists()] == []
