import cv2
import numpy as np
import pytest
from fixtures.helpers import blob, centroid
from hypothesis import given
from hypothesis import strategies as st

from posemake.data.geometry import (
    apply_map,
    compose,
    crop_map,
    inverse,
    outside_frame,
    padded_size,
    resize_map,
    rotate_map,
    scaled_size,
)

sizes = st.tuples(st.integers(1, 3000), st.integers(1, 3000))
coordinates = st.floats(-2000, 2000)
maps = st.one_of(
    st.builds(resize_map, sizes, sizes),
    st.builds(crop_map, coordinates, coordinates),
    st.builds(rotate_map, st.floats(-720, 720), st.floats(0.1, 10), st.tuples(coordinates, coordinates)),
)


@given(maps, coordinates, coordinates)
def test_every_map_is_undone_by_its_inverse(matrix, x, y):
    there = apply_map(matrix, np.array([x, y]))
    assert apply_map(inverse(matrix), there) == pytest.approx([x, y], abs=1e-3)


@given(maps, maps, coordinates, coordinates)
def test_composed_maps_are_applied_first_to_last(first, second, x, y):
    one_by_one = apply_map(second, apply_map(first, np.array([x, y])))
    assert apply_map(compose(first, second), np.array([x, y])) == pytest.approx(one_by_one, rel=1e-6, abs=1e-3)


@given(maps)
def test_one_map_alone_stays_as_it_is(matrix):
    assert np.array_equal(compose(matrix), matrix) and np.array_equal(compose(), np.eye(3))


def test_inverses_of_several_maps_are_those_of_each():
    each = np.stack([crop_map(3, 4), resize_map((64, 48), (32, 12)), rotate_map(30, 2, (5, 6))])
    assert np.array_equal(inverse(each), np.stack([inverse(matrix) for matrix in each]))


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([4, 8]), st.integers(0, 30), st.integers(0, 30))
def test_a_cell_of_a_heatmap_returns_to_the_pixel_of_the_frame(x, y, stride, column, row):
    """From a frame by way of a crop and the network's input to a heatmap, and back."""
    to_heatmap = compose(crop_map(x, y), resize_map((320, 240), (160, 120)), resize_map((stride, stride), (1, 1)))
    corner = np.array([x + 2 * stride * column - 0.5, y + 2 * stride * row - 0.5])
    assert apply_map(inverse(to_heatmap), np.array([column - 0.5, row - 0.5])) == pytest.approx(corner)


@given(sizes, sizes)
def test_resize_keeps_the_outer_edges_of_the_frame(size, new):
    edges = np.array([[-0.5, -0.5], [size[0] - 0.5, size[1] - 0.5]])
    expected = [[-0.5, -0.5], [new[0] - 0.5, new[1] - 0.5]]
    assert apply_map(resize_map(size, new), edges) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("new", [(48, 30), (60, 44), (194, 122), (150, 61)])
@pytest.mark.parametrize("xy", [(30.0, 25.0), (61.3, 33.8)])
def test_resize_moves_a_drawn_spot_as_opencv_does(new, xy):
    size = (97, 61)
    interpolation = cv2.INTER_AREA if new[0] < size[0] else cv2.INTER_LINEAR
    resized = cv2.resize(blob(size, xy, 4), new, interpolation=interpolation)
    assert centroid(resized) == pytest.approx(apply_map(resize_map(size, new), np.array(xy)), abs=0.05)


@given(st.integers(0, 40), st.integers(0, 30))
def test_crop_takes_its_corner_to_zero(x, y):
    image = blob((80, 70), (60, 50), 2)
    moved = apply_map(crop_map(x, y), np.array([60.0, 50.0]))
    assert centroid(image[y:, x:]) == pytest.approx(moved, abs=0.01)


@pytest.mark.parametrize("stride", [4, 8])
def test_a_cell_lies_amid_its_pixels(stride):
    pixels = np.arange(3 * stride, 4 * stride)  # those of cell 3
    assert apply_map(resize_map((stride, stride), (1, 1)), np.array([pixels.mean(), pixels.mean()])) == pytest.approx([3, 3])


def test_rotation_turns_from_x_towards_y_about_the_centre():
    turn = rotate_map(90, 2, (10, 20))
    assert apply_map(turn, np.array([[10.0, 20], [11, 20], [10, 21]])) == pytest.approx(np.array([[10.0, 20], [10, 22], [8, 20]]))


def test_a_missing_point_stays_missing_and_moves_no_other():
    points = apply_map(rotate_map(30, 1.2, (5, 5)), np.array([[[1.0, 2], [np.nan, np.nan]], [[3, 4], [5, 6]]]))
    assert points.shape == (2, 2, 2)
    assert np.isnan(points).tolist() == [[[False, False], [True, True]], [[False, False], [False, False]]]


def test_points_on_the_edge_of_a_frame_lie_inside_and_missing_ones_nowhere():
    points = np.array([[-0.5, 20], [63.5, 47.5], [-0.6, 20], [63.6, 20], [20, 47.6], [np.nan, np.nan]])
    assert outside_frame(points, (64, 48)).tolist() == [False, False, True, True, True, False]


@given(sizes, st.floats(0.01, 4))
def test_no_scale_makes_a_frame_vanish(size, scale):
    width, height = scaled_size(size, scale)
    assert width >= 1 and height >= 1
    assert abs(width - size[0] * scale) <= 1 and abs(height - size[1] * scale) <= 1


@given(sizes, st.sampled_from([1, 8, 32]))
def test_padding_is_the_least_that_divides(size, multiple):
    for before, after in zip(size, padded_size(size, multiple)):
        assert after % multiple == 0 and 0 <= after - before < multiple
