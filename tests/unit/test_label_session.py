import errno
import os
import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from labelling import KEYPOINTS

from posemake.files import write_rows
from posemake.label_decisions import read_decisions
from posemake.label_flow import carry_points
from posemake.label_items import collect_items
from posemake.label_session import Session
from posemake.label_store import ChangedOnDisk, LabelStore
from posemake.labels import Labels, read_labels, write_labels
from posemake.log import PosemakeError

NAN = float("nan")
SKELETON = [["snout", "ear"]]
SEEN = {"placed", "accepted"}


def picture(shift=(0, 0), size=(64, 48), seed=1):
    """A smooth random texture (height, width, 3), moved by whole pixels (x, y)."""
    texture = np.random.default_rng(seed).integers(0, 256, (240, 240, 3)).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    x, y = 30 - shift[0], 30 - shift[1]
    return np.ascontiguousarray(texture[y : y + size[1], x : x + size[0]])


class Project:
    """A folder with chosen frames."""

    def __init__(self, folder):
        self.folder = folder

    def choose(self, video, frames, number=0, images=None, predicted=None):
        """Choose frames by index; ``predicted`` is {frame: x, y and likelihood of each keypoint}."""
        folder = self.folder / f"results/frames/round-{number}/{video}"
        (folder / "images").mkdir(parents=True)
        names = [f"img{frame:04d}.png" for frame in frames]
        write_rows(folder / "frames.csv", ["frame", "image", "reason"], [[f, n, "a, b"] for f, n in zip(frames, names)])
        for i, name in enumerate(names):
            cv2.imwrite(str(folder / "images" / name), picture((2 * i, i)) if images is None else images[i])
        if predicted is not None:
            columns = [["scorer", *["model"] * 9], ["bodyparts", *[k for k in KEYPOINTS for _ in "xyl"]]]
            head = ["coords", *["x", "y", "likelihood"] * 3]
            rows = [[f"img{frame:04d}.png", *values] for frame, values in predicted.items()]
            write_rows(folder / "predictions.csv", columns[0], [columns[1], head, *rows])
        return self

    def labels(self, video="m1", number=0, scorer="anna"):
        return self.folder / f"labels/round-{number}/{video}/CollectedData_{scorer}.csv"

    def open(self, number=0, scorer="anna", keypoints=KEYPOINTS, **settings):
        def open_store(folder, video):
            return LabelStore(folder, scorer, list(keypoints), video, read_only=True)

        items, stores = collect_items(self.folder, number, list(keypoints), open_store)
        return Session(items, keypoints, SKELETON, stores, **settings)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def one(project):
    """A session on four frames of one video."""
    session = project.choose("m1", range(4)).open()
    yield session
    session.close()


def cells(session, index=None):
    item = session.items[session.frame if index is None else index]
    xy, words = session.stores[item.key].get(item.image)
    return [(*point, word) if word in SEEN else word for point, word in zip(xy.tolist(), words)]


def here(session):
    return session.frame, session.keypoint


# --- what is opened


def test_frames_come_by_video_and_index(project):
    project.choose("m2", [7, 3]).choose("m1", [100, 10000, 9999]).choose("m3", [1], number=1)
    folder = project.labels("m0").parent
    folder.mkdir(parents=True)
    write_labels(project.labels("m0"), Labels("anna", ("snout",), ("img0005.png",), np.array([[[1.0, 2.0]]])), "m0")
    (folder / "img0009.png").touch()  # beside the labels, without one
    (folder.parent / ".trash").mkdir()
    session = project.open()
    assert [(item.round, item.video, item.image) for item in session.items] == [
        (0, "m0", "img0005.png"),
        (0, "m1", "img0100.png"),
        (0, "m1", "img9999.png"),
        (0, "m1", "img10000.png"),
        (0, "m2", "img0003.png"),
        (0, "m2", "img0007.png"),
    ]
    assert session.items[0].path == folder / "img0005.png"
    assert session.items[1].path == project.folder / "results/frames/round-0/m1/images/img0100.png"
    assert here(session) == (1, 0)  # the first that is not done
    assert session.keypoints == tuple(KEYPOINTS) and session.skeleton == [("snout", "ear")]
    session.close()
    session = project.open(1)
    assert [item.key for item in session.items] == [(1, "m3")]
    session.close()


