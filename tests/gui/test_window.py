"""Mouse and keys in the window, checked in the files that they lead to."""

import numpy as np
from gui.scene import SIZE, decided, image, places, saved

A, B = image(0), image(1)


def test_clicks_place_one_keypoint_after_the_other_and_lead_to_the_next_frame(project, open_window):
    hand = open_window(project)
    for xy in places("first", 0):
        assert hand.session.frame == 0
        hand.click(xy)
    assert (hand.session.frame, hand.session.keypoint) == (1, 0)
    hand.written()
    assert np.abs(saved(project)[A] - places("first", 0)).max() <= hand.near
    assert decided(project) == {A: dict.fromkeys(["snout", "left_ear", "tail"], "placed")}
    assert (project / "labels/round-0/first" / A).read_bytes() == (
        project / "results/frames/round-0/first/images" / A
    ).read_bytes()


def test_a_click_is_exact_to_a_fraction_of_a_pixel_when_zoomed_in(project, open_window):
    hand = open_window(project)
    target = places("first", 0)[0] + [0.3, -0.2]
    hand.view._to(20, target[::-1])
    hand.settle()
    hand.click(target)
    hand.written()
    assert np.abs(saved(project)[A][0] - target).max() <= 0.5 / 20 + 1e-3


def test_dragging_moves_a_point_by_as_much_as_the_mouse(project, open_window):
    hand = open_window(project)
    hand.click((100, 100))
    before = hand.session.xy[0]
    # held a little off its middle
    hand.drag(before + 2 / hand.view.zoom, before + 2 / hand.view.zoom + [30, 12])
    hand.written()
    assert np.abs(saved(project)[A][0] - before - [30, 12]).max() <= hand.near
    assert hand.session.frame == 0 and hand.session.keypoint == 1


def test_dragging_beside_the_points_moves_the_picture_and_labels_nothing(project, open_window):
    hand = open_window(project)
    before = hand.pixel((100, 100))
    hand.drag((50, 60), (90, 80))
    moved = hand.pixel((100, 100)) - before
    assert abs(moved.x() - 40 * hand.view.zoom) <= 1 and abs(moved.y() - 20 * hand.view.zoom) <= 1
    hand.written()
    assert saved(project) == {} and not hand.session.history()


def test_a_point_that_is_dragged_out_of_the_frame_stays_at_its_edge(project, open_window):
    hand = open_window(project)
    hand.click((10, 10))
    hand.drag(hand.session.xy[0], (-8, 20))
    assert hand.session.xy[0][0] == -0.5 and abs(hand.session.xy[0][1] - 20) <= hand.near


def test_a_click_outside_the_frame_places_nothing(project, open_window):
    hand = open_window(project)
    hand.click((-6, 100))
    hand.click((100, SIZE[1] + 5))
    assert hand.session.decisions == [None] * 3 and "outside" in hand.window.note.text()


def test_delete_takes_the_point_under_the_pointer(project, open_window):
    hand = open_window(project)
    hand.click((100, 100))
    assert hand.session.decisions == ["placed", None, None]
    hand.key("Delete")
    assert (hand.session.decisions, hand.session.keypoint) == ([None] * 3, 0)
    hand.written()
    assert saved(project) == {}


def test_delete_takes_the_chosen_one_where_the_pointer_is_on_none(project, open_window):
    hand = open_window(project)
    hand.click((100, 100))
    hand.click((200, 100))
    hand.key("1")
    hand.drag((20, 20), (30, 20))
    hand.key("Backspace")
    assert hand.session.decisions == [None, "placed", None]


def test_occluded_and_absent_leave_the_cells_empty_and_count_as_done(project, open_window):
    hand = open_window(project)
    hand.key("O")
    hand.click((100, 100))
    hand.key("X")
    assert hand.session.frame == 1
    hand.written()
    xy = saved(project)[A]
    assert np.isnan(xy[[0, 2]]).all() and not np.isnan(xy[1]).any()
    assert decided(project)[A] == {"snout": "occluded", "left_ear": "placed", "tail": "absent"}
    assert hand.window.panel.here.value() == 1


def test_a_right_click_says_occluded(project, open_window):
    from gui.hand import RIGHT

    hand = open_window(project)
    hand.click((50, 50), RIGHT)
    assert hand.session.decisions == ["occluded", None, None]
    hand.click((120, 100))
    hand.click(hand.session.xy[1], RIGHT)
    assert hand.session.decisions == ["occluded", "occluded", None]


