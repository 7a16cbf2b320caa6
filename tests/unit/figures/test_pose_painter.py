"""Poses drawn into a frame."""

import numpy as np
import pytest

from posemake.config.settings import Render
from posemake.figures.pose_painter import PosePainter
from posemake.figures.yuv_canvas import Canvas, new_frame


def test_a_trail_is_the_way_of_a_point_and_breaks_where_it_is_unknown():
    xy = np.array([[[5.0 * t, 20.0]] for t in range(12)])
    xy[5] = np.nan
    painter = PosePainter(Render(trail=10), ["snout"], [], np.arange(12) / 25)
    _, planes = new_frame((64, 40))
    for plane in planes:
        plane[:] = 128
    planes[0][:] = 16
    painter.draw(Canvas(planes), 11, xy, np.ones((12, 1)))
    row = planes[0][20] > 16
    assert row[7:19].all() and not row[22:29].any() and row[32:55].all()  # the trail begins at the second frame
    assert not (planes[0][:14] > 16).any()


@pytest.mark.parametrize("x, written", [(-100.0, False), (10.0, True), (200.0, False)])
def test_a_name_stands_only_where_its_point_is(x, written):
    painter = PosePainter(Render(names=True, trail=0, radius=2), ["a"], [], np.zeros(1))
    _, planes = new_frame((64, 40))
    for plane in planes:
        plane[:] = 128
    painter.draw(Canvas(planes), 0, np.array([[[x, 20.0]]]), np.ones((1, 1)))
    assert (planes[0][:, [*range(6), *range(13, 64)]] != 128).any() == written
