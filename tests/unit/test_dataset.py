import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.dataset import ANIMAL, PARTS, Labelled, suitable_scale


def labelled(xy, parts=None):
    xy = np.asarray(xy, float)
    parts = np.array(["train"] * len(xy) if parts is None else parts)
    return Labelled(pd.DataFrame(), np.array([""] * len(xy)), parts, ["a"] * xy.shape[1], xy)


def spanning(*spans):
    return [[[10, 10], [10 + span, 10], [12, 10]] for span in spans]


@given(st.floats(40, 5000))
def test_the_animal_spans_as_many_pixels_of_the_input_as_wanted(span):
    scale = suitable_scale(labelled(spanning(span)), "auto")
    assert 0 < scale <= 1 and (scale * 16).is_integer()
    assert scale == 1 / 16 or abs(scale * span - min(ANIMAL, span)) <= span / 32 + 1e-6


def test_frames_are_never_enlarged_and_a_given_scale_stays():
    assert suitable_scale(labelled(spanning(3)), "auto") == 1
    assert suitable_scale(labelled(spanning(3)), 0.37) == 0.37


def test_the_span_is_the_median_of_the_training_frames_alone():
    found = suitable_scale(labelled(spanning(120, 120, 2000, 1, 1), ["train"] * 3 + list(PARTS[1:])), "auto")
    assert found == 0.5


@pytest.mark.parametrize("xy", [np.full((2, 1, 2), 5.0), np.full((2, 3, 2), np.nan), np.full((2, 3, 2), 7.0)])
def test_where_no_span_is_known_frames_stay_as_they_are(xy):
    assert suitable_scale(labelled(xy), "auto") == 1


def test_frames_with_missing_keypoints_count_with_the_others():
    xy = np.array(spanning(120, 120, 120), float)
    xy[0, 2] = np.nan
    xy[1, :2] = np.nan
    assert suitable_scale(labelled(xy), "auto") == 0.5