def test_an_image_beside_its_labels_goes_before_the_chosen_one(project, one):
    one.place((1, 2))
    one.close()
    session = project.open()
    assert session.items[0].path == project.labels().parent / "img0000.png"
    session.close()
    shutil.rmtree(project.folder / "results/frames/round-0/m1/images")
    session = project.open()
    assert [item.image for item in session.items] == ["img0000.png"]  # the others are not written
    assert session.image().shape == (48, 64, 3)
    session.close()


def test_proposals_are_those_of_the_predictions(project):
    project.choose("m1", [3, 4], predicted={4: [1, 2, 0.9, NAN, NAN, NAN, 5, 6, 0.1]}).choose("m2", [1], predicted={})
    session = project.open(keypoints=["tail", "snout", "paw"])
    assert np.isnan(session.proposals.xy).all() and np.isnan(session.proposals.confidence).all()
    session.next()
    np.testing.assert_array_equal(session.proposals.xy, [[5, 6], [1, 2], [NAN, NAN]])
    np.testing.assert_array_equal(session.proposals.confidence, [0.1, 0.9, NAN])
    session.mark(0, "absent")
    np.testing.assert_array_equal(session.proposals.xy, [[NAN, NAN], [1, 2], [NAN, NAN]])
    np.testing.assert_array_equal(session.proposals.confidence, [NAN, 0.9, NAN])
    session.close()


def test_nothing_to_label_is_a_sentence(project):
    with pytest.raises(PosemakeError, match="there are no frames to label"):
        project.open()
    write_rows(project.folder / "results/frames/round-0/m1/frames.csv", ["frame", "image"], [[1, "img0001.png"]])
    with pytest.raises(PosemakeError, match="there are no frames to label"):  # its image is not written yet
        project.open()


def test_faults_of_files_are_sentences(project):
    project.choose("m1", [1])
    path = project.folder / "results/frames/round-0/m1/frames.csv"
    path.write_text("frame\n1\n")
    with pytest.raises(PosemakeError, match=r"frames.csv: has no column image"):
        project.open()
    write_rows(path, ["image"], [["img0001.png"]])
    (path.parent / "predictions.csv").write_text("scorer,a,a\nbodyparts,snout,snout\ncoords,x,y\n")
    with pytest.raises(PosemakeError, match=r"predictions.csv: keypoint snout has no column likelihood"):
        project.open()


def test_opening_and_looking_leave_no_trace(project):
    session = project.choose("m1", range(2)).choose("m2", range(2)).open()
    for _ in range(4):
        session.next()
    session.close()
    assert not any((project.folder / "labels/round-0").iterdir())


# --- placing and going on


def test_placing_goes_through_keypoints_and_frames(project, one):
    calls = []
    one.on_change(lambda: calls.append(here(one)))
    for point in ((1, 2), (3, 4), (5, 6)):
        one.place(point)
    assert calls == [(0, 1), (0, 2), (1, 0)]
    assert cells(one, 0) == [(1, 2, "placed"), (3, 4, "placed"), (5, 6, "placed")]
    assert [one.state(i) for i in range(4)] == ["done", "open", "open", "open"]
    one.choose(2)
    one.place((7, 8))
    assert here(one) == (1, 0)  # round to the first that is undecided
    assert one.state(1) == "partly"
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
    one.go_to(2)
    for _ in range(4):
        one.mark_all()
    assert one.frame == 1 and all(one.done(i) for i in range(4))
    one.next_open()
    assert one.frame == 1


