import cv2
import numpy as np
import pytest
from fixtures.helpers import blob, centroid
from hypothesis import given
from hypothesis import strategies as st

from posemake.data.geometry import apply_map, crop_map, padded_size, resize_map, rotate_map, scaled_size, stride_map

sizes = st.tuples(st.integers(1, 3000), st.integers(1, 3000))
coordinates = st.floats(-2000, 2000)
maps = st.one_of(
    st.builds(resize_map, sizes, sizes),
    st.builds(crop_map, coordinates, coordinates),
    st.builds(stride_map, st.sampled_from([1, 2, 4, 8, 16, 32])),
    st.builds(rotate_map, st.floats(-720, 720), st.floats(0.1, 10), st.tuples(coordinates, coordinates)),
)


@given(maps, coordinates, coordinates)
def test_every_map_is_undone_by_its_inverse(matrix, x, y):
    there = apply_map(matrix, np.array([x, y]))
    assert apply_map(np.linalg.inv(matrix), there) == pytest.approx([x, y], abs=1e-3)


@given(maps, maps, coordinates, coordinates)
def test_maps_compose_as_matrices(first, second, x, y):
    one_by_one = apply_map(second, apply_map(first, np.array([x, y])))
    assert apply_map(second @ first, np.array([x, y])) == pytest.approx(one_by_one, rel=1e-6, abs=1e-3)


@given(sizes, sizes)
def test_resize_keeps_the_outer_edges_of_the_frame(size, new):
    edges = np.array([[-0.5, -0.5], [size[0] - 0.5, size[1] - 0.5]])
    wanted = [[-0.5, -0.5], [new[0] - 0.5, new[1] - 0.5]]
    assert apply_map(resize_map(size, new), edges) == pytest.approx(np.array(wanted), abs=1e-6)


@pytest.mark.parametrize("new", [(48, 30), (60, 44), (194, 122), (150, 61)])
@pytest.mark.parametrize("xy", [(30.0, 25.0), (61.3, 33.8)])
def test_resize_moves_a_drawn_spot_as_opencv_does(new, xy):
    size = (97, 61)
    how = cv2.INTER_AREA if new[0] < size[0] else cv2.INTER_LINEAR
    resized = cv2.resize(blob(size, xy, 4), new, interpolation=how)
    assert centroid(resized) == pytest.approx(apply_map(resize_map(size, new), np.array(xy)), abs=0.05)


@given(st.integers(0, 40), st.integers(0, 30))
def test_crop_takes_its_corner_to_zero(x, y):
    image = blob((80, 70), (60, 50), 2)
    moved = apply_map(crop_map(x, y), np.array([60.0, 50.0]))
    assert centroid(image[y:, x:]) == pytest.approx(moved, abs=0.01)


@pytest.mark.parametrize("stride", [4, 8])
def test_a_cell_lies_amid_its_pixels(stride):
    pixels = np.arange(3 * stride, 4 * stride)  # those of cell 3
    assert apply_map(stride_map(stride), np.array([pixels.mean(), pixels.mean()])) == pytest.approx([3, 3])


def test_rotation_turns_from_x_towards_y_about_the_centre():
    turn = rotate_map(90, 2, (10, 20))
    assert apply_map(turn, np.array([[10.0, 20], [11, 20], [10, 21]])) == pytest.approx(np.array([[10.0, 20], [10, 22], [8, 20]]))


def test_a_missing_point_stays_missing_and_moves_no_other():
    points = apply_map(rotate_map(30, 1.2, (5, 5)), np.array([[[1.0, 2], [np.nan, np.nan]], [[3, 4], [5, 6]]]))
    assert points.shape == (2, 2, 2)
    assert np.isnan(points).tolist() == [[[False, False], [True, True]], [[False, False], [False, False]]]


@given(sizes, st.floats(0.01, 4))
def test_no_scale_makes_a_frame_vanish(size, scale):
    width, height = scaled_size(size, scale)
    assert width >= 1 and height >= 1
    assert abs(width - size[0] * scale) <= 1 and abs(height - size[1] * scale) <= 1


@given(sizes, st.sampled_from([1, 8, 32]))
def test_padding_is_the_least_that_divides(size, multiple):
    for before, after in zip(size, padded_size(size, multiple)):
        assert after % multiple == 0 and 0 <= after - before < multiple
