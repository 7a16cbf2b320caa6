import shutil

import pytest
from workflow import tiny


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny project, run to its end: up to the open labels, the labels, and the rest on one core."""
    project = tiny.make_project(tmp_path_factory.mktemp("finished") / "project")
    first = tiny.snakemake(project)
    assert first.returncode == 0, first.stdout
    assert "posemake waits for labels: 16 frames in 2 videos: fast_1 (8), slow_1 (8)." in first.stdout
    assert not (project / "results/models").exists()
    assert tiny.label(project) == 16
    second = tiny.snakemake(project, "--cores", "1")
    assert second.returncode == 0, second.stdout
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project, elsewhere, with the times of its files."""
    return shutil.copytree(finished, tmp_path / "project", symlinks=True)


@pytest.fixture
def clone(tmp_path):
    """A copy of the workflow with times of its own."""
    return tiny.copy_workflow(tmp_path / "clone")
