import csv

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json, write_json
from posemake.core.tables import write_rows
from posemake.data.label_decisions import decisions_path
from posemake.data.label_files import Labels, write_labels
from posemake.data.label_table import read_label_table
from posemake.data.visibility import Visibility
from posemake.labels.collect import CollectInputs, CollectOutputs, collect_labels

NAN = float("nan")


class Project:
    """A folder with labels and the tables of chosen frames."""

    def __init__(self, folder):
        self.folder = folder
        self.labels, self.frames = [], []

    def label(self, video, points, number=0, keypoints=("snout", "tail"), images=True):
        folder = self.folder / f"labels/round-{number}/{video}"
        folder.mkdir(parents=True)
        for image in points if images else ():
            Image.new("RGB", (64, 48)).save(folder / image)
        path = folder / "CollectedData_jane.csv"
        write_labels(path, Labels("jane", keypoints, tuple(points), np.array(list(points.values()), float)), video)
        self.labels.append(str(path))
        return path

    def choose(self, video, images, number=0):
        path = self.folder / f"frames/round-{number}/{video}/frames.csv"
        write_rows(path, ["frame", "image", "reason"], [[i, image, ""] for i, image in enumerate(images)])
        self.frames.append(str(path))

    def collect(self, keypoints=("snout", "tail")):
        table, state = self.folder / "labels.csv", self.folder / "state.json"
        inputs, outputs = CollectInputs(labels=self.labels, frames=self.frames), CollectOutputs(labels=table, state=state)
        collect_labels(inputs, outputs, list(keypoints))
        return table, read_json(state)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_all_labels_are_one_sorted_table_in_the_order_of_the_config(project):
    project.label("m2", {"img0007.png": [(1, 2), (3, 4)]})
    project.label("m1", {"img0012.png": [(5, 6), (NAN, NAN)], "img0003.png": [(7.25, 8), (9, 10)]})
    table, state = project.collect(["tail", "snout", "ear"])
    collected = read_label_table(table)
    keys, keypoints, xy = collected.keys, collected.keypoints, collected.xy
    assert keys.values.tolist() == [[0, "m1", "img0003.png", 3], [0, "m1", "img0012.png", 12], [0, "m2", "img0007.png", 7]]
    assert keypoints == ["tail", "snout", "ear"]
    np.testing.assert_array_equal(xy[0], [[9, 10], [7.25, 8], [NAN, NAN]])
    np.testing.assert_array_equal(xy[1], [[NAN, NAN], [5, 6], [NAN, NAN]])
    assert state == {"chosen": 0, "labelled": 3, "open": {}}


def test_chosen_frames_without_a_row_are_open(project):
    project.choose("m1", ["img0001.png", "img0002.png"])
    project.choose("m2", ["img0005.png"])
    project.choose("m3", ["img0001.png", "img0009.png", "img0010.png"])
    project.label("m1", {"img0001.png": [(NAN, NAN), (NAN, NAN)], "img0002.png": [(1, 1), (2, 2)]})  # looked at, nothing there
    project.label("m3", {"img0009.png": [(1, 1), (2, 2)]})
    _, state = project.collect()
    assert state == {"chosen": 6, "labelled": 3, "open": {"m2": 1, "m3": 2}}


def test_no_label_at_all_leaves_everything_open(project):
    project.choose("m1", ["img0001.png"])
    table, state = project.collect()
    assert state["open"] == {"m1": 1}
    with open(table, newline="") as file:
        assert list(csv.reader(file)) == [
            ["round", "video", "image", "frame", "snout.x", "snout.y", "snout.visibility", "tail.x", "tail.y", "tail.visibility"]
        ]


def test_an_image_labelled_in_two_rounds_counts_with_its_last(project):
    for number in (10, 2, 0):  # as a number, 10 comes after 2
        project.label("m1", {"img0001.png": [(number, 1), (2, 2)], f"img{number + 20}.png": [(1, 1), (2, 2)]}, number)
    collected = read_label_table(project.collect()[0])
    keys, xy = collected.keys, collected.xy
    assert keys["round"].tolist() == [10, 0, 2, 10]
    assert xy[0, 0, 0] == 10


