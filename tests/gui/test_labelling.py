"""Mouse and keys in the window, checked in the files that they lead to."""

import numpy as np
from gui.drawn_project import SIZE, image_name, read_decisions, read_saved, square_centers

A, B = image_name(0), image_name(1)


def test_clicks_place_one_keypoint_after_the_other_and_lead_to_the_next_frame(project, open_window):
    driver = open_window(project)
    for xy in square_centers("first", 0):
        assert driver.session.navigator.frame == 0
        driver.click(xy)
    assert (driver.session.navigator.frame, driver.session.navigator.keypoint) == (1, 0)
    driver.wait_until_written()
    assert np.abs(read_saved(project)[A] - square_centers("first", 0)).max() <= driver.tolerance
    assert read_decisions(project) == {A: dict.fromkeys(["snout", "left_ear", "tail"], "placed")}
    assert (project / "labels/round-0/first" / A).read_bytes() == (
        project / "results/frames/round-0/first/images" / A
    ).read_bytes()


def test_a_click_is_exact_to_a_fraction_of_a_pixel_when_zoomed_in(project, open_window):
    driver = open_window(project)
    target = square_centers("first", 0)[0] + [0.3, -0.2]
    driver.view.move_camera(20, target)
    driver.wait()
    driver.click(target)
    driver.wait_until_written()
    assert np.abs(read_saved(project)[A][0] - target).max() <= 0.5 / 20 + 1e-3


def test_dragging_moves_a_point_by_as_much_as_the_mouse(project, open_window):
    driver = open_window(project)
    driver.click((100, 100))
    before = driver.session.labels.xy[0]
    # held a little off its middle
    driver.drag(before + 2 / driver.view.zoom, before + 2 / driver.view.zoom + [30, 12])
    driver.wait_until_written()
    assert np.abs(read_saved(project)[A][0] - before - [30, 12]).max() <= driver.tolerance
    assert driver.session.navigator.frame == 0 and driver.session.navigator.keypoint == 1


def test_dragging_beside_the_points_moves_the_picture_and_labels_nothing(project, open_window):
    driver = open_window(project)
    before = driver.screen_position((100, 100))
    driver.drag((50, 60), (90, 80))
    moved = driver.screen_position((100, 100)) - before
    assert abs(moved.x() - 40 * driver.view.zoom) <= 1 and abs(moved.y() - 20 * driver.view.zoom) <= 1
    driver.wait_until_written()
    assert read_saved(project) == {} and not driver.session.history()


def test_a_point_that_is_dragged_out_of_the_frame_stays_at_its_edge(project, open_window):
    driver = open_window(project)
    driver.click((10, 10))
    driver.drag(driver.session.labels.xy[0], (-8, 20))
    assert driver.session.labels.xy[0][0] == -0.5 and abs(driver.session.labels.xy[0][1] - 20) <= driver.tolerance


def test_a_click_outside_the_frame_places_nothing(project, open_window):
    driver = open_window(project)
    driver.click((-6, 100))
    driver.click((100, SIZE[1] + 5))
    assert driver.session.labels.words == [""] * 3 and "outside" in driver.window.note.text()


def test_delete_takes_the_point_under_the_pointer(project, open_window):
    driver = open_window(project)
    driver.click((100, 100))
    assert driver.session.labels.words == ["placed", "", ""]
    driver.press_key("Delete")
    assert (driver.session.labels.words, driver.session.navigator.keypoint) == ([""] * 3, 0)
    driver.wait_until_written()
    assert read_saved(project) == {}


def test_delete_takes_the_chosen_one_where_the_pointer_is_on_none(project, open_window):
    driver = open_window(project)
    driver.click((100, 100))
    driver.click((200, 100))
    driver.press_key("1")
    driver.drag((20, 20), (30, 20))
    driver.press_key("Backspace")
    assert driver.session.labels.words == ["", "placed", ""]


def test_occluded_and_absent_leave_the_cells_empty_and_count_as_done(project, open_window):
    driver = open_window(project)
    driver.press_key("O")
    driver.click((100, 100))
    driver.press_key("X")
    assert driver.session.navigator.frame == 1
    driver.wait_until_written()
    xy = read_saved(project)[A]
    assert np.isnan(xy[[0, 2]]).all() and not np.isnan(xy[1]).any()
    assert read_decisions(project)[A] == {"snout": "occluded", "left_ear": "placed", "tail": "absent"}
    assert driver.window.panel.video_bar.value() == 1


def test_a_right_click_says_occluded(project, open_window):
    from gui.window_driver import RIGHT

    driver = open_window(project)
    driver.click((50, 50), RIGHT)
    assert driver.session.labels.words == ["occluded", "", ""]
    driver.click((120, 100))
    driver.click(driver.session.labels.xy[1], RIGHT)
    assert driver.session.labels.words == ["occluded", "occluded", ""]


