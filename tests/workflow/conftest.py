import pytest
from workflow import tiny


@pytest.fixture
def clone(tmp_path):
    """A copy of the workflow with times of its own."""
    return tiny.copy_workflow(tmp_path / "clone")