def test_a_correction_stays_where_it_is(one):
    for point in ((1, 2), (3, 4), (5, 6)):
        one.place(point)
    one.previous()
    one.choose(1)
    one.place((9, 9))
    assert here(one) == (0, 1)
    one.move(2, (8, 8))
    one.mark(0, "occluded")
    assert here(one) == (0, 1)
    assert cells(one) == ["occluded", (9, 9, "placed"), (8, 8, "placed")]


def test_a_change_of_another_keypoint_leaves_the_current_one(one):
    one.mark(2, "occluded")
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
    assert cells(one, 0) == [(1, 2, "placed"), "absent", "absent"] and one.frame == 1
    one.place((1, 2))
    one.mark_all("occluded")
    assert cells(one, 1) == ["occluded"] * 3 and one.frame == 2
    with pytest.raises(ValueError, match="'hidden' is no decision"):
        one.mark(0, "hidden")


@pytest.mark.parametrize("point", [(-0.51, 5), (63.6, 5), (5, 47.6), (5, -1)])
def test_a_point_outside_the_image_is_refused(one, point):
    with pytest.raises(PosemakeError, match=r"img0000.png: snout would lie outside the image"):
        one.place(point)
    assert cells(one) == [None] * 3
    one.place((-0.5, 47.5))


def test_moving_about(project):
    session = project.choose("m1", range(3)).choose("m2", range(2)).open()
    session.previous()
    assert session.frame == 0
    session.last()
    session.next()
    assert session.frame == 4
    session.mark_all()
    assert session.frame == 0  # the search for an open frame goes round
    session.previous_open()
    assert session.frame == 3
    session.next_open()
    assert session.frame == 0
    session.go_to(99)
    assert session.frame == 4
    session.go_to(-5)
    session.next_keypoint()
    session.choose(7)
    session.next_keypoint()
    assert here(session) == (0, 2)
    session.choose(-1)
    session.previous_keypoint()
    assert here(session) == (0, 0)
    session.first()
    session.close()


# --- undo


def test_undo_and_redo_go_to_the_frame(project):
    session = project.choose("m1", range(2)).choose("m2", range(2)).open()
    session.place((1, 2))
    session.go_to(3)
    session.mark_all("absent")
    assert session.undo() == "absent all" and session.frame == 3
    assert session.undo() == "place snout" and here(session) == (0, 0)
    assert session.undo() == ""
    assert [cells(session, i) for i in (0, 3)] == [[None] * 3] * 2
    assert session.redo() == "place snout" and here(session) == (0, 0)
    assert session.redo() == "absent all" and session.frame == 3
    assert session.redo() == ""
    assert [cells(session, i) for i in (0, 3)] == [[(1, 2, "placed"), None, None], ["absent"] * 3]
    session.undo()
    session.mark(0, "occluded")
    assert session.redo() == ""  # a new change ends what could be redone
    assert [entry.what for entry in session.history()] == [
        "absent all", "undo absent all", "redo absent all", "undo absent all", "occluded snout",
    ]  # fmt: skip
    session.close()


def test_undo_leaves_what_another_changed(project, one):
    one.place((1, 2))
    one.place((3, 4))
    one.flush()
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
    assert one.frame == 1
    one.restore(1)
    assert one.frame == 0 and cells(one) == [(1, 2, "placed"), None, None]
    one.restore(3)
    assert one.frame == 0 and one.done(0)
    one.undo()
    assert cells(one) == [(1, 2, "placed"), None, None]


# --- proposals


