"""The workflow is clean by Snakemake's and snakefmt's own measure, and keeps the house rules of rules."""

import re
import subprocess
import sys

import pytest
from workflow.tiny import ROOT, make_project, snakemake

MARK = "    shell:"  # of a rule that is no stage
RULE_FILES = sorted(ROOT.glob("rules/*.smk"))


def rules():
    """(name, text) of every rule."""
    for path in RULE_FILES:
        for block in re.split(r"\n(?=(?:rule|checkpoint) \w+:)", path.read_text())[1:]:
            yield re.match(r"(?:rule|checkpoint) (\w+):", block)[1], block


def test_lint(tmp_path):
    done = snakemake(make_project(tmp_path / "project"), "--lint")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["snakefmt", "--check", "Snakefile", "rules"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
    ],
    ids=" ".join,
)
def test_format(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_its_script():
    names = [name for name, text in rules() if MARK not in text]
    assert len(names) > 15
    assert sorted(names) == sorted(path.stem for path in ROOT.glob("scripts/*.py"))


@pytest.mark.parametrize(
    ("name", "text"), [rule for rule in rules() if MARK not in rule[1]], ids=lambda value: value.split("\n")[0]
)
def test_rule(name, text):
    assert f'"../scripts/{name}.py"' in text
    assert f'"logs/{name}' in text
    assert 'conda:\n        "../envs/compute.yaml"' in text
    if "output:" in text:
        assert f'"benchmarks/{name}' in text
        assert f'code=code("{name}")' in text
        assert "mem_mb=grow(" in text and "runtime=grow(" in text


def test_scripts_are_thin():
    for path in ROOT.glob("scripts/*.py"):
        assert len(path.read_text().splitlines()) <= 35, path


def test_files_are_of_readable_length():
    for path in [*ROOT.glob("scripts/posemake/*.py"), *ROOT.glob("tests/**/*.py")]:
        assert len(path.read_text().splitlines()) <= 320, path
    for path in RULE_FILES:
        assert len(path.read_text().splitlines()) <= (200 if path.name == "common.smk" else 150), path
