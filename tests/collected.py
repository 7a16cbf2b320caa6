"""A project without models, for what needs none, and what its tests share."""

import shutil

import pytest
from share import once

LABELS = ("results/labels/round-0/labels.csv", "results/labels/round-0/state.json")
SPLIT = (*LABELS, "results/labels/round-0/split.csv")
CSV = "labels/round-0/slow_1/CollectedData_demo.csv"


def make_collected(project):
    """Its videos are prepared, and its labels collected and split."""
    from workflow import tiny  # needs more than the tests of the window have

    tiny.make_project(project)
    first = tiny.snakemake(project)
    assert first.returncode == 0, first.stdout
    tiny.label(project)
    second = tiny.snakemake(project, *SPLIT)
    assert second.returncode == 0, second.stdout


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """A tiny project up to its split; nobody writes into it."""
    return once(tmp_path_factory, "collected", make_collected)


@pytest.fixture
def unmodelled(collected, tmp_path):
    """A copy of it."""
    return shutil.copytree(collected, tmp_path / "project", symlinks=True)


def sentences(done):
    """What a run that failed says at its end."""
    told = done.stdout.split("posemake could not finish:\n")
    assert done.returncode != 0 and len(told) == 2, done.stdout
    return [line.strip() for line in told[1].split("Complete log")[0].strip().splitlines()]


def refusal(project, *arguments):
    """What the workflow says when it does not begin."""
    from workflow import tiny  # needs more than the tests of the window have

    done = tiny.snakemake(project, "-n", *arguments)
    assert done.returncode != 0 and "Traceback" not in done.stdout, done.stdout
    return done.stdout
