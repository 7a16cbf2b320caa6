"""Movement from frame to frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posemake.analysis.kinematics import animal_displacements, displacements


def test_steps_begin_with_the_second_frame():
    moved = displacements(np.array([[[0, 0]], [[3, 4]], [[3, 4.0]]]))
    np.testing.assert_array_equal(moved, [[np.nan], [5], [0]])


@given(seed=st.integers(0, 1000), keypoints=st.integers(1, 5), frames=st.integers(1, 20))
def test_where_all_keypoints_are_known_the_animal_moves_as_their_mean_does(seed, keypoints, frames):
    xy = np.random.default_rng(seed).normal(0, 10, (frames, keypoints, 2))
    expected = np.linalg.norm(np.diff(xy.mean(1), axis=0), axis=1)
    np.testing.assert_allclose(animal_displacements(xy), expected, atol=1e-9)


@given(seed=st.integers(0, 1000), share=st.floats(0, 1))
def test_a_keypoint_that_comes_and_goes_moves_nothing(seed, share):
    random = np.random.default_rng(seed)
    xy = np.arange(30.0)[:, None, None] * [3.0, 4.0] + random.normal(0, 50, (1, 4, 2))
    gone = random.random((30, 4)) < share
    xy[gone] = np.nan
    moved = animal_displacements(xy)
    known = (~gone[1:] & ~gone[:-1]).any(1)
    np.testing.assert_allclose(moved[known], 5)
    assert np.isnan(moved[~known]).all()
