"""Thumbnails and motion of candidates."""

import cv2
import numpy as np
import pytest
from fixtures.helpers import open_prepared
from fixtures.moving import prepare_moving, texture

from posemake.frames.measure import measure_candidates, measure_motion


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return prepare_moving(tmp_path_factory.mktemp("moving"))


def test_what_lies_outside_the_region_changes_nothing(video, tmp_path):
    x1, x2, y1, y2 = region = [32, 96, 24, 72]
    frames = np.array([3, 4, 5])
    film = open_prepared(video / "moving.mp4", video)
    thumbnails, motion = measure_candidates(film, frames, region, 16, True)
    assert thumbnails.shape == (3, 12, 16) and thumbnails.dtype == np.uint8
    for thumbnail, (_, image) in zip(thumbnails, film.images_at(frames)):
        expected = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[y1:y2, x1:x2], (16, 12), interpolation=cv2.INTER_AREA)
        assert np.abs(thumbnail.astype(int) - expected).max() <= 4
    assert np.isnan(motion[0]) and np.allclose(motion[1:], 2, atol=0.4)


@pytest.mark.parametrize("width", [16, 64, 100])
def test_motion_is_in_pixels_of_the_frame_since_the_frame_before(video, width):
    film = open_prepared(video / "moving.mp4", video)
    frames = np.array([5, 15, 22, 30])
    _, motion = measure_candidates(film, frames, [0, 128, 0, 96], width, True)
    assert np.isnan(motion[0]) and np.allclose(motion[1:], [2, 5, 2], atol=0.6)
    assert np.isnan(measure_candidates(film, frames, [0, 128, 0, 96], width, False)[1]).all()


@pytest.mark.parametrize("step", [0, 1, 3])
def test_motion_of_a_moved_picture(step):
    wide = texture((200, 48))
    before, after = wide[:, 20:84], wide[:, 20 + step : 84 + step]
    assert measure_motion(before, after, (64, 48)) == pytest.approx(step, abs=0.3)
    assert measure_motion(before, after, (640, 48)) == pytest.approx(10 * step, abs=3)
    assert measure_motion(before, after, (64, 480)) == pytest.approx(step, abs=1.5)
    assert measure_motion(before.T.copy(), after.T.copy(), (48, 640)) == pytest.approx(10 * step, abs=3)
