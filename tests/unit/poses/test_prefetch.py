"""Decoding ahead of the network."""

import threading
import time

import numpy as np
import pytest

from posemake.data.geometry import apply_map, inverse
from posemake.networks.export_info import ExportInfo
from posemake.poses.prefetch import input_map, prefetch


def test_items_come_in_order_and_a_few_ahead():
    taken = []

    def source():
        for i in range(50):
            taken.append(i)
            yield i

    items = prefetch(source(), 3)
    assert next(items) == 0
    time.sleep(0.3)
    assert len(taken) <= 6  # three in the queue, one given out, one waiting to be put
    assert list(items) == list(range(1, 50))


def test_an_error_of_the_source_is_raised_where_its_items_are_read():
    def source():
        yield 1
        raise ValueError("frame 1 is damaged")

    items = prefetch(source(), 3)
    assert next(items) == 1
    with pytest.raises(ValueError, match="frame 1 is damaged"):
        next(items)


def test_a_reader_that_stops_ends_the_thread():
    before = threading.active_count()
    items = prefetch(iter(range(1000)), 2)
    next(items)
    items.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("crop", [(0, 640, 0, 480), (10, 330, 20, 180)])
def test_points_of_the_input_return_to_the_frame(crop):
    exported = ExportInfo("torch", "cpu", "torch", ("snout",), 0.5, 32, 60.0)
    size, to_input = input_map(crop, exported)
    width, height = crop[1] - crop[0], crop[3] - crop[2]
    assert all(side % 32 == 0 for side in size) and size[0] >= height / 2 and size[1] >= width / 2
    corners = np.array([[crop[0] - 0.5, crop[2] - 0.5], [crop[1] - 0.5, crop[3] - 0.5]])
    np.testing.assert_allclose(apply_map(to_input, corners), [[-0.5, -0.5], [width / 2 - 0.5, height / 2 - 0.5]], atol=1e-9)
    np.testing.assert_allclose(apply_map(inverse(to_input), apply_map(to_input, corners)), corners, atol=1e-9)
