"""Fixtures that open the labelling window on a project with three keypoints and two videos.

The tests need the environment of ``make label-env`` and a display, such as that of ``xvfb-run``; elsewhere they are skipped.
"""

import importlib.util
import os
import sys

import pytest

SKIP_REASON = (
    "needs napari: make label-env, then .venv-label/bin/python -m pytest tests/gui"
    if importlib.util.find_spec("napari") is None
    else "needs a display: put xvfb-run before the command"
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    else ""
)


def pytest_collection_modifyitems(items):
    for item in items:
        if SKIP_REASON and "gui" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=SKIP_REASON))


@pytest.fixture
def project(tmp_path):
    from gui.drawn_project import make_project

    return make_project(tmp_path / "project")


@pytest.fixture
def open_window():
    """Return a function that opens a window on a project; all windows are closed at the end of the test."""
    from gui.window_driver import WindowDriver

    drivers = []

    def open_on(project, **options):
        drivers.append(WindowDriver(project, **options))
        return drivers[-1]

    yield open_on
    for driver in drivers:
        driver.close()