def test_nothing_to_see(project, open_window):
    from gui.window_driver import SHIFT

    driver = open_window(project)
    driver.press_key("X", SHIFT)
    driver.wait_until_written()
    assert read_decisions(project)[A] == dict.fromkeys(["snout", "left_ear", "tail"], "absent")
    assert np.isnan(read_saved(project)[A]).all() and driver.session.navigator.frame == 1


def test_undo_and_redo_go_to_the_frame_concerned(project, open_window):
    from gui.window_driver import CTRL, SHIFT

    driver = open_window(project)
    for xy in square_centers("first", 0):
        driver.click(xy)
    assert driver.session.navigator.frame == 1
    driver.press_key("Z", CTRL)
    assert (driver.session.navigator.frame, driver.session.labels.words) == (0, ["placed", "placed", ""])
    driver.press_key("Z", CTRL)
    driver.wait_until_written()
    assert np.isnan(read_saved(project)[A][1:]).all()
    driver.press_key("Z", CTRL | SHIFT)
    driver.press_key("Y", CTRL)
    driver.wait_until_written()
    assert np.abs(read_saved(project)[A] - square_centers("first", 0)).max() <= driver.tolerance
    for _ in range(5):
        driver.press_key("Z", CTRL)
    assert "nothing to undo" in driver.window.note.text()
    driver.wait_until_written()
    assert read_saved(project) == {}


def test_keys_and_the_list_choose_keypoints(project, open_window):
    from gui.window_driver import LEFT, NONE
    from qtpy.QtTest import QTest

    driver = open_window(project)
    driver.press_key("3")
    assert driver.session.navigator.keypoint == 2
    driver.press_key("W")
    assert driver.session.navigator.keypoint == 1
    driver.press_key("Down")
    assert driver.session.navigator.keypoint == 2
    items = driver.window.panel.list
    QTest.mouseClick(items.viewport(), LEFT, NONE, items.visualItemRect(items.topLevelItem(0)).center())
    assert driver.session.navigator.keypoint == 0
    driver.press_key("9")
    assert driver.session.navigator.keypoint == 0
    driver.click((40, 40))
    assert driver.session.labels.words == ["placed", "", ""]


def test_a_stray_click_on_a_done_frame_moves_nothing(project, open_window):
    driver = open_window(project)
    for xy in square_centers("first", 0):
        driver.click(xy)
    driver.press_key("Home")
    before = driver.session.labels.xy
    driver.click((20, 200))
    assert np.array_equal(driver.session.labels.xy, before) and "done" in driver.window.note.text()
    driver.press_key("2")
    driver.click((20, 200))
    assert np.abs(driver.session.labels.xy[1] - [20, 200]).max() <= driver.tolerance
    driver.click((40, 200))
    assert np.abs(driver.session.labels.xy[1] - [20, 200]).max() <= driver.tolerance


def test_predictions_are_labels_only_when_a_person_takes_them(project, open_window):
    driver = open_window(project)
    driver.press_key("End")
    ring = np.add(square_centers("second", 1), [3, 0])
    assert np.array_equal(driver.session.proposals.xy, ring)
    driver.wait_until_written()
    assert read_saved(project, "second") == {}
    driver.click(ring[0])  # one, as it is
    driver.drag(ring[1], ring[1] + [10, 5])  # one, moved
    driver.press_key("O")
    driver.wait_until_written()
    xy = read_saved(project, "second")[B]
    assert xy[0].tolist() == ring[0].tolist() and np.isnan(xy[2]).all()
    assert np.abs(xy[1] - ring[1] - [10, 5]).max() <= driver.tolerance
    assert read_decisions(project, "second") == {B: {"snout": "accepted", "left_ear": "placed", "tail": "occluded"}}


def test_enter_accepts_all_and_goes_on(project, open_window):
    driver = open_window(project)
    driver.window.panel.video_chosen.emit("second")
    assert driver.session.navigator.frame == 4
    driver.press_key("Return")
    assert driver.session.navigator.frame == 5
    driver.wait_until_written()
    assert read_saved(project, "second")[A].tolist() == np.add(square_centers("second", 0), [3, 0]).tolist()
    assert set(read_decisions(project, "second")[A].values()) == {"accepted"}


def test_points_of_the_frame_before_are_proposals_too(project, open_window):
    from gui.window_driver import SHIFT

    driver = open_window(project)
    for xy in square_centers("first", 0):
        driver.click(xy)
    driver.press_key("C")
    assert np.abs(driver.session.proposals.xy - square_centers("first", 0)).max() <= driver.tolerance
    driver.press_key("C", SHIFT)
    assert np.isnan(driver.session.proposals.xy).all()
    driver.press_key("F")
    assert (
        np.abs(driver.session.proposals.xy - square_centers("first", 1)).max() <= driver.tolerance
    )  # the squares moved by 6 pixels
    driver.wait_until_written()
    assert list(read_saved(project)) == [A]
    driver.press_key("Return")
    driver.wait_until_written()
    assert set(read_decisions(project)[B].values()) == {"accepted"}
