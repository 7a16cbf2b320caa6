import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posemake.analysis import label_outliers as suspects
from posemake.analysis.label_outliers import find_odd_bones, find_rare, find_same_place, find_swapped, median_shape
from posemake.core.symmetry import find_sides
from posemake.data.label_files import Labels, write_labels
from posemake.labels.check import COLUMNS, TILE, check_labels, draw_tile

NAMES = ["snout", "left_ear", "right_ear", "tail"]
BODY = np.array([[40.0, 0.0], [30.0, -9.0], [30.0, 9.0], [-40.0, 0.0]])
NAN = float("nan")


def animals(count=24, body=BODY, seed=0, size=1.0, noise=1.0):
    """Labels (N, K, 2) of an animal in all directions."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 2 * np.pi, count)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], 1).reshape(-1, 2, 2)
    place = random.uniform(80, 160, (count, 1, 2))
    return place + size * np.einsum("nij,kj->nki", turn, body) + random.normal(0, noise, (count, len(body), 2))


def swap(xy, row, left=1, right=2):
    changed = xy.copy()
    changed[row, [left, right]] = xy[row, [right, left]]
    return changed


@pytest.mark.parametrize(
    "left, right",
    [
        ("left_ear", "right_ear"),
        ("LeftHip", "RightHip"),
        ("L_paw", "R_paw"),
        ("ear-l", "ear-r"),
        ("earL", "earR"),
        ("LEFT", "RIGHT"),
    ],
)
def test_sides_are_known_by_their_names(left, right):
    assert find_sides(["snout", right, "tail", left]) == [(3, 1)]


def test_what_only_looks_like_a_side_is_none():
    assert find_sides(["label", "rabel", "tail", "tair", "left_ear", "ALL", "ALR"]) == []


@pytest.mark.parametrize("row", range(0, 24, 5))
def test_a_swap_is_found_and_only_that(row):
    xy = animals()
    assert find_swapped(xy, NAMES) == []
    found = find_swapped(swap(xy, row), NAMES)
    assert [(one.row, one.keypoint, one.what) for one in found] == [(row, "left_ear", "left and right swapped, with right_ear")]
    assert found[0].value > 1.5


def test_good_labels_of_a_bent_animal_are_no_swap():
    for seed in range(5):
        assert find_swapped(animals(40, seed=seed, noise=4.0), NAMES) == []


def test_all_sides_of_a_frame_may_be_swapped_or_one_of_them():
    middle = np.column_stack([np.linspace(-60, 60, 5), np.zeros(5)])
    aside = np.array([0, 15])
    body = np.concatenate([middle, middle - aside, middle + aside])
    names = [f"{side}_{i}" for side in ("middle", "left", "right") for i in range(5)]
    xy = animals(30, body, noise=3.0)
    one = swap(xy, 4, 6, 11)
    assert find_swapped(xy, names) == []
    assert [(s.row, s.keypoint) for s in find_swapped(one, names)] == [(4, "left_1")]
    for row in range(0, 30, 3):
        every = xy.copy()
        every[row, 5:] = xy[row, [10, 11, 12, 13, 14, 5, 6, 7, 8, 9]]
        assert [(s.row, s.keypoint) for s in find_swapped(every, names)] == [(row, f"left_{i}") for i in range(5)]


def test_nothing_is_said_of_swaps_where_nobody_can_know():
    xy = animals()
    assert find_swapped(swap(xy, 3)[:9], NAMES) == []  # too few frames
    few = swap(xy, 3)
    few[9:, :2] = NAN
    assert find_swapped(few, NAMES) == []  # too few with three points
    assert find_swapped(xy, ["a", "b", "c", "d"]) == []  # no sides
    assert find_swapped(swap(xy, 3)[:, 1:3], NAMES[1:3]) == []  # any two points fit
    both = animals(40)
    both[::3, :, 1] *= -1  # seen from the other side
    assert find_swapped(both, NAMES) == []


def test_missing_points_do_not_hide_a_swap_nor_make_one():
    xy = swap(animals(), 6)
    xy[::3, 3] = NAN
    xy[1, 1] = xy[2] = NAN
    xy[4, [0, 3]] = NAN
    assert [one.row for one in find_swapped(xy, NAMES)] == [6]


def test_the_usual_shape_is_that_of_the_majority():
    xy = animals(60, noise=2.0)
    for row in range(1, 15):
        xy = swap(xy, row)
    xy[0] = xy[0, 0] + np.random.default_rng(0).normal(0, 30, (4, 2))  # nonsense stands first
    xy[1] = 5.0  # all points in one place
    shape, true = (points[:, 0] + 1j * points[:, 1] for points in (_pairs(median_shape(xy[..., 0] + 1j * xy[..., 1])), BODY))
    shape, true = shape - shape.mean(), true - true.mean()
    factor = (shape.conj() * true).sum() / (np.abs(shape) ** 2).sum()
    assert np.abs(shape * factor - true).max() < 1.1


def _pairs(points):
    return np.column_stack([points.real, points.imag])


def test_the_keypoint_at_an_impossible_distance_is_named_once():
    xy, videos = animals(), np.repeat("m1", 24)
    assert find_odd_bones(xy, videos, NAMES, []) == []
    xy[5, 3] += 120
    (found,) = find_odd_bones(xy, videos, NAMES, [])
    assert (found.row, found.keypoint) == (5, "tail") and found.value > suspects.FAR
    assert re.fullmatch(r"[\d.]+ px from (snout|left_ear|right_ear), usually [78]\d(\.\d)?", found.what)
    assert find_odd_bones(xy, videos, NAMES, [["snout", "left_ear"]]) == []


def test_animals_and_cameras_may_differ_in_size():
    xy = np.concatenate([animals(12), animals(12, seed=1, size=3.0, noise=3.0)])
    videos = np.repeat(["near", "far"], 12)
    assert find_odd_bones(xy, videos, NAMES, []) == []
    xy[15, 3] = xy[15, 0] + [20, 0]  # a length that is usual in the other video
    assert {(one.row, one.keypoint) for one in find_odd_bones(xy, videos, NAMES, [])} == {(15, "tail")}


def test_of_few_frames_nothing_is_said_of_lengths():
    xy = animals(9)
    xy[5, 3] += 120
    assert find_odd_bones(xy, np.repeat("m1", 9), NAMES, []) == []


def test_two_keypoints_in_one_place():
    xy = animals(3)
    xy[1, 2] = xy[1, 0] + 0.5
    xy[2, 0], xy[2, 3] = (70, 70), (71, 70)
    (found,) = find_same_place(xy, NAMES)
    assert (found.row, found.keypoint, found.what) == (1, "snout", "in the same place as right_ear")
    assert found.value == pytest.approx(0.5**0.5)


@pytest.mark.parametrize(
    "frames, counts, found", [(30, [30, 3, 2, 0], [("right_ear", 2), ("tail", 0)]), (5, [5, 1, 1, 0], [("tail", 0)])]
)
def test_keypoints_that_are_labelled_seldom(frames, counts, found):
    xy = animals(frames)
    for k, count in enumerate(counts):
        xy[count:, k] = NAN
    assert find_rare(xy, NAMES) == found


@given(st.integers(1, 30), st.integers(0, 20), st.floats(0, 1))
def test_any_labels_can_be_looked_at(frames, seed, missing):
    random = np.random.default_rng(seed)
    xy = animals(frames, seed=seed)
    xy[random.random((frames, 4)) < missing] = NAN
    videos = random.choice(["m1", "m2"], frames)
    for one in [*find_swapped(xy, NAMES), *find_odd_bones(xy, videos, NAMES, []), *find_same_place(xy, NAMES)]:
        assert np.isfinite(xy[one.row, NAMES.index(one.keypoint)]).all() and np.isfinite(one.value)


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
        check_labels(self.files, str(pages), str(table), NAMES, list(skeleton))
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
