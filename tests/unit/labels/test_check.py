import numpy as np
import pandas as pd
import pytest
from fixtures.animals import NAMES, NAN, animals, swap
from PIL import Image

from posemake.data.label_files import Labels, write_labels
from posemake.labels.check import COLUMNS, TILE, CheckInputs, CheckOutputs, check_labels, draw_tile


class Project:
    """A folder with label files."""

    def __init__(self, folder):
        self.folder = folder
        self.files = []

    def label(self, video, xy, number=0, scorer="jane", grey=None):
        """Label images that differ, or that are all of one grey."""
        folder = self.folder / f"labels/round-{number}/{video}"
        folder.mkdir(parents=True, exist_ok=True)
        names = [f"img{i:04d}.png" for i in range(len(xy))]
        for i, name in enumerate(names):
            Image.new("RGB", (240, 240), (grey or 10 + i, len(self.files), 90)).save(folder / name)
        path = folder / f"CollectedData_{scorer}.csv"
        write_labels(path, Labels(scorer, tuple(NAMES), tuple(names), xy), video)
        self.files.append(str(path))
        return folder

    def check(self, skeleton=()):
        pages, table = self.folder / "check", self.folder / "suspicious.csv"
        check_labels(CheckInputs(labels=self.files), CheckOutputs(pages=pages, table=table), NAMES, list(skeleton))
        found = pd.read_csv(table, keep_default_na=False)
        assert list(found.columns) == list(COLUMNS)
        return sorted(path.name for path in pages.iterdir()), found


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_all_frames_are_drawn_and_what_is_wrong_is_listed(project):
    xy = swap(animals(35), 3)
    xy[7, 0] = 250, 100
    folder = project.label("m1", xy)
    (folder / "img0005.png").write_bytes(b"no image")
    pages, found = project.check([["snout", "tail"]])
    assert pages == ["m1_round-0_jane_01.jpg", "m1_round-0_jane_02.jpg"]
    rows = {(row.image, row.keypoint): row.what for row in found.itertuples()}
    assert rows[("img0003.png", "left_ear")] == "left and right swapped, with right_ear"
    assert rows[("img0005.png", "")] == "the image is missing or damaged"
    assert "outside the frame" in set(found.loc[found["image"] == "img0007.png", "what"])
    assert set(found["video"]) == {"m1"} and set(found["scorer"]) == {"jane"} and set(found["round"]) == {0}
    width, height = Image.open(project.folder / "check" / pages[0]).size
    assert 6 * TILE < width < 1700 and 5 * TILE < height < 1700
    assert Image.open(project.folder / "check" / pages[1]).size[1] < 2 * TILE


def test_the_beyond_of_a_point_is_in_pixels(project):
    xy = animals(2)
    xy[1, 0] = 100, -10.5
    project.label("m1", xy)
    found = project.check()[1]
    assert found[["image", "what", "value"]].values.tolist() == [["img0001.png", "outside the frame", 10.0]]


def test_the_same_picture_under_two_names_is_told_and_one_of_two_people_or_rounds_is_not(project):
    project.label("m1", animals(1, seed=1), grey=50)
    project.label("m1", animals(1, seed=2), scorer="joe", grey=50)
    assert project.check()[1].empty
    for file in ("m1", "m2"):
        path = project.label(file, animals(1, seed=3), number=1) / "img0000.png"
        Image.new("RGB", (240, 240), (50, 0, 90)).save(path)
    Image.new("RGB", (240, 240), (50, 0, 90)).save(project.folder / "labels/round-0/m1/img0000.png")
    pages, found = project.check()
    assert found[["video", "image", "what", "round"]].values.tolist() == [
        ["m2", "img0000.png", "the same image as m1/img0000.png", 1]
    ]
    assert pages == ["m1_round-0_jane_01.jpg", "m1_round-0_joe_01.jpg", "m1_round-1_jane_01.jpg", "m2_round-1_jane_01.jpg"]


def test_a_keypoint_that_nobody_labelled_is_a_row_without_an_image(project):
    xy = animals(12)
    xy[:, 3] = NAN
    project.label("m1", xy)
    found = project.check()[1]
    assert found.values.tolist() == [["", "", "tail", "labelled in 0 of 12 frames", 0, "", ""]]


def test_no_labels_are_no_pages(project):
    pages, found = project.check()
    assert pages == [] and found.empty


def test_the_hdf5_twin_of_a_csv_is_left_out(project):
    twin = project.label("m1", animals(2)) / "CollectedData_jane.h5"
    twin.write_bytes(b"not read")
    project.files.append(str(twin))
    assert project.check()[0] == ["m1_round-0_jane_01.jpg"]


def test_the_same_labels_give_the_same_bytes(project):
    project.label("m1", animals(3))
    project.check()
    before = {path: path.read_bytes() for path in (project.folder / "check").iterdir()}
    project.check()
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("other", [(120, 40), (118, 120)], ids=["far", "near"])
@pytest.mark.parametrize("place", [(110.0, 120.0), (8.0, 9.0), (231.0, 120.0)], ids=["amid", "corner", "edge"])
def test_a_label_is_drawn_where_it_is(place, other):
    """A green square with the label in its middle, as the picture shows it at any place, and beyond the frame's edge."""
    image = np.zeros((240, 240, 3), np.uint8)
    x, y = map(int, place)
    image[y - 8 : y + 9, x - 8 : x + 9] = (0, 255, 0)
    tile = draw_tile(image, np.array([place, other, [NAN, NAN]]), [(0, 2)], [(255, 0, 0)] * 3).astype(int)
    assert tile.shape == (TILE, TILE, 3)
    square = np.argwhere((tile[..., 1] > 128) & (tile[..., 2] < 128)).astype(float)
    red = np.argwhere((tile[..., 0] > 200) & (tile[..., 1] < 60))
    near = red[np.linalg.norm(red - square.mean(0), axis=1) < 15]
    middle = (square.max(0) + square.min(0)) / 2
    assert len(near) > 20 and len(near) < len(red)
    np.testing.assert_allclose((near.max(0) + near.min(0)) / 2, middle, atol=1.0)


def test_without_labels_all_of_the_picture_is_seen_and_nothing_drawn():
    image = np.full((30, 60, 3), 77, np.uint8)
    tile = draw_tile(image, np.full((3, 2), NAN), [(0, 1)], [(255, 0, 0)] * 3)
    assert (tile[TILE // 2] == 77).all() and (tile[[0, -1]] == 200).all()


def test_a_point_far_away_leaves_something_to_see():
    image = np.full((100, 100, 3), 77, np.uint8)
    tile = draw_tile(image, np.array([[50.0, 50.0], [1e7, -1e7]]), [(0, 1)], [(255, 0, 0)] * 2)
    assert (tile == 77).all(-1).mean() > 0.1