def test_the_hdf5_twin_of_a_csv_is_left_out(project):
    path = project.label("m1", {"img0001.png": [(1, 1), (2, 2)]})
    twin = path.with_suffix(".h5")
    twin.write_bytes(b"not read")
    project.labels.append(str(twin))
    assert project.collect()[1]["labelled"] == 1


@pytest.mark.parametrize("point", [(64.0, 10.0), (10.0, 48.0), (-1.0, 10.0)])
def test_a_point_outside_its_image_is_refused(project, point):
    project.label("m1", {"img0001.png": [(1, 1), (63.4, 47.4)], "img0002.png": [(1, 1), point]})
    with pytest.raises(PosemakeError, match=r"jane.csv: img0002.png, tail at \(.*\) lies outside the image of 64 x 48 pixels"):
        project.collect()


def test_a_missing_image_is_refused(project):
    project.label("m1", {"img0001.png": [(1, 1), (2, 2)]}, images=False)
    with pytest.raises(PosemakeError, match=r"jane.csv: img0001.png is labelled, and .*round-0/m1/img0001.png is missing"):
        project.collect()


def test_an_unknown_keypoint_is_refused(project):
    project.label("m1", {"img0001.png": [(1, 1), (2, 2)]}, keypoints=("snout", "tale"))
    with pytest.raises(PosemakeError, match=r"jane.csv: keypoint 'tale' is not in the config; did you mean tail\?"):
        project.collect()
    assert not (project.folder / "labels.csv").exists()


def decide(path, images):
    """Write the decisions of the labeller beside a label file: {image: {keypoint: decision}}."""
    write_json(decisions_path(path), {"format": 1, "images": images})


def test_a_frame_counts_once_each_keypoint_is_decided(project):
    images = [f"img000{i}.png" for i in range(5)]
    project.choose("m1", [*images, "img0009.png"])
    gone = (NAN, NAN)
    path = project.label("m1", dict(zip(images, [[(1, 1), gone], [(1, 1), gone], [(1, 1), (2, 2)], [gone, gone], [gone, gone]])))
    decide(
        path,
        {images[0]: {"snout": "placed"}, images[1]: {"snout": "accepted", "tail": "occluded"}, images[3]: {"tail": "absent"}},
    )
    table, state = project.collect()
    collected = read_label_table(table)
    keys, xy = collected.keys, collected.xy
    assert keys["image"].tolist() == [images[1], images[2], images[4]]  # the last two are not listed: another tool's, and done
    np.testing.assert_array_equal(xy[0], [[1, 1], gone])
    assert state == {"chosen": 6, "labelled": 3, "open": {"m1": 3}}


def test_a_frame_that_was_begun_waits_whoever_chose_it(project):
    project.choose("m1", ["img0001.png"])
    path = project.label("m1", {"img0007.png": [(1, 1), (2, 2)], "img0008.png": [(1, 1), (NAN, NAN)]})
    decide(path, {"img0008.png": {"snout": "placed"}})
    assert project.collect()[1] == {"chosen": 1, "labelled": 1, "open": {"m1": 1}}
    decide(path, {"img0008.png": {"snout": "placed", "tail": "absent"}})
    assert project.collect()[1] == {"chosen": 1, "labelled": 2, "open": {}}


def test_a_keypoint_that_the_config_got_later_is_open(project):
    path = project.label("m1", {"img0001.png": [(1, 1), (2, 2)]})
    decide(path, {"img0001.png": {"snout": "placed", "tail": "placed"}})
    assert project.collect()[1]["open"] == {}
    assert project.collect(["snout", "tail", "ear"])[1] == {"chosen": 0, "labelled": 0, "open": {"m1": 1}}


