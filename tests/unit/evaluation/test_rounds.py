import pandas as pd
import pytest
from PIL import Image

from posemake.core.tables import write_rows
from posemake.evaluation.rounds import RoundsInputs, RoundsOutputs, compare_rounds


class Project:
    """Folder with the evaluations of some rounds."""

    def __init__(self, folder):
        self.folder = folder
        self.errors, self.splits = [], []

    def split(self, number, **parts):
        """Write a split with numbers of frames by part."""
        path = self.folder / f"labels/round-{number}/split.csv"
        names = [part for part, count in parts.items() for _ in range(count)]
        write_rows(
            path, ["video", "image", "frame", "unit", "part"], (["m1", f"{i}.png", i, "u", name] for i, name in enumerate(names))
        )
        self.splits.append(str(path))

    def evaluate(self, number, model, errors):
        """Write errors, a list for each (part, image)."""
        path = self.folder / f"models/round-{number}/{model}/errors.csv"
        rows = [
            ["007", image, part, f"k{k}", error, 0.9]
            for (part, image), values in errors.items()
            for k, error in enumerate(values)
        ]
        write_rows(path, ["video", "image", "part", "keypoint", "error_px", "confidence"], rows)
        self.errors.append(str(path))

    def compare(self):
        table, png = self.folder / "rounds.csv", self.folder / "rounds.png"
        compare_rounds(RoundsInputs(self.errors, self.splits), RoundsOutputs(table, png))
        assert Image.open(png).size[0] > 600
        return pd.read_csv(table).set_index(["model", "round"])


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_each_round_has_its_error_and_that_on_the_first_test_frames(project):
    project.split(0, train=6, validation=2, test=1)
    project.split(10, train=9, validation=3, test=2)
    project.split(2, train=8, validation=2, test=2)
    project.evaluate(10, "small", {("test", "a"): [1.0, 1.0], ("test", "hard"): [9.0]})
    project.evaluate(0, "small", {("test", "a"): [4.0, 2.0], ("train", "b"): [100.0]})
    project.evaluate(2, "small", {("test", "a"): [2.0, 2.0], ("test", "hard"): [11.0], ("validation", "a2"): [50.0]})
    table = project.compare()
    assert table.index.tolist() == [("small", 0), ("small", 2), ("small", 10)]
    assert table[["labelled", "train", "test"]].values.tolist() == [[9, 6, 1], [12, 8, 2], [14, 9, 2]]
    assert table["mean"].tolist() == [3, 5, pytest.approx(11 / 3, rel=1e-5)] and table["median"].tolist() == [3, 2, 1]
    assert table["same_mean"].tolist() == [3, 2, 1] and table["same_n"].tolist() == [2, 2, 2]
    assert table["n"].tolist() == [2, 3, 3] and table["same_test"].tolist() == [1, 1, 1]


def test_a_model_that_came_later_starts_with_its_own_first_round(project):
    for number in (0, 1):
        project.split(number, train=6, validation=2, test=1 + number)
    project.evaluate(0, "small", {("test", "a"): [4.0]})
    project.evaluate(1, "small", {("test", "a"): [3.0], ("test", "b"): [5.0]})
    project.evaluate(1, "large", {("test", "a"): [2.0], ("test", "b"): [4.0]})
    table = project.compare()
    assert table["same_mean"].to_dict() == {("large", 1): 3, ("small", 0): 4, ("small", 1): 3}


def test_one_round_alone_can_be_drawn(project):
    project.split(1, train=6, validation=2, test=1)
    project.evaluate(1, "small", {("test", "a"): [4.0]})
    assert len(project.compare()) == 1
