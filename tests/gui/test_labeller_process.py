"""The labeller as a process of its own. Nothing of napari or Qt is asked: only pixels of the screen, X events, and files."""

import json
import shutil
import sys

import numpy as np
import pytest
from gui.drawn_project import HALF, image_name, read_decisions, read_saved, square_centers

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs X"),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool"),
]
A, B = image_name(0), image_name(1)


@pytest.fixture
def start(project):
    from gui.labeller_process import LabellerProcess

    begun = []

    def starting(*options):
        begun.append(LabellerProcess(project, *options))
        return begun[-1]

    yield starting
    for labeller in begun:
        if labeller.process.poll() is None:
            labeller.kill()


def changes(project, video="first"):
    """The history of a video, in words."""
    path = project / f"labels/round-0/{video}/CollectedData_anna.history.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line["what"] for line in lines if "what" in line]


def wait_for_changes(project, count):
    """Until that many changes are in the history, that is until the window calls them saved."""
    from gui.labeller_process import wait_for

    wait_for(f"{count} changes, there are {changes(project)}", lambda: len(changes(project)) >= count)


def pixel_size(labeller, frame):
    """Pixels of the frame that one of the screen shows."""
    return np.ptp(square_centers("first", frame)[:, 0]) / np.ptp(labeller.squares[:, 0])


def test_a_click_is_saved_within_a_pixel_of_the_screen(project, start):
    labeller = start()
    size = pixel_size(labeller, 0)
    assert size < 0.6
    for i, square in enumerate(labeller.squares):
        labeller.click(square)
        wait_for_changes(project, i + 1)
    labeller.close()
    off = np.abs(read_saved(project)[A] - square_centers("first", 0))
    assert off.max() <= size, off / size


def test_it_is_saved_within_a_pixel_of_the_screen_when_zoomed_in_too(project, start):
    from gui.labeller_process import find_patches

    labeller = start()
    labeller.click(labeller.squares[1], button=3)  # the first keypoint is occluded, and the second one next
    for _ in range(8):
        labeller.click(labeller.squares[1], button=4)  # the wheel
    x, y, width = max(labeller.wait_until_still(find_patches), key=lambda patch: patch[2])
    assert width > 5 * 2 * HALF
    labeller.click((x, y))
    wait_for_changes(project, 2)
    labeller.close()
    off = np.abs(read_saved(project)[A][1] - square_centers("first", 0)[1])
    assert off.max() <= (2 * HALF + 1) / width, off
    assert read_decisions(project)[A] == {"snout": "occluded", "left_ear": "placed"}


def test_killed_after_any_change_it_goes_on_where_it_was(project, start):
    shown = start()
    where, size = shown.squares, pixel_size(shown, 0)
    actions = [
        lambda at: at.click(where[0]),
        lambda at: at.drag(where[0], (24, 10)),
        lambda at: at.press_key("o"),
        lambda at: at.click(where[2]),  # the last of its frame
        lambda at: at.press_key("x"),
        lambda at: at.click(at.squares[1]),
        lambda at: (at.click(at.squares[1]), at.press_key("Delete")),
        lambda at: at.press_key("shift+x"),
    ]
    for number, act in enumerate(actions, 1):
        act(shown)
        wait_for_changes(project, number)
        shown.kill()
        if number < len(actions):
            shown = start()
    assert changes(project)[:4] == ["place snout", "place snout", "occluded left_ear", "place tail"]
    # what the last kill left in the history only is written when the labels are opened the next time
    start().close()
    assert np.abs(read_saved(project)[A][0] - square_centers("first", 0)[0] - np.array([24, 10]) * size).max() <= 1.5 * size
    assert read_decisions(project)[A] == {"snout": "placed", "left_ear": "occluded", "tail": "placed"}
    assert read_decisions(project)[B] == {"snout": "absent", "left_ear": "absent", "tail": "absent"}


def test_a_second_window_reads_only(project, start, open_window):
    first = start()
    first.click(first.squares[0])
    wait_for_changes(project, 1)
    second = open_window(project)
    assert second.session.store.read_only and second.window.banner.isVisible()
    assert "labels this folder since" in second.window.banner.text()
    assert second.session.labels.words == ["placed", "", ""]  # what is saved is seen
    second.click((100, 100))
    second.press_key("X")
    assert second.session.labels.words == ["placed", "", ""] and changes(project) == ["place snout"]
    second.window.close()
    first.close()
    third = open_window(project)
    assert not third.session.store.read_only and not third.window.banner.isVisible()


def test_another_scorer_labels_the_same_frames_beside(project, start, open_window):
    first = start()
    first.click(first.squares[0])
    wait_for_changes(project, 1)
    other = open_window(project, scorer="ben")
    assert not other.session.store.read_only and other.session.labels.words == [""] * 3
    other.click((100, 100))
    other.wait_until_written()
    first.close()
    assert not np.array_equal(read_saved(project)[A], read_saved(project, scorer="ben")[A])


def test_a_second_window_goes_on_when_the_first_one_is_killed(project, start, open_window):
    first = start()
    first.click(first.squares[0])
    wait_for_changes(project, 1)
    second = open_window(project)
    first.kill()
    second.window.banner.linkActivated.emit("act")
    second.wait()
    assert not second.session.store.read_only and not second.window.banner.isVisible()
    second.click((100, 100))
    second.wait_until_written()
    assert read_decisions(project)[A] == {"snout": "placed", "left_ear": "placed"}
