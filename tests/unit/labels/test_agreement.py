import numpy as np
import pandas as pd
import pytest
from PIL import Image

from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json, write_json
from posemake.data.label_files import Labels, find_label_files, write_labels
from posemake.data.label_table import read_label_table
from posemake.labels.agreement import AgreementInputs, AgreementOutputs, compare_scorers
from posemake.labels.collect import CollectInputs, CollectOutputs, choose_label_files, collect_labels

NAMES = ["snout", "tail"]
NAN = float("nan")


class Project:
    """A folder that several people labelled."""

    def __init__(self, folder):
        self.folder = folder
        self.files = []

    def label(self, scorer, points, video="m1", number=0):
        folder = self.folder / f"labels/round-{number}/{video}"
        folder.mkdir(parents=True, exist_ok=True)
        for image in points:
            Image.new("RGB", (64, 48)).save(folder / image)
        path = folder / f"CollectedData_{scorer}.csv"
        write_labels(path, Labels(scorer, tuple(NAMES), tuple(points), np.array(list(points.values()), float)), video)
        self.files.append(str(path))
        return path

    def compare(self):
        """Tables of points, summary and frames."""
        tables = {name: self.folder / f"{name}.csv" for name in ("points", "summary", "frames")}
        outputs = AgreementOutputs(**tables, figure=self.folder / "scorers.png")
        compare_scorers(AgreementInputs(labels=self.files), outputs, NAMES)
        return [pd.read_csv(path) for path in tables.values()]

    def collect(self, scorer):
        table, state = self.folder / "labels.csv", self.folder / "state.json"
        collect_labels(CollectInputs(self.files, []), CollectOutputs(labels=table, state=state), NAMES, scorer)
        collected = read_label_table(table)
        return dict(zip(collected.keys["image"], collected.xy.tolist())), read_json(state)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


ANNA = {"img0001.png": [(10, 10), (20, 20)], "img0002.png": [(1, 1), (5, 5)], "img0003.png": [(9, 9), (NAN, NAN)]}
BOB = {"img0001.png": [(13, 14), (20, 20)], "img0002.png": [(NAN, NAN), (5, 6)], "img0004.png": [(2, 2), (3, 3)]}


def test_distances_of_points_that_two_people_have(project):
    project.label("anna", ANNA)
    project.label("bob", BOB)
    points, summary, frames = project.compare()
    known = points.set_index(["image", "keypoint"])
    assert known["distance_px"].dropna().to_dict() == {
        ("img0001.png", "snout"): 5.0,
        ("img0001.png", "tail"): 0.0,
        ("img0002.png", "tail"): 1.0,
    }
    assert known["only"].dropna().to_dict() == {("img0002.png", "snout"): "anna"}
    assert set(points["image"]) == {"img0001.png", "img0002.png"}
    rows = summary.set_index("keypoint")
    assert rows["n"].to_dict() == {"all": 3, "snout": 1, "tail": 2} and rows["only_one"].to_dict() == {
        "all": 1,
        "snout": 1,
        "tail": 0,
    }
    assert rows["mean"].to_dict() == {"all": 2.0, "snout": 5.0, "tail": 0.5} and rows.loc["all", ["median", "max"]].tolist() == [
        1,
        5,
    ]
    assert frames[["image", "worst", "max_px", "only_one"]].values.tolist() == [
        ["img0001.png", "snout", 5, 0],
        ["img0002.png", "tail", 1, 1],
    ]
    assert Image.open(project.folder / "scorers.png").size[0] > 600


def test_each_pair_of_people_is_compared_and_folders_of_one_are_left_out(project):
    for place, name in enumerate(("carl", "anna", "bob")):
        project.label(name, {"img0001.png": [(10 + place, 10), (20, 20)]})
    project.label("dora", {"img0001.png": [(1, 1), (2, 2)]}, video="m2")
    project.label("anna", {"img0001.png": [(1, 1), (2, 2)]}, number=1)
    points, summary, frames = project.compare()
    pairs = points[points["keypoint"] == "snout"].set_index(["first", "second"])["distance_px"].to_dict()
    assert pairs == {("anna", "bob"): 1, ("anna", "carl"): 1, ("bob", "carl"): 2}
    assert set(points["video"]) == {"m1"} and set(points["round"]) == {0}
    assert len(summary) == 9 and len(frames) == 1