def test_proposals_become_labels_by_a_person_only(project):
    predicted = {frame: [1, 2, 0.9, 3, 4, 0.2, 99, 6, 0.8] for frame in range(3)}
    session = project.choose("m1", range(3), predicted=predicted).open()
    session.place((8, 8))
    session.next()
    session.close()
    assert read_labels(project.labels()).images == ("img0000.png",)
    session = project.open()
    session.accept(1)
    assert cells(session) == [(8, 8, "placed"), (3, 4, "accepted"), None]
    with pytest.raises(PosemakeError, match="no point is proposed for ear"):
        session.accept(1)
    with pytest.raises(PosemakeError, match="tail would lie outside the image"):
        session.accept(2)
    with pytest.raises(PosemakeError, match="no points are proposed"):
        session.accept_all()  # what is left lies outside
    session.next()
    session.accept_all()
    assert cells(session, 1) == [(1, 2, "accepted"), (3, 4, "accepted"), None]
    session.move(0, (1.5, 2))
    assert cells(session, 1)[0] == (1.5, 2, "placed")
    session.close()


def test_the_points_of_the_frame_before_are_proposed(one):
    one.move(0, (1, 2))
    one.mark(1, "absent")
    one.next()
    one.move(0, (9, 9))
    one.propose_previous()
    assert np.isnan(one.proposals.xy).all()  # the snout is decided here, and the rest has no point there
    one.clear(0)
    np.testing.assert_array_equal(one.proposals.xy, [[1, 2], [NAN, NAN], [NAN, NAN]])
    assert np.isnan(one.proposals.confidence).all()
    assert cells(one) == [None] * 3
    one.accept_all()
    assert cells(one) == [(1, 2, "accepted"), None, None]


def test_a_copied_point_goes_before_a_prediction(project):
    session = project.choose("m1", range(2), predicted={1: [10, 20, 0.9, 30, 40, 0.8, NAN, NAN, NAN]}).open()
    session.place((1, 2))
    session.next()
    session.propose_previous()
    np.testing.assert_array_equal(session.proposals.xy, [[1, 2], [30, 40], [NAN, NAN]])
    np.testing.assert_array_equal(session.proposals.confidence, [NAN, 0.8, NAN])
    session.close()


def test_where_no_point_can_be_copied_from(project):
    session = project.choose("m1", range(2)).choose("m2", range(1)).open()
    for propose in (session.propose_previous, session.propose_flow):
        session.go_to(0)
        with pytest.raises(PosemakeError, match=r"img0000.png: is the first frame of m1"):
            propose()
        session.next()
        with pytest.raises(PosemakeError, match=r"img0000.png: has no points to copy"):
            propose()
        session.go_to(2)
        with pytest.raises(PosemakeError, match=r"img0000.png: is the first frame of m2"):
            propose()
    session.close()


def test_flow_carries_points_over(one):
    """Each picture is the one before, moved by (2, 1)."""
    points = [(20, 20), (40.5, 30), (30, 15)]
    for point in points:
        one.place(point)
    one.propose_flow()
    np.testing.assert_allclose(one.proposals.xy, np.add(points, (2, 1)), atol=0.1)


def test_flow_drops_what_it_does_not_find_again():
    size = (200, 150)
    before, now = picture(size=size), picture((2, 1), size)
    now[10:70, 10:70] = 0
    xy = carry_points(before, now, np.array([[40.0, 40], [150, 100], [NAN, NAN], [199, 149]]))
    assert np.isnan(xy[[0, 2, 3]]).all()
    np.testing.assert_allclose(xy[1], [152, 101], atol=0.1)
    assert np.isnan(carry_points(before, now, np.full((2, 2), NAN))).all()


def test_flow_between_two_things_finds_little():
    """A point goes somewhere in any picture; only the way back shows that it is nowhere."""
    x, y = np.meshgrid(np.arange(20.0, 190, 15), np.arange(20.0, 140, 15))
    points = np.stack([x.ravel(), y.ravel()], 1)
    xy = carry_points(picture(size=(200, 150)), picture(size=(200, 150), seed=2), points)
    assert np.isnan(xy).all(1).mean() > 0.8