def test_what_a_person_said_of_keypoints_without_position_is_in_the_table(project):
    nowhere = (NAN, NAN)
    points = {"img1.png": [(1, 1), nowhere], "img2.png": [nowhere, nowhere], "img3.png": [(1, 2), nowhere]}
    path = project.label("m1", points)
    words = {"img1.png": {"snout": "placed", "tail": "absent"}, "img2.png": {"snout": "occluded", "tail": "absent"}}
    words["img3.png"] = {"snout": "placed", "tail": "accepted"}  # another tool took the tail's point away
    write_json(decisions_path(path), {"format": 1, "images": words, "seconds": {}})
    table, _ = project.collect()
    assert read_label_table(table).visibility.tolist() == [
        [Visibility.VISIBLE, Visibility.ABSENT],
        [Visibility.OCCLUDED, Visibility.ABSENT],
        [Visibility.VISIBLE, Visibility.NOT_LABELLED],
    ]


def write_twin(path, points, keypoints=("snout", "tail")):
    columns = pd.MultiIndex.from_product([["jane"], keypoints, ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    rows = [f"labeled-data/{path.parent.name}/{image}" for image in points]
    table = pd.DataFrame(np.array(list(points.values()), float).reshape(len(points), -1), index=rows, columns=columns)
    table.to_hdf(path.with_suffix(".h5"), key="df_with_missing", mode="w")


ONE_FRAME = {"img0001.png": [(1, 1), (2, 2)]}


@pytest.mark.parametrize(
    "twin, difference",
    [
        (ONE_FRAME | {"img0002.png": [(1, 1), (2, 2)]}, "1 row and 0 points only in the HDF5 file"),
        ({"img0001.png": [(1, 1), (2, 9)]}, "1 point at different positions"),
        ({"img0001.png": [(1, 1), (2, 9)]}, "remove CollectedData_jane.h5 if CollectedData_jane.csv is right"),
    ],
)
def test_labels_that_only_the_hdf5_twin_has_are_not_lost(project, twin, difference):
    write_twin(project.label("m1", ONE_FRAME), twin)
    with pytest.raises(PosemakeError, match=f"round-0/m1: CollectedData_jane.csv and CollectedData_jane.h5 differ.*{difference}"):
        project.collect()


def test_labels_that_only_the_csv_has_are_told(project, caplog):
    write_twin(project.label("m1", ONE_FRAME | {"img0002.png": [(1, 1), (2, 2)]}), ONE_FRAME)
    assert project.collect()[1]["labelled"] == 2
    assert "differ (1 row and 0 points only in the CSV" in caplog.text and "the CSV counts" in caplog.text


def test_a_csv_of_the_labeller_counts_beside_an_older_hdf5(project, caplog):
    path = project.label("m1", ONE_FRAME)
    write_twin(path, {"img0001.png": [(1, 1), (2, 9)]})
    words = {"snout": "placed", "tail": "placed"}
    write_json(decisions_path(path), {"format": 1, "images": {"img0001.png": words}, "seconds": {}})
    table, _ = project.collect()
    assert read_label_table(table).xy[0, 1].tolist() == [2, 2]
    assert "1 point at different positions" in caplog.text


def test_a_twin_that_agrees_is_not_mentioned(project, caplog):
    write_twin(project.label("m1", ONE_FRAME), ONE_FRAME)
    assert project.collect()[1]["labelled"] == 1 and "differ" not in caplog.text


@pytest.mark.parametrize("row", ["m1,img0001.png,1,1,2,2\nlabeled-data,m2,img0002.png,1,1,2,2", "m2,img0002.png,1,1,2,2"])
def test_labels_of_another_video_are_refused(project, row):
    path = project.label("m1", ONE_FRAME | {"img0002.png": [(1, 1), (2, 2)]})
    project.choose("m2", ["img0002.png"])  # a video that nobody has labelled yet
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]) + f"labeled-data,{row}\n")
    with pytest.raises(PosemakeError, match=r"jane.csv: lies in the folder m1, and 1 row of it names m2; move them to the label"):
        project.collect()


def test_a_folder_of_a_video_that_got_another_id_counts(project, caplog):
    path = project.label("m1", ONE_FRAME)
    path.write_text(path.read_text().replace(",m1,", ",mouse one,"))
    assert project.collect()[1]["labelled"] == 1
    assert "its rows name the folder mouse one, which does not exist" in caplog.text
