"""Proposals; images, numbers and time."""

import numpy as np
import pytest
from fixtures.label_sessions import NAN, SKELETON, cells, picture
from fixtures.labelling import KEYPOINTS

from posemake.core.errors import PosemakeError
from posemake.data.label_decisions import read_decisions
from posemake.data.label_files import read_labels
from posemake.data.visibility import Visibility
from posemake.labelling.image_cache import ImageCache
from posemake.labelling.navigation import Navigator
from posemake.labelling.optical_flow import carry_points
from posemake.labelling.session import Session
from posemake.labelling.store.store import LabelStore

# --- proposals


def test_proposals_become_labels_by_a_person_only(project):
    predicted = {frame: [1, 2, 0.9, 3, 4, 0.2, 99, 6, 0.8] for frame in range(3)}
    session = project.choose("m1", range(3), predicted=predicted).open()
    session.place((8, 8))
    session.navigator.next()
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
    session.navigator.next()
    session.accept_all()
    assert cells(session, 1) == [(1, 2, "accepted"), (3, 4, "accepted"), None]
    session.move(0, (1.5, 2))
    assert cells(session, 1)[0] == (1.5, 2, "placed")
    session.close()


def test_the_points_of_the_frame_before_are_proposed(one):
    one.move(0, (1, 2))
    one.mark(1, Visibility.ABSENT)
    one.navigator.next()
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
    session.navigator.next()
    session.propose_previous()
    np.testing.assert_array_equal(session.proposals.xy, [[1, 2], [30, 40], [NAN, NAN]])
    np.testing.assert_array_equal(session.proposals.confidence, [NAN, 0.8, NAN])
    session.close()


def test_where_no_point_can_be_copied_from(project):
    session = project.choose("m1", range(2)).choose("m2", range(1)).open()
    for propose in (session.propose_previous, session.propose_flow):
        session.navigator.go_to(0)
        with pytest.raises(PosemakeError, match=r"img0000.png: is the first frame of m1"):
            propose()
        session.navigator.next()
        with pytest.raises(PosemakeError, match=r"img0000.png: has no points to copy"):
            propose()
        session.navigator.go_to(2)
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
    session.navigator.next()
    with pytest.raises(PosemakeError, match=r"img0001.png: none of the points of the frame before is found again"):
        session.propose_flow()
    session.place((30, 20))
    session.navigator.next()
    with pytest.raises(PosemakeError, match=r"img0002.png: has another size than the frame before"):
        session.propose_flow()
    session.close()


# --- images, numbers and time


def test_images_are_kept_for_a_while(one):
    first = one.image()
    np.testing.assert_array_equal(first, picture()[..., ::-1])
    one.navigator.tasks[0].path.unlink()
    assert one.image(0) is first
    one.navigator.tasks[2].path.write_bytes(b"no image")
    with pytest.raises(PosemakeError, match=r"img0002.png: the image is missing or damaged"):
        one.image(2)
    one.navigator.go_to(2)
    with pytest.raises(PosemakeError, match=r"img0002.png: the image is missing or damaged"):
        one.place((1, 2))
    one.mark(0, Visibility.ABSENT)


def test_few_images_are_kept(project):
    session = project.choose("m1", range(4)).open()
    cache = ImageCache([task.path for task in session.navigator.tasks], size=2)
    kept = [cache.read(i) for i in (0, 1)]
    assert cache.read(0) is kept[0]  # used last
    cache.read(2)
    assert cache.read(0) is kept[0] and cache.read(1) is not kept[1]
    session.close()


def test_progress(project):
    session = project.choose("m1", range(3)).choose("m2", range(2)).open(advance=False)
    session.mark_all()
    session.navigator.next()
    session.mark(0, Visibility.ABSENT)
    session.navigator.last()
    session.mark_all()
    progress = session.progress()
    assert (progress.done, progress.partly, progress.open, progress.total) == (2, 1, 2, 5)
    parts = {key: (part.done, part.partly, part.open, part.total) for key, part in progress.videos.items()}
    assert parts == {(0, "m1"): (1, 1, 1, 3), (0, "m2"): (1, 0, 1, 2)}
    session.close()


def test_time_counts_without_pauses(project):
    now = [100.0]
    tasks = project.choose("m1", range(3)).open(read_only=True).navigator.tasks
    stores = {(0, "m1"): LabelStore(project.labels().parent, "anna", KEYPOINTS, "m1")}
    session = Session(Navigator(tasks, stores, clock=lambda: now[0]), KEYPOINTS, SKELETON)
    assert session.progress().seconds_per_frame is None
    now[0] += 5
    session.place((1, 2))
    now[0] += 1000  # went for a coffee
    session.mark_rest()
    assert session.progress().seconds_per_frame == 65
    now[0] += 4
    session.navigator.next()
    now[0] += 3
    session.mark_all()
    assert session.progress().seconds_per_frame == 34
    session.close()
    assert read_decisions(project.labels()).seconds == {"img0000.png": 65.0, "img0002.png": 3.0}
