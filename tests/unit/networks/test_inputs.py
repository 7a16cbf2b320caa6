import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.data.label_table import PARTS, Labelled
from posemake.networks import inputs as dataset
from posemake.networks.inputs import ANIMAL, load_part, suitable_scale


def labelled(xy, parts=None, unseen=None):
    xy = np.asarray(xy, float)
    parts = np.array(["train"] * len(xy) if parts is None else parts)
    unseen = np.full(xy.shape[:2], "", object) if unseen is None else np.array(unseen, object)
    return Labelled(pd.DataFrame(), np.array([""] * len(xy)), parts, ["a"] * xy.shape[1], xy, unseen)


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


NAN, INF = np.nan, np.inf
POINTS = [[[5, 6], [NAN, NAN], [NAN, NAN]], [[NAN, NAN]] * 3, [[7, 8], [9, 9], [NAN, NAN]]]
SAID = [
    ["", "absent", "occluded"],
    ["absent", "absent", "absent"],
    ["", "occluded", ""],
]  # the last row's has a position


@pytest.mark.parametrize(
    ("unseen", "wanted"),
    [
        ("none", [[[5, 6], [NAN, NAN], [NAN, NAN]], [[7, 8], [9, 9], [NAN, NAN]]]),
        ("absent", [[[5, 6], [INF, INF], [NAN, NAN]], [[INF, INF]] * 3, [[7, 8], [9, 9], [NAN, NAN]]]),
        ("all", [[[5, 6], [INF, INF], [INF, INF]], [[INF, INF]] * 3, [[7, 8], [9, 9], [NAN, NAN]]]),
    ],
)
def test_keypoints_marked_as_unseen_are_known_not_to_be_there_where_that_is_wanted(monkeypatch, unseen, wanted):
    monkeypatch.setattr(dataset, "read_image", lambda path: np.zeros((32, 32, 3), np.uint8))
    frames = load_part(labelled(POINTS, unseen=SAID), "train", 1.0, 32, unseen)
    np.testing.assert_array_equal(frames.xy, np.array(wanted, float))
    assert len(frames.images) == len(wanted)