def test_flow_says_where_it_cannot_help(project):
    images = [picture(), np.zeros((48, 64, 3), np.uint8), picture(size=(60, 40))]
    session = project.choose("m1", range(3), images=images).open(advance=False)
    session.place((30, 20))
    session.next()
    with pytest.raises(PosemakeError, match=r"img0001.png: none of the points of the frame before is found again"):
        session.propose_flow()
    session.place((30, 20))
    session.next()
    with pytest.raises(PosemakeError, match=r"img0002.png: has another size than the frame before"):
        session.propose_flow()
    session.close()


# --- images, numbers and time


def test_images_are_kept_for_a_while(one):
    first = one.image()
    np.testing.assert_array_equal(first, picture()[..., ::-1])
    one.items[0].path.unlink()
    assert one.image(0) is first
    one.items[2].path.write_bytes(b"no image")
    with pytest.raises(PosemakeError, match=r"img0002.png: the image is missing or damaged"):
        one.image(2)
    one.go_to(2)
    with pytest.raises(PosemakeError, match=r"img0002.png: the image is missing or damaged"):
        one.place((1, 2))
    one.mark(0, "absent")


def test_few_images_are_kept(project, monkeypatch):
    monkeypatch.setattr("posemake.label_walk.IMAGES_KEPT", 2)
    session = project.choose("m1", range(4)).open()
    kept = [session.image(i) for i in (0, 1)]
    assert session.image(0) is kept[0]  # used last
    session.image(2)
    assert session.image(0) is kept[0] and session.image(1) is not kept[1]
    session.close()


def test_progress(project):
    session = project.choose("m1", range(3)).choose("m2", range(2)).open(advance=False)
    session.mark_all()
    session.next()
    session.mark(0, "absent")
    session.last()
    session.mark_all()
    progress = session.progress()
    assert (progress.done, progress.partly, progress.open, progress.total) == (2, 1, 2, 5)
    parts = {key: (part.done, part.partly, part.open, part.total) for key, part in progress.videos.items()}
    assert parts == {(0, "m1"): (1, 1, 1, 3), (0, "m2"): (1, 0, 1, 2)}
    session.close()


def test_time_counts_without_pauses(project):
    now = [100.0]
    items = project.choose("m1", range(3)).open(read_only=True).items
    stores = {(0, "m1"): LabelStore(project.labels().parent, "anna", KEYPOINTS, "m1")}
    session = Session(items, KEYPOINTS, SKELETON, stores, clock=lambda: now[0])
    assert session.progress().seconds_per_frame is None
    now[0] += 5
    session.place((1, 2))
    now[0] += 1000  # went for a coffee
    session.mark_rest()
    assert session.progress().seconds_per_frame == 65
    now[0] += 4
    session.next()
    now[0] += 3
    session.mark_all()
    assert session.progress().seconds_per_frame == 34
    session.close()
    assert read_decisions(project.labels()).seconds == {"img0000.png": 65.0, "img0002.png": 3.0}


# --- others, and a full disk


def test_two_people_share_a_project_by_videos(project):
    project.choose("m1", range(2)).choose("m2", range(2))
    first, second = project.open(), project.open()
    assert not first.read_only and second.read_only and "labels this folder since" in second.why_read_only
    for change in (lambda: second.place((1, 2)), second.mark_all, lambda: second.mark(0, "absent")):
        with pytest.raises(PosemakeError, match=r"m1: nothing is changed: .* labels this folder since"):
            change()
    assert second.frame == 0 and second.undo() == ""
    second.go_to(2)
    assert not second.read_only
    second.place((1, 2))
    first.place((3, 4))
    first.go_to(3)
    assert first.read_only
    second.go_to(0)
    assert not second.read_only  # it was given back
    assert cells(second) == [(3, 4, "placed"), None, None]  # and read anew
    first.go_to(first.frame)
    assert not first.read_only
    first.close()
    with pytest.raises(PosemakeError, match="nothing is changed"):
        first.place((1, 2))
    second.close()


