"""What is opened."""

import shutil

import numpy as np
import pytest
from fixtures.label_sessions import NAN, here
from fixtures.labelling import KEYPOINTS

from posemake.core.errors import PosemakeError
from posemake.core.tables import write_rows
from posemake.data.label_files import Labels, write_labels
from posemake.data.visibility import Visibility

# --- what is opened


def test_frames_come_by_video_and_index(project):
    project.choose("m2", [7, 3]).choose("m1", [100, 10000, 9999]).choose("m3", [1], number=1)
    folder = project.labels("m0").parent
    folder.mkdir(parents=True)
    write_labels(project.labels("m0"), Labels("anna", ("snout",), ("img0005.png",), np.array([[[1.0, 2.0]]])), "m0")
    (folder / "img0009.png").touch()  # beside the labels, without one
    (folder.parent / ".trash").mkdir()
    session = project.open()
    assert [(*task.folder, task.image) for task in session.navigator.tasks] == [
        (0, "m0", "img0005.png"),
        (0, "m1", "img0100.png"),
        (0, "m1", "img9999.png"),
        (0, "m1", "img10000.png"),
        (0, "m2", "img0003.png"),
        (0, "m2", "img0007.png"),
    ]
    assert session.navigator.tasks[0].path == folder / "img0005.png"
    assert session.navigator.tasks[1].path == project.folder / "results/frames/round-0/m1/images/img0100.png"
    assert here(session) == (1, 0)  # the first that is not done
    assert session.keypoints == tuple(KEYPOINTS) and session.skeleton == [("snout", "ear")]
    session.close()
    session = project.open(1)
    assert [task.folder for task in session.navigator.tasks] == [(1, "m3")]
    session.close()


def test_an_image_beside_its_labels_goes_before_the_chosen_one(project, one):
    one.place((1, 2))
    one.close()
    session = project.open()
    assert session.navigator.tasks[0].path == project.labels().parent / "img0000.png"
    session.close()
    shutil.rmtree(project.folder / "results/frames/round-0/m1/images")
    session = project.open()
    assert [task.image for task in session.navigator.tasks] == ["img0000.png"]  # the others are not written
    assert session.image().shape == (48, 64, 3)
    session.close()


def test_proposals_are_those_of_the_predictions(project):
    project.choose("m1", [3, 4], predicted={4: [1, 2, 0.9, NAN, NAN, NAN, 5, 6, 0.1]}).choose("m2", [1], predicted={})
    session = project.open(keypoints=["tail", "snout", "paw"])
    assert np.isnan(session.proposals.xy).all() and np.isnan(session.proposals.confidence).all()
    session.navigator.next()
    np.testing.assert_array_equal(session.proposals.xy, [[5, 6], [1, 2], [NAN, NAN]])
    np.testing.assert_array_equal(session.proposals.confidence, [0.1, 0.9, NAN])
    session.mark(0, Visibility.ABSENT)
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
        session.navigator.next()
    session.close()
    assert not any((project.folder / "labels/round-0").iterdir())
