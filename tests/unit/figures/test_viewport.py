import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.figures.viewport import choose_span, most_active_span, viewport_corners, viewport_size

TIMES = np.arange(100) / 25
BODY = np.array([[-20.0, 0], [20, 10]])


def walk(frames=200, speed=3.0):
    """Two points of an animal (T, 2, 2) that stands, walks right and stands."""
    at = np.clip(np.arange(frames) - 50, 0, 100) * speed + 100
    return np.stack([at, np.full(frames, 120.0)], 1)[:, None] + BODY


@pytest.mark.parametrize(
    "span, unit, expected",
    [
        ((), "frames", (10, 90)),
        ((20.0, 40.0), "frames", (20, 40)),
        ((0.0, 40.0), "frames", (10, 40)),  # not before the sheet's start
        ((20.0, 1000.0), "frames", (20, 90)),
        ((1.0, 2.0), "s", (25, 50)),
        ((0.99, 2.01), "s", (25, 51)),
        ((0.0, 100.0), "s", (10, 90)),
    ],
)
def test_a_span_lies_within_the_window_of_the_sheet(span, unit, expected):
    assert choose_span(10, 90, span, unit, TIMES) == expected


@pytest.mark.parametrize("span, unit", [((95.0, 99.0), "frames"), ((40.0, 20.0), "frames"), ((4.0, 5.0), "s")])
def test_a_span_that_leaves_nothing_is_an_error(span, unit):
    with pytest.raises(PosemakeError, match=r"`render.span` .* leaves no frame of 10 to 90"):
        choose_span(10, 90, span, unit, TIMES)


@given(st.integers(16, 500), st.integers(16, 500), st.integers(17, 400), st.integers(17, 400))
def test_a_window_is_even_and_no_larger_than_the_frame(width, height, frame_width, frame_height):
    size = viewport_size((width, height), (frame_width, frame_height))
    assert all(side % 2 == 0 for side in size)
    assert all(
        side <= of and side in (wish, wish + 1, of, of - 1)
        for side, wish, of in zip(size, (width, height), (frame_width, frame_height))
    )
    assert viewport_size((), (641, 480)) == (642, 480)


def test_the_window_stays_in_the_frame_and_holds_the_animal():
    xy, size, frame = walk(), (120, 80), (640, 480)
    corners = viewport_corners(xy, size, frame, 25)
    assert corners.dtype.kind == "i" and (corners >= 0).all() and (corners <= np.subtract(frame, size)).all()
    inside = (xy >= corners[:, None]) & (xy < corners[:, None] + size)
    assert inside.all()
    assert corners[0].tolist() == [40, 85]  # the middle of the box around (80, 120) and (120, 130) is that of the window


def test_the_window_moves_smoothly():
    rng = np.random.default_rng(1)
    shaking = walk() + rng.normal(0, 4, (200, 1, 2))
    smooth, shaken = (np.diff(viewport_corners(xy, (300, 300), (640, 480), 25), n=2, axis=0) for xy in (walk(), shaking))
    assert np.abs(smooth).max() <= 2  # of whole pixels
    assert shaken.std() < 0.4 * np.diff(shaking.mean(1), n=2, axis=0).std()


def test_the_window_is_kept_where_nothing_is_seen():
    xy = walk() + np.array([300.0, 0])
    xy[60:120] = np.nan
    ways = np.diff(viewport_corners(xy, (300, 300), (1000, 480), 25)[60:120, 0])
    assert ways.min() >= 2 and ways.max() <= 4  # a straight line
    assert (viewport_corners(np.full((5, 2, 2), np.nan), (100, 80), (640, 480), 25) == (270, 200)).all()
    assert (viewport_corners(walk(20, 0), (640, 480), (640, 480), 25) == 0).all()


def test_the_liveliest_stretch_is_where_it_walks():
    xy, trusted = walk(400), np.ones((400, 2), bool)
    start, stop = most_active_span(xy, trusted, 60)
    assert stop - start == 60 and start >= 50 and stop <= 152
    assert most_active_span(xy[:40], trusted[:40], 60) == (0, 40)
    assert most_active_span(np.zeros((90, 2, 2)), np.ones((90, 2), bool), 60) == (0, 60)


def test_a_jump_and_what_is_not_trusted_are_not_lively():
    xy, trusted = walk(400), np.ones((400, 2), bool)
    xy[300, 0] += 5000  # one point
    xy[350] += 5000  # all of it, for a frame
    xy[220:280] += np.arange(60)[:, None, None] * 20.0
    trusted[215:285] = False
    start, stop = most_active_span(xy, trusted, 60)
    assert start >= 50 and stop <= 152
    assert most_active_span(xy, np.zeros((400, 2), bool), 60) == (0, 60)
