"""What is around the picture in the window: the walk through the frames, what is shown, history, help, faults."""

import json

import numpy as np
import pytest
from gui.scene import image, places, saved

A, B = image(0), image(1)


def test_frames_are_walked_with_keys_field_and_strip(project, open_window):
    from gui.hand import CTRL, LEFT, NONE, SHIFT
    from qtpy.QtCore import QPoint
    from qtpy.QtTest import QTest

    hand = open_window(project)
    walk = []
    for key, held in (("D", 0), ("Right", 0), ("A", 0), ("End", 0), ("D", 0), ("Left", 0), ("Home", 0), ("A", 0)):
        hand.key(key, held or NONE)
        walk.append(hand.session.frame)
    assert walk == [1, 2, 1, 5, 5, 4, 0, 0]
    hand.key("X", SHIFT)
    hand.key("N")
    hand.key("X", SHIFT)
    assert hand.session.frame == 3
    hand.key("N")
    hand.key("N")
    hand.key("N")
    assert hand.session.frame == 1  # 0 and 2 are done
    hand.key("N", SHIFT)
    assert hand.session.frame == 5
    hand.key("G", CTRL)
    hand.type("3")
    assert hand.session.frame == 2
    hand.key("G", CTRL)
    hand.type("0030")
    assert hand.session.frame == 3
    hand.key("G", CTRL)
    hand.type("nowhere")
    assert hand.session.frame == 3 and "no frame" in hand.window.note.text()
    strip = hand.window.strip
    QTest.mouseClick(strip, LEFT, NONE, QPoint(round(strip.x_of(4)), 12))
    assert hand.session.frame == 4
    assert strip.states.tolist() == [2, 0, 2, 0, 0, 0]


def test_zoom_is_kept_between_frames(project, open_window):
    hand = open_window(project)
    for xy in ((90, 90), (120, 100), (110, 120)):
        hand.click(xy)
    hand.key("Home")
    hand.key("Z")
    zoom, where = hand.view.zoom, hand.pixel((100, 100))
    assert 6 < zoom < 20 and hand.canvas.rect().contains(hand.pixel((90, 90)))
    for key in "DDNA":
        hand.key(key)
        assert (hand.view.zoom, hand.pixel((100, 100))) == (zoom, where)
    hand.key("R")
    assert hand.view.zoom < zoom


def test_what_is_shown_can_be_switched(project, open_window):
    from gui.hand import SHIFT

    hand = open_window(project)
    hand.key("End")
    hand.key("T")
    layers = hand.view._viewer.layers
    assert layers["proposals"].shown.all() and layers["proposals"].text.visible and layers["skeleton"].visible
    hand.key("T")
    hand.key("K")
    assert not layers["proposals"].text.visible and not layers["skeleton"].visible
    hand.key("H", SHIFT)
    assert layers["proposals"].shown.tolist() == [True, False, False]
    hand.key("H")
    assert not layers["proposals"].visible
    hand.click(places("second", 1)[0] + [3, 0])  # a ring that is hidden is not accepted
    assert hand.session.decisions[0] == "placed"


def test_brightness_changes_the_picture_and_no_file(project, open_window):
    hand = open_window(project)
    layer = hand.view._viewer.layers["frame"]
    before, file = layer.data.copy(), (project / "results/frames/round-0/first/images" / A).read_bytes()
    hand.window.panel.looks["gamma"].setValue(60)
    hand.window.panel.looks["brightness"].setValue(10)
    assert layer.data[5, 5, 0] > before[5, 5, 0] + 40
    hand.key("D")
    assert layer.data[5, 5, 0] > 110
    assert (project / "results/frames/round-0/first/images" / A).read_bytes() == file
    for slider in hand.window.panel.looks.values():
        slider.setValue(0)
    hand.key("A")
    assert np.array_equal(layer.data, before)


def test_an_earlier_state_comes_back_from_the_history(project, open_window):
    hand = open_window(project)
    hand.click((100, 100))
    hand.drag(hand.session.xy[0], (150, 150))
    hand.session.restore(1)
    hand.settle()
    assert np.abs(hand.session.xy[0] - [100, 100]).max() <= hand.near
    assert [entry.what for entry in hand.session.history()] == ["place snout", "place snout", "restore 1"]


def test_help_lists_every_key(project, open_window):
    from posemake.labelling.gui.dialogs import help_html
    from posemake.labelling.gui.shortcuts import COMMANDS

    hand = open_window(project)
    hand.key("F1")
    assert hand.window.commands._help.isVisible()
    page = help_html()
    assert all(command.what.replace("'", "&#x27;") in page for command in COMMANDS.values())


def test_every_command_of_the_table_does_something(project, open_window):
    from posemake.labelling.gui.panel import SHOWN
    from posemake.labelling.gui.shortcuts import COMMANDS

    commands = open_window(project).window.commands
    assert set(COMMANDS) == {"keypoint", *SHOWN, *commands._change, *commands._other}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_texts_can_be_read_in_both_themes(project, open_window, theme):
    hand = open_window(project, theme=theme)
    palette = hand.window.palette()
    for ground, ink in (("window", "windowText"), ("base", "text"), ("button", "buttonText"), ("highlight", "highlightedText")):
        difference = getattr(palette, ground)().color().lightnessF() - getattr(palette, ink)().color().lightnessF()
        assert abs(difference) > 0.45


def test_a_label_file_that_changed_outside_is_not_overwritten(project, open_window):
    hand = open_window(project)
    hand.click((100, 100))
    hand.written()
    path = project / "labels/round-0/first/CollectedData_anna.csv"
    outside = path.read_text().replace("labeled-data,first,img0000.png", "labeled-data,first,img0030.png")
    path.write_text(outside)
    hand.click((200, 100))
    assert path.read_text() == outside and "changed" in hand.window.banner.text()
    assert hand.window.banner.isVisible() and hand.window.header.saved.text() == "not saved"
    hand.window.banner.linkActivated.emit("act")
    hand.settle()
    assert not hand.window.banner.isVisible()
    assert "img0030.png" in saved(project) and hand.window.strip.states.tolist()[:4] != [0, 0, 0, 0]
    refused = [json.loads(line) for line in path.with_suffix(".history.jsonl").read_text().splitlines()]
    assert any("refused" in str(line) for line in refused)


def test_a_missing_image_is_told_and_the_work_goes_on(project, open_window):
    hand = open_window(project)
    (project / "results/frames/round-0/first/images" / image(2)).unlink()
    hand.key("D")
    hand.key("D")
    assert "missing" in hand.window.note.text()
    hand.key("D")
    hand.click((100, 100))
    assert hand.session.decisions[0] == "placed"


def test_the_table_names_keys_as_qt_does():
    from qtpy.QtGui import QKeySequence

    from posemake.labelling.gui.shortcuts import BY_KEY, COMMANDS

    assert {key: QKeySequence(key).toString() for key in BY_KEY} == {key: key for key in BY_KEY}
    assert len(BY_KEY) == sum(len(command.keys) for command in COMMANDS.values())  # no key has two meanings
