import pytest
from fixtures.label_sessions import Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def one(project):
    """A session on four frames of one video."""
    session = project.choose("m1", range(4)).open()
    yield session
    session.close()
