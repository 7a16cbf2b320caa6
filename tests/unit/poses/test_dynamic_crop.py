from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import DynamicCrop
from posemake.networks.runtimes import in_batches
from posemake.poses.dynamic_crop import BORDER, LAG, DynamicCropper, window_corner, window_size
from posemake.poses.parts import part_bounds

SIZE, WINDOW, MULTIPLE = (256, 320), (96, 96), 32


class BrightestPixel:
    """Finds the brightest pixel, with a confidence by its brightness, and a second keypoint 10 pixels to its right."""

    depth = 2

    def __init__(self, batch=1):
        self.batch, self.seen = batch, []

    def start(self, images):
        self.seen.append(images.shape[:3])
        found = []
        for image in images[..., 0]:
            y, x = np.unravel_index(image.argmax(), image.shape)
            found.append([[x, y, image[y, x] / 255], [x + 10, y, image[y, x] / 255]])
        points = np.array(found, np.float32)
        return lambda: points


def frame(x, y, brightness=255):
    image = np.zeros((*SIZE, 3), np.uint8)
    image[y, x] = brightness
    return image


def follow(path, **settings):
    """Return the points of an animal on a path of (x, y), None where it is away, and the runtimes of frame and window."""
    whole, inner = BrightestPixel(), BrightestPixel()
    cropper = DynamicCropper(whole, inner, SIZE, WINDOW, MULTIPLE, DynamicCrop(**settings))
    frames = [(i, frame(*at) if at else frame(0, 0, 50)) for i, at in enumerate(path)]
    found = list(cropper.predict(iter(frames)))
    assert [index for index, _ in found] == list(range(len(path)))
    assert cropper.whole_frames == len(whole.seen)
    return np.array([points for _, points in found]), whole, inner


def test_an_animal_that_walks_is_followed():
    path = [(40 + 4 * i, 200 - 3 * i) for i in range(55)]
    points, whole, inner = follow(path, every=20)
    np.testing.assert_array_equal(points[:, 0, :2], path)
    assert whole.seen == [(1, *SIZE)] * 3 and set(inner.seen) == {(1, *WINDOW)}


def test_an_animal_that_jumps_is_found_again():
    path = [(50, 50)] * 10 + [(280, 200)] * 20
    points, whole, _ = follow(path, every=1000)
    np.testing.assert_array_equal(points[:, 0, :2], path)
    assert 1 < len(whole.seen) <= 1 + LAG + 1


def test_whole_frames_are_predicted_while_the_animal_is_away():
    path = [(50, 50)] * 10 + [None] * 10 + [(200, 100)] * 30
    points, whole, inner = follow(path, every=1000)
    assert (points[10:20, :, 2] < 0.6).all() and (points[20:, :, 2] == 1).all()
    np.testing.assert_array_equal(points[20:, 0, :2], path[20:])
    assert len(whole.seen) <= 1 + 10 + 2 * LAG and len(inner.seen) >= 50 - len(whole.seen)


def test_an_animal_at_the_windows_border_is_predicted_in_the_whole_frame():
    """But not where the window ends with the frame."""
    path = [(150, 100)] * (LAG + 2) + [(150 + WINDOW[1] // 2 - BORDER, 100)]
    points, whole, _ = follow(path, every=1000)
    np.testing.assert_array_equal(points[:, 0, :2], path)
    assert len(whole.seen) == 2
    _, whole, _ = follow([(2, 2)] * 20, every=1000)
    assert len(whole.seen) == 1


def test_a_false_point_is_not_followed():
    """While the animal is away, something else looks like one of its keypoints."""

    class OneOfThree(BrightestPixel):
        def start(self, images):
            found = super().start(images)()
            found[found[:, 0, 2] < 1, 1:, 2] = 0  # of what is not the animal, one keypoint of three is seen
            return lambda: np.concatenate([found, found[:, 1:]], 1)

    whole, inner = OneOfThree(), OneOfThree()
    cropper = DynamicCropper(whole, inner, SIZE, WINDOW, MULTIPLE, DynamicCrop(every=1000))
    false = [(i, frame(40, 40, 200)) for i in range(10)]
    true = [(10 + i, np.maximum(frame(250, 200), frame(40, 40, 200))) for i in range(20)]
    found = np.array([points for _, points in cropper.predict(iter(false + true))])
    assert (found[10:, 0, 2] == 1).all() and (found[10:, 0, :2] == (250, 200)).all() and len(inner.seen) > 10


@given(every=st.integers(1, 12), parts=st.integers(1, 6), seed=st.integers(0, 99))
def test_parts_that_begin_at_whole_frames_find_the_same(every, parts, seed):
    steps = np.random.default_rng(seed).integers(-40, 40, (30, 2)).cumsum(0) + 120
    path = [(int(x) % 300, int(y) % 250) if x > -100 else None for x, y in steps]
    together = follow(path, every=every)[0]
    bounds = part_bounds(0, len(path), parts, every)
    apart = [follow(path[first:last], every=every)[0] for first, last in pairwise(bounds) if first < last]
    np.testing.assert_array_equal(np.concatenate(apart), together)


@given(
    centre=st.tuples(st.floats(-50, 400), st.floats(-50, 400)),
    extent=st.floats(1, 400),
    margin=st.floats(0, 2),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_a_window_lies_within_the_frame_and_holds_the_animal(centre, extent, margin, size):
    size = tuple(MULTIPLE * cells for cells in size)
    window = window_size(extent, margin, size, MULTIPLE)
    at = window_corner(np.array(centre), window, size, MULTIPLE)
    for first, inner, outer, middle in zip(at, window, size, centre[::-1]):
        assert first % MULTIPLE == inner % MULTIPLE == 0 and first >= 0 and first + inner <= outer
        reach = min(extent / 2 + margin * extent, (inner - MULTIPLE) / 2)
        if inner < outer:
            assert first <= max(0, middle - reach) + 1e-6 and first + inner >= min(outer, middle + reach) - 1e-6


@pytest.mark.parametrize("count", [0, 1, 5, 16, 17])
@pytest.mark.parametrize("batch", [1, 4])
def test_batches_give_every_frame_in_order(count, batch):
    runtime = BrightestPixel(batch)
    frames = [(10 + i, frame(3 * i, 2 * i)) for i in range(count)]
    found = list(in_batches(iter(frames), runtime))
    assert [index for index, _ in found] == [10 + i for i in range(count)]
    assert [tuple(points[0, :2]) for _, points in found] == [(3 * i, 2 * i) for i in range(count)]
    assert [shape[0] for shape in runtime.seen] == [batch] * (count // batch) + [count % batch] * (count % batch > 0)