def test_what_both_left_out_is_no_difference(project):
    for name in ("anna", "bob"):
        project.label(name, {"img0001.png": [(1, 1), (NAN, NAN)], "img0002.png": [(NAN, NAN), (NAN, NAN)]})
    points, summary, frames = project.compare()
    assert points[["image", "keypoint", "distance_px"]].values.tolist() == [["img0001.png", "snout", 0.0]]
    assert summary["n"].tolist() == [1, 1, 0] and summary["only_one"].sum() == 0 and len(frames) == 1


def test_a_frame_that_is_begun_and_not_done_is_not_compared(project):
    project.label("anna", ANNA)
    path = project.label("bob", BOB)
    decided = {"img0001.png": {"snout": "placed", "tail": "placed"}, "img0002.png": {"tail": "placed"}}
    write_json(path.with_suffix(".decisions.json"), {"format": 1, "images": decided})
    assert set(project.compare()[0]["image"]) == {"img0001.png"}


def test_only_points_of_one_person_are_a_table_and_a_figure(project):
    project.label("anna", {"img0001.png": [(1, 1), (NAN, NAN)]})
    project.label("bob", {"img0001.png": [(NAN, NAN), (2, 2)]})
    points, summary, frames = project.compare()
    assert points["only"].tolist() == ["anna", "bob"] and summary["n"].sum() == 0
    assert frames[["image", "only_one"]].values.tolist() == [["img0001.png", 2]]


def test_one_slip_hides_nothing(project):
    random = np.random.default_rng(0)
    some = {f"img{i:04d}.png": random.uniform(10, 40, (2, 2)) for i in range(20)}
    project.label("anna", some)
    project.label("bob", {image: xy + (20 if image == "img0007.png" else 0.5) for image, xy in some.items()})
    assert project.compare()[2]["image"][0] == "img0007.png"


@pytest.mark.parametrize("bob", [None, {"img0009.png": [(1, 1), (2, 2)]}])
def test_where_no_two_people_labelled_a_frame_the_tables_are_empty(project, bob):
    """As where they shared the frames of a folder among them."""
    project.label("anna", ANNA)
    if bob:
        project.label("bob", bob)
    assert all(table.empty for table in project.compare())


def test_the_labels_of_the_person_that_is_named_train(project):
    project.label("anna", ANNA)
    project.label("bob", BOB)
    project.label("carl", {"img0008.png": [(1, 1), (2, 2)]}, video="m2")  # alone in a folder, and so no question
    labels, state = project.collect("bob")
    assert set(labels) == {*BOB, "img0008.png"} and labels["img0001.png"] == [[13, 14], [20, 20]]
    assert state["labelled"] == 4


def test_the_mean_is_of_points_that_all_have_who_labelled_the_image(project):
    project.label("anna", ANNA)
    project.label("bob", BOB)
    labels, _ = project.collect("mean")
    assert labels["img0001.png"] == [[11.5, 12], [20, 20]]
    np.testing.assert_array_equal(labels["img0002.png"], [[NAN, NAN], [5, 5.5]])
    np.testing.assert_array_equal(labels["img0003.png"], [[9, 9], [NAN, NAN]])
    assert labels["img0004.png"] == [[2, 2], [3, 3]]


def test_labels_of_several_people_need_a_choice(project):
    project.label("anna", ANNA)
    project.label("bob", BOB)
    with pytest.raises(PosemakeError, match=r"m1: holds labels of several people .*labels.scorer"):
        project.collect("")
    with pytest.raises(
        PosemakeError, match=r"m1: labels.scorer is 'bop', and there are CollectedData_anna.csv, CollectedData_bob.csv"
    ):
        project.collect("bop")


def test_label_files_of_a_folder_are_one_per_person(project):
    path = project.label("bob", BOB)
    anna = path.with_name("CollectedData_anna.h5")
    for name in (
        "CollectedData_bob.h5",
        "CollectedData_anna.h5",
        "CollectedData_bob.part.csv",
        "CollectedData_bob.decisions.json",
        "other.csv",
    ):
        path.with_name(name).touch()
    assert find_label_files(path.parent) == [anna, path]
    assert choose_label_files(path.parent, "bob") == [path] and choose_label_files(path.parent, "mean") == [anna, path]
    assert find_label_files(path.parent / "none") == []
