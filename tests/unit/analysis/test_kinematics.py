import numpy as np

from posemake.analysis.kinematics import displacements


def test_steps_begin_with_the_second_frame():
    moved = displacements(np.array([[[0, 0]], [[3, 4]], [[3, 4.0]]]))
    np.testing.assert_array_equal(moved, [[np.nan], [5], [0]])
