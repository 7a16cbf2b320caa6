import re

import numpy as np
import pytest
from fixtures.animals import BODY, NAMES, NAN, animals, swap
from hypothesis import given
from hypothesis import strategies as st

from posemake.analysis.label_outliers import MAX_DEVIATION, find_odd_bones, find_rare, find_same_place, find_swapped, median_shape


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
    assert (found.row, found.keypoint) == (5, "tail") and found.value > MAX_DEVIATION
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
