"""What is around the picture in the window: the walk through the frames, what is shown, history, help, faults."""

import json

import numpy as np
import pytest
from gui.drawn_project import image_name, read_saved, square_centers

A, B = image_name(0), image_name(1)


def test_frames_are_walked_with_keys_field_and_strip(project, open_window):
    from gui.window_driver import CTRL, LEFT, NONE, SHIFT
    from qtpy.QtCore import QPoint
    from qtpy.QtTest import QTest

    driver = open_window(project)
    walk = []
    for key, held in (("D", 0), ("Right", 0), ("A", 0), ("End", 0), ("D", 0), ("Left", 0), ("Home", 0), ("A", 0)):
        driver.press_key(key, held or NONE)
        walk.append(driver.session.navigator.frame)
    assert walk == [1, 2, 1, 5, 5, 4, 0, 0]
    driver.press_key("X", SHIFT)
    driver.press_key("N")
    driver.press_key("X", SHIFT)
    assert driver.session.navigator.frame == 3
    driver.press_key("N")
    driver.press_key("N")
    driver.press_key("N")
    assert driver.session.navigator.frame == 1  # 0 and 2 are done
    driver.press_key("N", SHIFT)
    assert driver.session.navigator.frame == 5
    driver.press_key("G", CTRL)
    driver.type_text("3")
    assert driver.session.navigator.frame == 2
    driver.press_key("G", CTRL)
    driver.type_text("0030")
    assert driver.session.navigator.frame == 3
    driver.press_key("G", CTRL)
    driver.type_text("nowhere")
    assert driver.session.navigator.frame == 3 and "no frame" in driver.window.note.text()
    strip = driver.window.strip
    QTest.mouseClick(strip, LEFT, NONE, QPoint(round(strip.center_x(4)), 12))
    assert driver.session.navigator.frame == 4
    assert strip.states.tolist() == [2, 0, 2, 0, 0, 0]


def test_zoom_is_kept_between_frames(project, open_window):
    driver = open_window(project)
    for xy in ((90, 90), (120, 100), (110, 120)):
        driver.click(xy)
    driver.press_key("Home")
    driver.press_key("Z")
    zoom, where = driver.view.zoom, driver.screen_position((100, 100))
    assert 6 < zoom < 20 and driver.canvas.rect().contains(driver.screen_position((90, 90)))
    for key in "DDNA":
        driver.press_key(key)
        assert (driver.view.zoom, driver.screen_position((100, 100))) == (zoom, where)
    driver.press_key("R")
    assert driver.view.zoom < zoom


def test_what_is_shown_can_be_switched(project, open_window):
    from gui.window_driver import SHIFT

    driver = open_window(project)
    driver.press_key("End")
    driver.press_key("T")
    layers = driver.view._viewer.layers
    assert layers["proposals"].shown.all() and layers["proposals"].text.visible and layers["skeleton"].visible
    driver.press_key("T")
    driver.press_key("K")
    assert not layers["proposals"].text.visible and not layers["skeleton"].visible
    driver.press_key("H", SHIFT)
    assert layers["proposals"].shown.tolist() == [True, False, False]
    driver.press_key("H")
    assert not layers["proposals"].visible
    driver.click(square_centers("second", 1)[0] + [3, 0])  # a ring that is hidden is not accepted
    assert driver.session.labels.words[0] == "placed"


def test_brightness_changes_the_picture_and_no_file(project, open_window):
    driver = open_window(project)
    layer = driver.view._viewer.layers["frame"]
    before, file = layer.data.copy(), (project / "results/frames/round-0/first/images" / A).read_bytes()
    driver.window.panel.sliders["gamma"].setValue(60)
    driver.window.panel.sliders["brightness"].setValue(10)
    assert layer.data[5, 5, 0] > before[5, 5, 0] + 40
    driver.press_key("D")
    assert layer.data[5, 5, 0] > 110
    assert (project / "results/frames/round-0/first/images" / A).read_bytes() == file
    for slider in driver.window.panel.sliders.values():
        slider.setValue(0)
    driver.press_key("A")
    assert np.array_equal(layer.data, before)


def test_an_earlier_state_comes_back_from_the_history(project, open_window):
    driver = open_window(project)
    driver.click((100, 100))
    driver.drag(driver.session.labels.xy[0], (150, 150))
    driver.session.restore(1)
    driver.wait()
    assert np.abs(driver.session.labels.xy[0] - [100, 100]).max() <= driver.tolerance
    assert [entry.what for entry in driver.session.history()] == ["place snout", "place snout", "restore 1"]


def test_help_lists_every_key(project, open_window):
    from posemake.labelling.gui.dialogs import help_html
    from posemake.labelling.gui.shortcuts import COMMANDS

    driver = open_window(project)
    driver.press_key("F1")
    assert driver.commands.help_dialog.isVisible()
    page = help_html()
    assert all(command.description.replace("'", "&#x27;") in page for command in COMMANDS.values())


def test_every_command_of_the_table_does_something(project, open_window):
    from posemake.labelling.gui.panel import SWITCHES
    from posemake.labelling.gui.shortcuts import COMMANDS

    commands = open_window(project).commands
    assert set(COMMANDS) == {"keypoint", *SWITCHES, *commands.session_commands, *commands.window_commands}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_texts_can_be_read_in_both_themes(project, open_window, theme):
    driver = open_window(project, theme=theme)
    palette = driver.window.palette()
    for ground, ink in (("window", "windowText"), ("base", "text"), ("button", "buttonText"), ("highlight", "highlightedText")):
        difference = getattr(palette, ground)().color().lightnessF() - getattr(palette, ink)().color().lightnessF()
        assert abs(difference) > 0.45


def test_a_label_file_that_changed_outside_is_not_overwritten(project, open_window):
    driver = open_window(project)
    driver.click((100, 100))
    driver.wait_until_written()
    path = project / "labels/round-0/first/CollectedData_anna.csv"
    outside = path.read_text().replace("labeled-data,first,img0000.png", "labeled-data,first,img0030.png")
    path.write_text(outside)
    driver.click((200, 100))
    assert path.read_text() == outside and "changed" in driver.window.banner.text()
    assert driver.window.banner.isVisible() and driver.window.header.save_state.text() == "not saved"
    driver.window.banner.linkActivated.emit("act")
    driver.wait()
    assert not driver.window.banner.isVisible()
    assert "img0030.png" in read_saved(project) and driver.window.strip.states.tolist()[:4] != [0, 0, 0, 0]
    refused = [json.loads(line) for line in path.with_suffix(".history.jsonl").read_text().splitlines()]
    assert any("refused" in str(line) for line in refused)


def test_a_missing_image_is_told_and_the_work_goes_on(project, open_window):
    driver = open_window(project)
    (project / "results/frames/round-0/first/images" / image_name(2)).unlink()
    driver.press_key("D")
    driver.press_key("D")
    assert "missing" in driver.window.note.text()
    driver.press_key("D")
    driver.click((100, 100))
    assert driver.session.labels.words[0] == "placed"


def test_the_table_names_keys_as_qt_does():
    from qtpy.QtGui import QKeySequence

    from posemake.labelling.gui.shortcuts import BY_KEY, COMMANDS

    assert {key: QKeySequence(key).toString() for key in BY_KEY} == {key: key for key in BY_KEY}
    assert len(BY_KEY) == sum(len(command.keys) for command in COMMANDS.values())  # no key has two meanings
