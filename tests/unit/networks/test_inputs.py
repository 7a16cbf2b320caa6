import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.data.label_table import PARTS, Labelled
from posemake.data.visibility import Visibility
from posemake.networks import inputs
from posemake.networks.inputs import ANIMAL_SPAN, input_scale, load_part


def labelled(xy, parts=None, visibility=None):
    """Labelled frames whose keypoints (N, K, 2) are visible where they have a position, if nothing else is given."""
    xy = np.asarray(xy, float)
    parts = np.array(["train"] * len(xy) if parts is None else parts)
    if visibility is None:
        visibility = np.where(np.isnan(xy).any(-1), Visibility.NOT_LABELLED, Visibility.VISIBLE)
    keypoints = ["a"] * xy.shape[1]
    return Labelled(pd.DataFrame(), np.array([""] * len(xy)), parts, keypoints, xy, np.asarray(visibility, np.int8))


def spanning(*spans):
    return [[[10, 10], [10 + span, 10], [12, 10]] for span in spans]


@given(st.floats(40, 5000))
def test_the_animal_spans_as_many_pixels_of_the_input_as_wanted(span):
    scale = input_scale(labelled(spanning(span)), "auto")
    assert 0 < scale <= 1 and (scale * 16).is_integer()
    assert scale == 1 / 16 or abs(scale * span - min(ANIMAL_SPAN, span)) <= span / 32 + 1e-6


def test_frames_are_never_enlarged_and_a_given_scale_stays():
    assert input_scale(labelled(spanning(3)), "auto") == 1
    assert input_scale(labelled(spanning(3)), 0.37) == 0.37


def test_the_span_is_the_median_of_the_training_frames_alone():
    found = input_scale(labelled(spanning(120, 120, 2000, 1, 1), ["train"] * 3 + list(PARTS[1:])), "auto")
    assert found == 0.5


@pytest.mark.parametrize("xy", [np.full((2, 1, 2), 5.0), np.full((2, 3, 2), np.nan), np.full((2, 3, 2), 7.0)])
def test_where_no_span_is_known_frames_stay_as_they_are(xy):
    assert input_scale(labelled(xy), "auto") == 1


def test_frames_with_missing_keypoints_count_with_the_others():
    xy = np.array(spanning(120, 120, 120), float)
    xy[0, 2] = np.nan
    xy[1, :2] = np.nan
    assert input_scale(labelled(xy), "auto") == 0.5


NOT_LABELLED, OCCLUDED, VISIBLE, ABSENT = Visibility
NOWHERE = [np.nan, np.nan]
POINTS = np.array([[[5, 6], NOWHERE, NOWHERE], [NOWHERE] * 3, [[7, 8], [9, 9], NOWHERE]])
LABELS = [[VISIBLE, ABSENT, OCCLUDED], [ABSENT] * 3, [VISIBLE, VISIBLE, NOT_LABELLED]]


@pytest.mark.parametrize(
    ("unseen", "rows", "expected"),
    [
        ("none", [0, 2], [[VISIBLE, NOT_LABELLED, NOT_LABELLED], [VISIBLE, VISIBLE, NOT_LABELLED]]),
        ("absent", [0, 1, 2], [[VISIBLE, ABSENT, NOT_LABELLED], [ABSENT] * 3, [VISIBLE, VISIBLE, NOT_LABELLED]]),
        ("all", [0, 1, 2], [[VISIBLE, ABSENT, ABSENT], [ABSENT] * 3, [VISIBLE, VISIBLE, NOT_LABELLED]]),
    ],
)
def test_keypoints_marked_as_unseen_are_taught_as_absent_where_the_setting_says_so(monkeypatch, unseen, rows, expected):
    monkeypatch.setattr(inputs, "read_image", lambda path: np.zeros((32, 32, 3), np.uint8))
    frames = load_part(labelled(POINTS, visibility=LABELS), "train", 1.0, 32, unseen)
    np.testing.assert_array_equal(frames.xy, POINTS[rows])
    np.testing.assert_array_equal(frames.visibility, expected)
    assert len(frames.images) == len(rows) and frames.visibility.dtype == np.int8


def test_frames_of_which_nothing_is_labelled_are_left_out(monkeypatch):
    monkeypatch.setattr(inputs, "read_image", lambda path: np.zeros((32, 32, 3), np.uint8))
    frames = load_part(labelled([[NOWHERE, NOWHERE], [NOWHERE, [3, 4]]]), "train", 1.0, 32, "all")
    assert len(frames.images) == 1 and frames.with_keypoint.tolist() == [True]
    with pytest.raises(PosemakeError, match="no labelled frame with a keypoint is in the part 'test' of the split"):
        load_part(labelled([[NOWHERE, NOWHERE], [NOWHERE, [3, 4]]], ["test", "train"]), "test", 1.0, 32)