def test_a_session_to_look_at_changes_nothing(project, one):
    one.place((1, 2))
    one.close()
    session = project.open(read_only=True)
    session.next()
    assert session.read_only and cells(session, 0)[0] == (1, 2, "placed")
    with pytest.raises(PosemakeError, match="nothing is changed: the labels were opened for reading only"):
        session.place((1, 2))
    again = project.open()
    assert not again.read_only
    again.close()
    session.flush()
    session.close()


def test_an_edit_from_outside_is_taken_over(project, one):
    one.place((1, 2))
    one.flush()
    write_labels(project.labels(), Labels("anna", tuple(KEYPOINTS), ("img0000.png",), np.full((1, 3, 2), 7.0)), "m1")
    with pytest.raises(ChangedOnDisk):
        one.place((3, 4))
    assert cells(one) == [(1, 2, "placed"), None, None]
    assert one.reload() == []
    assert cells(one) == [(7, 7, "placed")] * 3
    one.next()
    one.place((5, 6))
    assert one.trouble == ""


def test_an_edit_from_outside_while_changes_wait(project, one):
    one.place((1, 2))
    write_labels(project.labels(), Labels("anna", tuple(KEYPOINTS), ("img0003.png",), np.full((1, 3, 2), 7.0)), "m1")
    one.next()
    assert one.frame == 1 and "another tool changed it" in one.trouble
    one.reload()
    assert one.trouble == "" and read_labels(project.labels()).images == ("img0000.png", "img0003.png")


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
    session.flush()
    full.add("write")
    with pytest.raises(PosemakeError, match="the change was not made"):
        session.place((3, 4))
    assert cells(session) == [(1, 2, "placed"), None, None] and here(session) == (0, 1)
    full.clear()
    session.place((3, 4))
    full.add("replace")
    session.go_to(2)  # another video
    assert "m1/CollectedData_anna.csv: cannot be written (No space left on device); the labels are safe" in session.trouble
    with pytest.raises(PosemakeError, match=r"m1/CollectedData_anna.csv: cannot be written"):
        session.flush()
    with pytest.raises(PosemakeError, match=r"m2/img0000.png: the image cannot be copied"):
        session.place((5, 6))
    full.clear()
    session.place((5, 6))
    session.close()
    assert session.trouble == ""
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
    assert not other.read_only and cells(other)[0] == (1, 2, "placed")
    other.close()
    assert read_labels(project.labels()).images == ("img0000.png",)


def test_what_a_crash_left_in_any_video_is_written_at_the_start(project):
    project.choose("m1", range(2)).choose("m2", range(2))
    store = LabelStore(project.labels("m2").parent, "anna", KEYPOINTS, "m2")
    store.put("img0001.png", np.full((3, 2), 5.0), ["placed"] * 3, "test")
    store._journal.close()
    store._lock.release()  # as after the death of its process
    session = project.open()
    assert session.frame == 0
    assert read_labels(project.labels("m2")).images == ("img0001.png",)
    session.close()


def test_damaged_labels_of_a_video_do_not_take_the_frame_away(project):
    session = project.choose("m1", range(1)).choose("m2", range(1)).open()
    path = project.labels("m2")
    path.parent.mkdir()
    path.write_text("no labels")
    with pytest.raises(PosemakeError, match=r"m2/CollectedData_anna.csv: the first three rows"):
        session.next()
    assert session.frame == 0
    session.mark_all()  # would go on to it
    assert session.frame == 0 and session.done(0) and "m2/CollectedData_anna.csv: the first three rows" in session.trouble
    path.unlink()
    session.next()
    assert session.frame == 1
    session.close()


# --- anything in any order


POINT = st.tuples(st.integers(-8, 700).map(lambda v: v / 10), st.integers(-8, 500).map(lambda v: v / 10))
KEYPOINT = st.integers(0, 2)
UNSEEN = st.sampled_from(["occluded", "absent"])
FRAMES = (("m1", 3), ("m2", 2))
PREDICTED = {1: [10, 20, 0.9, 90, 20, 0.5, NAN, NAN, NAN]}


