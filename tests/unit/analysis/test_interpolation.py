import itertools

import numpy as np
from fixtures.tracks import filtered, for_each_step, missing, tracks
from hypothesis import given, settings
from hypothesis import strategies as st
from movement.filtering import interpolate_over_time

from posemake.config.filter_steps import Interpolate
from posemake.data.poses import Poses


@for_each_step((Interpolate(), Interpolate(kind="pchip"), Interpolate(max_gap=1)))
@settings(max_examples=30)
@given(given=tracks())
def test_interpolation_drops_and_moves_no_point_and_stays_between_the_neighbours(step, given):
    made, there = filtered(step, *given), ~missing(given[0])
    np.testing.assert_array_equal(made[there], given[0][there])
    for k in range(made.shape[1]):
        at = np.flatnonzero(there[:, k])
        for before, after in itertools.pairwise(at):
            filled = made[before + 1 : after, k]
            if len(filled) > step.max_gap:
                assert np.isnan(filled).all()
            else:
                ends = made[[before, after], k]
                assert (filled >= ends.min(0) - 1e-9).all() and (filled <= ends.max(0) + 1e-9).all()
        outer = np.delete(made[:, k], np.s_[at[0] : at[-1] + 1], 0) if len(at) else made[:, k]
        assert np.isnan(outer).all()


@settings(max_examples=30)
@given(given=tracks(), gap=st.integers(1, 8))
def test_linear_interpolation_is_that_of_movement(given, gap):
    xy, sure = given
    theirs = interpolate_over_time(
        Poses.of_one(xy, sure, [f"k{k}" for k in range(xy.shape[1])]).to_movement().position, max_gap=gap
    )
    ours = filtered(Interpolate(max_gap=gap), xy)
    np.testing.assert_allclose(ours, theirs.values[..., 0].transpose(0, 2, 1), atol=1e-9)