def test_nothing_to_see(project, open_window):
    from gui.hand import SHIFT

    hand = open_window(project)
    hand.key("X", SHIFT)
    hand.written()
    assert decided(project)[A] == dict.fromkeys(["snout", "left_ear", "tail"], "absent")
    assert np.isnan(saved(project)[A]).all() and hand.session.frame == 1


def test_undo_and_redo_go_to_the_frame_concerned(project, open_window):
    from gui.hand import CTRL, SHIFT

    hand = open_window(project)
    for xy in places("first", 0):
        hand.click(xy)
    assert hand.session.frame == 1
    hand.key("Z", CTRL)
    assert (hand.session.frame, hand.session.decisions) == (0, ["placed", "placed", None])
    hand.key("Z", CTRL)
    hand.written()
    assert np.isnan(saved(project)[A][1:]).all()
    hand.key("Z", CTRL | SHIFT)
    hand.key("Y", CTRL)
    hand.written()
    assert np.abs(saved(project)[A] - places("first", 0)).max() <= hand.near
    for _ in range(5):
        hand.key("Z", CTRL)
    assert "nothing to undo" in hand.window.note.text()
    hand.written()
    assert saved(project) == {}


def test_keys_and_the_list_choose_keypoints(project, open_window):
    from gui.hand import LEFT, NONE
    from qtpy.QtTest import QTest

    hand = open_window(project)
    hand.key("3")
    assert hand.session.keypoint == 2
    hand.key("W")
    assert hand.session.keypoint == 1
    hand.key("Down")
    assert hand.session.keypoint == 2
    items = hand.window.panel.list
    QTest.mouseClick(items.viewport(), LEFT, NONE, items.visualItemRect(items.topLevelItem(0)).center())
    assert hand.session.keypoint == 0
    hand.key("9")
    assert hand.session.keypoint == 0
    hand.click((40, 40))
    assert hand.session.decisions == ["placed", None, None]


def test_a_stray_click_on_a_done_frame_moves_nothing(project, open_window):
    hand = open_window(project)
    for xy in places("first", 0):
        hand.click(xy)
    hand.key("Home")
    before = hand.session.xy
    hand.click((20, 200))
    assert np.array_equal(hand.session.xy, before) and "done" in hand.window.note.text()
    hand.key("2")
    hand.click((20, 200))
    assert np.abs(hand.session.xy[1] - [20, 200]).max() <= hand.near
    hand.click((40, 200))
    assert np.abs(hand.session.xy[1] - [20, 200]).max() <= hand.near


def test_predictions_are_labels_only_when_a_person_takes_them(project, open_window):
    hand = open_window(project)
    hand.key("End")
    ring = np.add(places("second", 1), [3, 0])
    assert np.array_equal(hand.session.proposals.xy, ring)
    hand.written()
    assert saved(project, "second") == {}
    hand.click(ring[0])  # one, as it is
    hand.drag(ring[1], ring[1] + [10, 5])  # one, moved
    hand.key("O")
    hand.written()
    xy = saved(project, "second")[B]
    assert xy[0].tolist() == ring[0].tolist() and np.isnan(xy[2]).all()
    assert np.abs(xy[1] - ring[1] - [10, 5]).max() <= hand.near
    assert decided(project, "second") == {B: {"snout": "accepted", "left_ear": "placed", "tail": "occluded"}}


def test_enter_accepts_all_and_goes_on(project, open_window):
    hand = open_window(project)
    hand.window.panel.video.emit("second")
    assert hand.session.frame == 4
    hand.key("Return")
    assert hand.session.frame == 5
    hand.written()
    assert saved(project, "second")[A].tolist() == np.add(places("second", 0), [3, 0]).tolist()
    assert set(decided(project, "second")[A].values()) == {"accepted"}


def test_points_of_the_frame_before_are_proposals_too(project, open_window):
    from gui.hand import SHIFT

    hand = open_window(project)
    for xy in places("first", 0):
        hand.click(xy)
    hand.key("C")
    assert np.abs(hand.session.proposals.xy - places("first", 0)).max() <= hand.near
    hand.key("C", SHIFT)
    assert np.isnan(hand.session.proposals.xy).all()
    hand.key("F")
    assert np.abs(hand.session.proposals.xy - places("first", 1)).max() <= hand.near  # the squares moved by 6 pixels
    hand.written()
    assert list(saved(project)) == [A]
    hand.key("Return")
    hand.written()
    assert set(decided(project)[B].values()) == {"accepted"}