class Labelling(RuleBasedStateMachine):
    """A session beside a list of cells for each frame, and a list of what can be undone."""

    template = None

    @initialize()
    def open(self):
        if Labelling.template is None:
            Labelling.template = tempfile.TemporaryDirectory()
            made = Project(Path(Labelling.template.name))
            made.choose("m1", range(3), predicted=PREDICTED).choose("m2", range(2))
        self.folder = Path(tempfile.mkdtemp())
        os.symlink(Path(Labelling.template.name) / "results", self.folder / "results")
        self.session = Project(self.folder).open()
        self.model = [[None] * 3 for _ in range(5)]
        self.offered = [[None] * 3 for _ in range(5)]
        self.offered[1] = [(10, 20), (90, 20), None]
        self.undoable, self.redoable = [], []
        self.frame = self.keypoint = 0

    def teardown(self):
        if hasattr(self, "session"):
            self.session.close()
            shutil.rmtree(self.folder)

    def show(self, frame):
        self.frame = frame
        self.keypoint = next((k for k in range(3) if self.model[frame][k] is None), 0)

    def search(self, step):
        order = [(self.frame + step * i) % 5 for i in range(1, 5)]
        return next((i for i in order if None in self.model[i]), self.frame)

    def change(self, wanted):
        """What {keypoint: cell} does; False if a point lies outside, which refuses all."""
        if any(isinstance(c, tuple) and not (-0.5 <= c[0] <= 63.5 and -0.5 <= c[1] <= 47.5) for c in wanted.values()):
            return False
        before = self.model[self.frame]
        after = [wanted.get(k, before[k]) for k in range(3)]
        if after == before:
            return True
        self.undoable.append((self.frame, next(iter(wanted)), before, after))
        self.redoable = []
        self.model[self.frame] = after
        decided = before[self.keypoint] is None and after[self.keypoint] is not None
        if decided or (None in before and None not in after):
            rest = [(self.keypoint + i) % 3 for i in (1, 2) if after[(self.keypoint + i) % 3] is None]
            if rest:
                self.keypoint = rest[0]
            elif self.search(1) != self.frame:
                self.show(self.search(1))
        return True

    def both(self, wanted, call, *arguments):
        if self.change(wanted):
            call(*arguments)
        else:
            with pytest.raises(PosemakeError, match="would lie outside"):
                call(*arguments)

    @rule(point=POINT)
    def place(self, point):
        self.both({self.keypoint: (*point, "placed")}, self.session.place, point)

    @rule(k=KEYPOINT, point=POINT)
    def move(self, k, point):
        self.both({k: (*point, "placed")}, self.session.move, k, point)

    @rule(k=KEYPOINT)
    def clear(self, k):
        self.both({k: None}, self.session.clear, k)
        self.keypoint = k

    @rule(k=KEYPOINT, word=UNSEEN)
    def mark(self, k, word):
        self.both({k: word}, self.session.mark, k, word)

    @rule(word=UNSEEN)
    def mark_all(self, word):
        self.both(dict.fromkeys(range(3), word), self.session.mark_all, word)

    @rule(word=UNSEEN)
    def mark_rest(self, word):
        rest = [k for k in range(3) if self.model[self.frame][k] is None]
        self.both(dict.fromkeys(rest, word), self.session.mark_rest, word)

    def proposed(self, k):
        return None if self.model[self.frame][k] is not None else self.offered[self.frame][k]

    @rule(k=KEYPOINT)
    def accept(self, k):
        if self.proposed(k) is None:
            with pytest.raises(PosemakeError, match="no point is proposed"):
                self.session.accept(k)
        else:
            self.both({k: (*self.proposed(k), "accepted")}, self.session.accept, k)

    @rule()
    def accept_all(self):
        wanted = {k: (*self.proposed(k), "accepted") for k in range(3) if self.proposed(k) and self.proposed(k)[0] < 64}
        if wanted:
            self.both(wanted, self.session.accept_all)
        else:
            with pytest.raises(PosemakeError, match="no points are proposed"):
                self.session.accept_all()

    @rule()
    def propose_previous(self):
        points = [cell[:2] if isinstance(cell, tuple) else None for cell in self.model[self.frame - 1]]
        if self.frame in (0, 3) or not any(points):
            with pytest.raises(PosemakeError, match=r"first frame|no points"):
                self.session.propose_previous()
        else:
            self.session.propose_previous()
            self.offered[self.frame] = [new or old for new, old in zip(points, self.offered[self.frame])]

    @rule(turn=st.sampled_from(["undo", "redo"]))
    def step_back(self, turn):
        stack, other = (self.undoable, self.redoable) if turn == "undo" else (self.redoable, self.undoable)
        getattr(self.session, turn)()
        if stack:
            frame, k, before, after = stack.pop()
            assert self.model[frame] == after
            self.model[frame] = before
            other.append((frame, k, after, before))
            self.frame, self.keypoint = frame, k

    @rule(index=st.integers(-2, 7))
    def go_to(self, index):
        self.session.go_to(index)
        self.show(min(max(index, 0), 4))

    @rule(name=st.sampled_from(["next", "previous", "first", "last", "next_open", "previous_open"]))
    def go(self, name):
        getattr(self.session, name)()
        places = {"next": min(self.frame + 1, 4), "previous": max(self.frame - 1, 0), "first": 0, "last": 4}
        self.show(places.get(name, self.search(-1 if name == "previous_open" else 1)))

    @rule(k=KEYPOINT)
    def choose(self, k):
        self.session.choose(k)
        self.keypoint = k

    @rule()
    def flush(self):
        self.session.flush()
        for video, first, count in (("m1", 0, 3), ("m2", 3, 2)):
            labelled = [f"img{i:04d}.png" for i in range(count) if any(self.model[first + i])]
            path = Project(self.folder).labels(video)
            assert path.exists() == bool(labelled)
            assert not labelled or list(read_labels(path).images) == labelled

    @precondition(lambda self: any(self.undoable))
    @rule(data=st.data())
    def restore(self, data):
        """Any state of a frame of this video, from its history."""
        entries = self.session.history()
        if not entries:
            return
        number = data.draw(st.integers(1, len(entries)))
        image, row = entries[number - 1].image, [None] * 3
        for entry in entries[:number]:
            for part, cell in entry.after.items() if entry.image == image else ():
                row[KEYPOINTS.index(part)] = cell
        self.session.restore(number)
        self.show(int(image[3:7]) + (3 if self.frame > 2 else 0))
        before = self.model[self.frame]
        if row != before:
            self.undoable.append((self.frame, 0, before, row))
            self.redoable = []
            self.model[self.frame] = row

    @rule(crash=st.booleans())
    def reopen(self, crash):
        if crash:
            self.session.store._journal.close()
            self.session.store._lock.release()
        else:
            self.session.close()
        self.session = Project(self.folder).open()
        self.undoable, self.redoable = [], []
        self.offered = [[None] * 3 for _ in range(5)]
        self.offered[1] = [(10, 20), (90, 20), None]
        self.show(next((i for i in range(5) if None in self.model[i]), 0))

    @invariant()
    def agree(self):
        if not hasattr(self, "session"):
            return
        session = self.session
        assert [cells(session, i) for i in range(5)] == self.model
        assert here(session) == (self.frame, self.keypoint)
        offered = [tuple(point) if point[0] == point[0] else None for point in session.proposals.xy.tolist()]
        assert offered == [self.proposed(k) for k in range(3)]
        done = sum(None not in row for row in self.model)
        untouched = sum(not any(row) for row in self.model)
        progress = session.progress()
        assert (progress.done, progress.open, progress.total) == (done, untouched, 5)
        assert session.trouble == "" and not session.read_only


TestLabelling = Labelling.TestCase
TestLabelling.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
