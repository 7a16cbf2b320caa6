"""Tracks for the tests of the filters."""

import numpy as np
import pytest
from hypothesis import strategies as st

from posemake.filters import apply_step
from posemake.scene import Scene

RATE = 30.0
BODY = np.array([[0.0, 0], [20, 3], [40, -3], [60, 0]])  # four keypoints in a row
BONES = [(0, 1), (1, 2), (2, 3)]


def name(step):
    return " ".join(map(str, vars(step).values()))


def each(steps):
    return pytest.mark.parametrize("step", steps, ids=name)


def done(step, xy, confidence=None, rate=RATE, bones=BONES):
    """Positions after a step; those of a single keypoint may be (T, 2)."""
    xy = np.asarray(xy, float)
    table = xy[:, None] if xy.ndim == 2 else xy
    sure = np.ones(table.shape[:2]) if confidence is None else np.asarray(confidence, float).reshape(table.shape[:2])
    joined = [bone for bone in bones if max(bone) < table.shape[1]]
    before = table.copy()
    made = apply_step(step, table, Scene(sure >= 0.6, sure, np.arange(len(xy)) / rate, joined, 60.0))
    np.testing.assert_array_equal(table, before)  # what is given stays
    return made.reshape(xy.shape)


def line(frames):
    return np.stack([np.arange(frames) * 2.0, 100 - np.arange(frames)], axis=1)


def stroll(frames=300, noise=0.0, seed=0):
    """An animal of four keypoints on a wide curve, 2 pixels per frame (T, 4, 2)."""
    angle = np.arange(frames) * 2 / 150
    centre = 150 * np.stack([np.cos(angle), np.sin(angle)], 1)
    return centre[:, None] + BODY + np.random.default_rng(seed).normal(0, noise, (frames, 4, 2))


@st.composite
def tracks(draw):
    """Noisy tracks with gaps at random, and confidences."""
    frames, keypoints = draw(st.integers(1, 60)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    xy = random.normal(0, draw(st.sampled_from([0.0, 1.0, 50.0])), (frames, keypoints, 2))
    xy += np.arange(frames)[:, None, None] * random.normal(0, 3, 2)
    xy[random.random((frames, keypoints)) < draw(st.sampled_from([0.0, 0.2, 0.9]))] = np.nan
    return xy, random.choice([0.0, 0.7, 1.0], (frames, keypoints))


def missing(xy):
    assert (np.isnan(xy[..., 0]) == np.isnan(xy[..., 1])).all()
    return np.isnan(xy[..., 0])
