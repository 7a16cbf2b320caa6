"""The example of CONTRIBUTING.md works: its stage passes its tests, and its rules and script are formatted."""

import re
import subprocess
import sys
import types

import pytest
from fixtures.helpers import ROOT

from posemake.config import settings

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def block(beginning):
    """Return the code block that begins with some text."""
    (found,) = [text for text in BLOCKS if text.startswith(beginning)]
    return found


@pytest.fixture
def pupil(monkeypatch):
    """The settings and the package of the example, as if they were part of posemake."""
    names = dict(vars(settings))
    exec(block("class Pupil").split("class Config")[0], names)
    monkeypatch.setattr(settings, "Pupil", names["Pupil"], raising=False)
    module = types.ModuleType("posemake.pupil.measure")
    monkeypatch.setitem(sys.modules, "posemake.pupil", types.ModuleType("posemake.pupil"))
    monkeypatch.setitem(sys.modules, "posemake.pupil.measure", module)
    exec(compile(block('"""Stage that measures'), "measure.py", "exec", dont_inherit=True), vars(module))
    return module


def test_the_tests_of_the_example_pass(pupil, tmp_path):
    names = {}
    exec(block('"""Diameter of the pupil."""'), names)
    names["test_the_diameter_is_the_distance_of_the_edges_and_missing_without_one_of_them"]()
    names["test_the_table_has_a_row_for_each_frame"](tmp_path)


@pytest.mark.parametrize("beginning", ['"""Stage that measures', '"""Measure the diameter', '"""Diameter of the pupil."""'])
def test_its_python_is_clean(beginning, tmp_path):
    path = tmp_path / "example.py"
    path.write_text(block(beginning))
    for command in (["check", "--ignore", "D103,I001"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", ROOT / "pyproject.toml", path], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_its_rules_are_formatted(tmp_path):
    path = tmp_path / "pupil.smk"
    path.write_text(block("# Pupil"))
    done = subprocess.run([sys.executable, "-m", "snakefmt", "--check", path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
