"""Placing, going on, and undoing."""

import pytest
from fixtures.label_sessions import cells, here

from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_labels
from posemake.data.visibility import Visibility
from posemake.labelling.progress import FrameState

# --- placing and going on


def test_placing_goes_through_keypoints_and_frames(project, one):
    calls = []
    one.navigator.on_change(lambda: calls.append(here(one)))
    for point in ((1, 2), (3, 4), (5, 6)):
        one.place(point)
    assert calls == [(0, 1), (0, 2), (1, 0)]
    assert cells(one, 0) == [(1, 2, "placed"), (3, 4, "placed"), (5, 6, "placed")]
    assert [one.navigator.state(i) for i in range(4)] == [FrameState.DONE, *[FrameState.OPEN] * 3]
    one.navigator.select_keypoint(2)
    one.place((7, 8))
    assert here(one) == (1, 0)  # round to the first that is undecided
    assert one.navigator.state(1) == FrameState.PARTLY
    path = project.labels()
    assert read_labels(path).images == ("img0000.png",)  # the frame that was left is written
    assert sorted(p.name for p in path.parent.glob("img*")) == ["img0000.png", "img0001.png"]


def test_without_advance_the_frame_stays(project):
    session = project.choose("m1", range(2)).open(advance=False)
    for point in ((1, 2), (3, 4), (5, 6)):
        session.place(point)
    assert here(session) == (0, 2)
    session.close()


def test_the_last_open_frame_stays_when_it_is_done(one):
    one.navigator.go_to(2)
    for _ in range(4):
        one.mark_all()
    assert one.navigator.frame == 1 and all(one.navigator.done(i) for i in range(4))
    one.navigator.next_open()
    assert one.navigator.frame == 1


def test_a_correction_stays_where_it_is(one):
    for point in ((1, 2), (3, 4), (5, 6)):
        one.place(point)
    one.navigator.previous()
    one.navigator.select_keypoint(1)
    one.place((9, 9))
    assert here(one) == (0, 1)
    one.move(2, (8, 8))
    one.mark(0, Visibility.OCCLUDED)
    assert here(one) == (0, 1)
    assert cells(one) == ["occluded", (9, 9, "placed"), (8, 8, "placed")]


def test_a_change_of_another_keypoint_leaves_the_current_one(one):
    one.mark(2, Visibility.OCCLUDED)
    assert here(one) == (0, 0)
    one.place((1, 2))
    one.place((3, 4))
    assert here(one) == (1, 0)


def test_clear_makes_a_keypoint_the_next_to_place(one):
    one.place((1, 2))
    one.clear(0)
    assert cells(one) == [None] * 3 and here(one) == (0, 0)


def test_marking_all_and_the_rest(one):
    one.place((1, 2))
    one.mark_rest()
    assert cells(one, 0) == [(1, 2, "placed"), "absent", "absent"] and one.navigator.frame == 1
    one.place((1, 2))
    one.mark_all(Visibility.OCCLUDED)
    assert cells(one, 1) == ["occluded"] * 3 and one.navigator.frame == 2
    with pytest.raises(ValueError, match="a visible keypoint has a position"):
        one.mark(0, Visibility.VISIBLE)


@pytest.mark.parametrize("point", [(-0.51, 5), (63.6, 5), (5, 47.6), (5, -1)])
def test_a_point_outside_the_image_is_refused(one, point):
    with pytest.raises(PosemakeError, match=r"img0000.png: snout would lie outside the image"):
        one.place(point)
    assert cells(one) == [None] * 3
    one.place((-0.5, 47.5))


def test_moving_about(project):
    session = project.choose("m1", range(3)).choose("m2", range(2)).open()
    session.navigator.previous()
    assert session.navigator.frame == 0
    session.navigator.last()
    session.navigator.next()
    assert session.navigator.frame == 4
    session.mark_all()
    assert session.navigator.frame == 0  # the search for an open frame goes round
    session.navigator.previous_open()
    assert session.navigator.frame == 3
    session.navigator.next_open()
    assert session.navigator.frame == 0
    session.navigator.go_to(99)
    assert session.navigator.frame == 4
    session.navigator.go_to(-5)
    session.navigator.next_keypoint()
    session.navigator.select_keypoint(7)
    session.navigator.next_keypoint()
    assert here(session) == (0, 2)
    session.navigator.select_keypoint(-1)
    session.navigator.previous_keypoint()
    assert here(session) == (0, 0)
    session.navigator.first()
    session.close()


# --- undo


def test_undo_and_redo_go_to_the_frame(project):
    session = project.choose("m1", range(2)).choose("m2", range(2)).open()
    session.place((1, 2))
    session.navigator.go_to(3)
    session.mark_all(Visibility.ABSENT)
    assert session.undo() == "absent all" and session.navigator.frame == 3
    assert session.undo() == "place snout" and here(session) == (0, 0)
    assert session.undo() == ""
    assert [cells(session, i) for i in (0, 3)] == [[None] * 3] * 2
    assert session.redo() == "place snout" and here(session) == (0, 0)
    assert session.redo() == "absent all" and session.navigator.frame == 3
    assert session.redo() == ""
    assert [cells(session, i) for i in (0, 3)] == [[(1, 2, "placed"), None, None], ["absent"] * 3]
    session.undo()
    session.mark(0, Visibility.OCCLUDED)
    assert session.redo() == ""  # a new change ends what could be redone
    assert [entry.what for entry in session.history()] == [
        "absent all", "undo absent all", "redo absent all", "undo absent all", "occluded snout",
    ]  # fmt: skip
    session.close()


def test_undo_leaves_what_another_changed(project, one):
    one.place((1, 2))
    one.place((3, 4))
    one.navigator.flush()
    path = project.labels()
    path.write_text(path.read_text().replace("1.0,2.0,3.0,4.0,,", "1.0,2.0,7.0,8.0,5.0,6.0"))
    one.reload()
    with pytest.raises(PosemakeError, match=r"img0000.png: cannot undo «place ear», as it was changed since"):
        one.undo()
    assert one.undo() == "place snout"
    assert cells(one) == [None, (7, 8, "placed"), (5, 6, "placed")]


def test_restore_can_be_undone(one):
    one.place((1, 2))
    one.place((3, 4))
    one.mark_rest()
    assert one.navigator.frame == 1
    one.restore(1)
    assert one.navigator.frame == 0 and cells(one) == [(1, 2, "placed"), None, None]
    one.restore(3)
    assert one.navigator.frame == 0 and one.navigator.done(0)
    one.undo()
    assert cells(one) == [(1, 2, "placed"), None, None]
