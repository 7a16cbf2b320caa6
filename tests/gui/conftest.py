"""The labeller's window on a project of three keypoints and two videos, with real mouse and key events.

Runs in the environment of ``make label-env`` on a display, such as that of ``xvfb-run``; elsewhere the tests are skipped.
"""

import importlib.util
import os
import sys

import pytest

REASON = (
    "needs napari: make label-env, then .venv-label/bin/python -m pytest tests/gui"
    if importlib.util.find_spec("napari") is None
    else "needs a display: put xvfb-run before the command"
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    else ""
)


def pytest_collection_modifyitems(items):
    for item in items:
        if REASON and "gui" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=REASON))


@pytest.fixture
def project(tmp_path):
    from gui.scene import make_project

    return make_project(tmp_path / "project")


@pytest.fixture
def open_window():
    """Opens windows on a project, and closes them in the end."""
    from gui.hand import Hand

    hands = []

    def opened(project, **options):
        hands.append(Hand(project, **options))
        return hands[-1]

    yield opened
    for hand in hands:
        hand.close()
