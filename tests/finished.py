"""A project that was run to its end, for tests that change or break a copy of it."""

import shutil

import pytest
from share import once


def make_finished(project):
    """Up to the open labels, the labels, and the rest on one core."""
    from workflow import tiny  # needs more than the tests of the window have

    tiny.make_project(project)
    first = tiny.snakemake(project)
    assert first.returncode == 0, first.stdout
    assert "posemake waits for labels: 16 frames in 2 videos: fast_1 (8), slow_1 (8)." in first.stdout
    assert not (project / "results/models").exists()
    assert tiny.label(project) == 16
    second = tiny.snakemake(project, "--cores", "1")
    assert second.returncode == 0, second.stdout


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny project, run to its end; nobody writes into it."""
    return once(tmp_path_factory, "finished", make_finished)


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project, elsewhere, with the times of its files."""
    return shutil.copytree(finished, tmp_path / "project", symlinks=True)
