"""Other people, and a full disk."""

import errno
import os

import numpy as np
import pytest
from fixtures.label_sessions import cells, here
from fixtures.labelling import KEYPOINTS, labels_of

from posemake.core.errors import PosemakeError
from posemake.data.label_files import Labels, read_labels, write_labels
from posemake.data.visibility import Visibility
from posemake.labelling.store.store import ChangedOnDisk, LabelStore

# --- others, and a full disk


def test_two_people_share_a_project_by_videos(project):
    project.choose("m1", range(2)).choose("m2", range(2))
    first, second = project.open(), project.open()
    assert not first.store.read_only and second.store.read_only and "labels this folder since" in second.store.why_read_only
    for change in (lambda: second.place((1, 2)), second.mark_all, lambda: second.mark(0, Visibility.ABSENT)):
        with pytest.raises(PosemakeError, match=r"m1: nothing is changed: .* labels this folder since"):
            change()
    assert second.navigator.frame == 0 and second.undo() == ""
    second.navigator.go_to(2)
    assert not second.store.read_only
    second.place((1, 2))
    first.place((3, 4))
    first.navigator.go_to(3)
    assert first.store.read_only
    second.navigator.go_to(0)
    assert not second.store.read_only  # it was given back
    assert cells(second) == [(3, 4, "placed"), None, None]  # and read anew
    first.navigator.go_to(first.navigator.frame)
    assert not first.store.read_only
    first.close()
    with pytest.raises(PosemakeError, match="nothing is changed"):
        first.place((1, 2))
    second.close()


def test_a_session_to_look_at_changes_nothing(project, one):
    one.place((1, 2))
    one.close()
    session = project.open(read_only=True)
    session.navigator.next()
    assert session.store.read_only and cells(session, 0)[0] == (1, 2, "placed")
    with pytest.raises(PosemakeError, match="nothing is changed: the labels were opened for reading only"):
        session.place((1, 2))
    again = project.open()
    assert not again.store.read_only
    again.close()
    session.navigator.flush()
    session.close()


def test_an_edit_from_outside_is_taken_over(project, one):
    one.place((1, 2))
    one.navigator.flush()
    write_labels(project.labels(), Labels("anna", tuple(KEYPOINTS), ("img0000.png",), np.full((1, 3, 2), 7.0)), "m1")
    with pytest.raises(ChangedOnDisk):
        one.place((3, 4))
    assert cells(one) == [(1, 2, "placed"), None, None]
    assert one.reload() == []
    assert cells(one) == [(7, 7, "placed")] * 3
    one.navigator.next()
    one.place((5, 6))
    assert one.navigator.write_error == ""


def test_an_edit_from_outside_while_changes_wait(project, one):
    one.place((1, 2))
    write_labels(project.labels(), Labels("anna", tuple(KEYPOINTS), ("img0003.png",), np.full((1, 3, 2), 7.0)), "m1")
    one.navigator.next()
    assert one.navigator.frame == 1 and "another tool changed it" in one.navigator.write_error
    one.reload()
    assert one.navigator.write_error == "" and read_labels(project.labels()).images == ("img0000.png", "img0003.png")


@pytest.fixture
def full(monkeypatch):
    """A disk on which nothing can be renamed, or written, while this names it."""
    calls = set()

    def filling(call, name):
        def wrapper(*arguments):
            if name in calls:
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*arguments)

        return wrapper

    for name in ("replace", "write"):
        monkeypatch.setattr(os, name, filling(getattr(os, name), name))
    return calls


def test_a_full_disk_is_told_and_gone_after(project, full):
    session = project.choose("m1", range(2)).choose("m2", range(2)).open(advance=False)
    session.place((1, 2))
    session.navigator.flush()
    full.add("write")
    with pytest.raises(PosemakeError, match="the change was not made"):
        session.place((3, 4))
    assert cells(session) == [(1, 2, "placed"), None, None] and here(session) == (0, 1)
    full.clear()
    session.place((3, 4))
    full.add("replace")
    session.navigator.go_to(2)  # another video
    assert (
        "m1/CollectedData_anna.csv: cannot be written (No space left on device); the labels are safe"
        in session.navigator.write_error
    )
    with pytest.raises(PosemakeError, match=r"m1/CollectedData_anna.csv: cannot be written"):
        session.navigator.flush()
    with pytest.raises(PosemakeError, match=r"m2/img0000.png: the image cannot be copied"):
        session.place((5, 6))
    full.clear()
    session.place((5, 6))
    session.close()
    assert session.navigator.write_error == ""
    assert read_labels(project.labels()).xy[0, 1].tolist() == [3, 4]
    assert read_labels(project.labels("m2")).xy[0, 0].tolist() == [5, 6]


def test_a_session_closes_on_a_full_disk(project, full):
    session = project.choose("m1", range(2)).open()
    session.place((1, 2))
    full.add("replace")
    with pytest.raises(PosemakeError, match="cannot be written"):
        session.close()
    full.clear()
    other = project.open()
    assert not other.store.read_only and cells(other)[0] == (1, 2, "placed")
    other.close()
    assert read_labels(project.labels()).images == ("img0000.png",)


def test_what_a_crash_left_in_any_video_is_written_at_the_start(project):
    project.choose("m1", range(2)).choose("m2", range(2))
    store = LabelStore(project.labels("m2").parent, "anna", KEYPOINTS, "m2")
    store.put("img0001.png", labels_of([(5, 5, "placed")] * 3), "test")
    store._journal.close()
    store._lock.release()  # as after the death of its process
    session = project.open()
    assert session.navigator.frame == 0
    assert read_labels(project.labels("m2")).images == ("img0001.png",)
    session.close()


def test_damaged_labels_of_a_video_do_not_take_the_frame_away(project):
    session = project.choose("m1", range(1)).choose("m2", range(1)).open()
    path = project.labels("m2")
    path.parent.mkdir()
    path.write_text("no labels")
    with pytest.raises(PosemakeError, match=r"m2/CollectedData_anna.csv: the first three rows"):
        session.navigator.next()
    assert session.navigator.frame == 0
    session.mark_all()  # would go on to it
    assert (
        session.navigator.frame == 0
        and session.navigator.done(0)
        and "m2/CollectedData_anna.csv: the first three rows" in session.navigator.write_error
    )
    path.unlink()
    session.navigator.next()
    assert session.navigator.frame == 1
    session.close()
