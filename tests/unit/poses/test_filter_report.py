from dataclasses import asdict

import numpy as np
import pytest

from posemake.analysis.pose_quality import displacement_sd
from posemake.poses.filter_report import COLUMNS, STRETCH, describe_step, find_stretch, stretch_rows

NAMES = ["snout", "back", "tail"]
NONE = np.zeros(0, int)


def walk(frames=2000, noise=0.5, seed=0):
    """Three keypoints that rest for half of the time and then walk (T, 3, 2)."""
    place = np.maximum(0, np.arange(frames) - frames // 2)[:, None, None] * (2.0, 0.5)
    body = np.array([[0.0, 0], [30, 0], [60, 0]])
    return place + body + np.random.default_rng(seed).normal(0, noise, (frames, 3, 2))


def test_a_step_that_changes_nothing():
    changes = describe_step(walk(), walk(), np.arange(500))
    assert (changes.removed, changes.filled, changes.moved_median_px, changes.moved_p95_px) == (0, 0, 0.0, 0.0)
    assert changes.jitter_before_px == changes.jitter_after_px == pytest.approx(np.median(displacement_sd(walk())))
    assert changes.rest_jitter_before_px == changes.rest_jitter_after_px == pytest.approx(0.5 * np.sqrt(2), rel=0.1)


def test_what_came_went_and_moved_is_counted():
    before = walk(100)
    after = before.copy()
    before[5:9, 1] = after[20:22, 2] = np.nan
    after[30:60, 0] += (3, 4)
    changes = describe_step(before, after, NONE)
    assert (changes.removed, changes.filled) == (2, 4)
    assert changes.moved_median_px == 0 and changes.moved_p95_px == pytest.approx(5)
    assert changes.rest_jitter_before_px is None


def test_nothing_known_tells_nothing():
    changes = describe_step(np.full((30, 2, 2), np.nan), np.full((30, 2, 2), np.nan), NONE)
    figures = asdict(changes)
    assert figures.pop("removed") == figures.pop("filled") == 0 and set(figures.values()) == {None}


def test_the_stretch_shows_what_was_changed():
    before = walk()
    after = before.copy()
    after[700, 2] = np.nan
    after[1500] += 30  # moves three points, but none goes
    keypoint, first = find_stretch(before, after)
    assert keypoint == 2 and abs(first + STRETCH // 2 - 700) <= 1
    assert find_stretch(before, before + np.where(np.arange(2000) == 1500, 1, 0)[:, None, None])[1] in range(1401, 1501)


def test_a_stretch_shows_points_that_stay_too():
    before = walk()
    after = before.copy()
    after[200:900, 0] = np.nan  # hidden for long: nothing would be seen in its midst
    first = find_stretch(before, after)[1]
    assert 0 < np.isfinite(after[first : first + STRETCH, 0, 0]).sum() < STRETCH


@pytest.mark.parametrize("frames", [1, 2, STRETCH, STRETCH + 1])
def test_a_short_video_is_shown_whole(frames):
    rows = list(stretch_rows("0 median", walk(frames), walk(frames), NAMES))
    assert len(rows) == min(frames, STRETCH) and all(len(row) == len(COLUMNS) for row in rows)
