import numpy as np
import pytest

from posemake.data.label_decisions import (
    Decisions,
    KeypointLabel,
    combine_decisions,
    decisions_line,
    make_image_labels,
    undecided_labels,
)
from posemake.data.label_files import Labels
from posemake.data.visibility import Visibility

NAN = float("nan")
NOWHERE = (NAN, NAN)
NOT_LABELLED, OCCLUDED, VISIBLE, ABSENT = Visibility


def image_labels(xy, visibility, accepted=(False,) * 3):
    return make_image_labels(np.array(xy, float), np.array(visibility), np.array(accepted))


def test_positions_are_rounded_and_dropped_where_the_keypoint_is_not_visible():
    labels = image_labels([(-0.0001, 1 / 3), (5, 6), (7, 8)], [VISIBLE, OCCLUDED, NOT_LABELLED], [True, True, True])
    np.testing.assert_array_equal(labels.xy, [(0, 0.333), NOWHERE, NOWHERE])
    assert not np.signbit(labels.xy[0, 0])
    assert labels.accepted.tolist() == [True, False, False] and labels.visibility.dtype == np.int8
    assert labels.decided.tolist() == [True, True, False] and not labels.done
    assert labels.words == ["accepted", "occluded", ""]


def test_a_visible_keypoint_without_a_position_is_refused():
    for point in (NOWHERE, (1, NAN), (np.inf, 1)):
        with pytest.raises(ValueError, match="a visible keypoint has a position"):
            image_labels([point, NOWHERE, NOWHERE], [VISIBLE, OCCLUDED, ABSENT])


def test_keypoints_are_replaced_in_a_copy():
    before = image_labels([(1, 2), NOWHERE, NOWHERE], [VISIBLE, OCCLUDED, NOT_LABELLED])
    after = before.replaced({1: KeypointLabel(VISIBLE, (3, 4.00049), accepted=True), 2: KeypointLabel(ABSENT)})
    assert before.words == ["placed", "occluded", ""] and after.words == ["placed", "accepted", "absent"]
    assert after.keypoint(1) == KeypointLabel(VISIBLE, (3, 4), accepted=True) and after.keypoint(1).word == "accepted"
    assert before.differs(after).tolist() == [False, True, True]
    assert not before.differs(before.replaced({0: KeypointLabel(VISIBLE, (1.0001, 2))})).any()
    assert before.replaced({0: KeypointLabel(VISIBLE, (1, 2), accepted=True)}).differs(before).tolist() == [True, False, False]
    assert undecided_labels(2).words == ["", ""]


@pytest.mark.parametrize(
    ("point", "word", "visibility", "accepted", "assumed"),
    [
        ((1, 2), "placed", VISIBLE, False, False),
        ((1, 2), "accepted", VISIBLE, True, False),
        ((1, 2), "absent", VISIBLE, False, False),  # another tool placed it
        ((1, 2), None, VISIBLE, False, False),
        (NOWHERE, "occluded", OCCLUDED, False, False),
        (NOWHERE, "absent", ABSENT, False, False),
        (NOWHERE, "placed", OCCLUDED, False, True),  # another tool took it away
        (NOWHERE, None, NOT_LABELLED, False, False),
    ],
)
def test_the_label_file_counts_where_it_disagrees_with_the_decisions(point, word, visibility, accepted, assumed):
    labels = Labels("anna", ("tail", "snout"), ("img1.png",), np.array([[point, (5, 5)]], float))
    decisions = Decisions({"img1.png": {"snout": "placed", **({"tail": word} if word else {})}})
    decided = combine_decisions(labels, decisions, ["snout", "tail"])
    assert decided.visibility.tolist() == [[VISIBLE, visibility]]
    assert decided.accepted.tolist() == [[False, accepted]] and decided.assumed.tolist() == [[False, assumed]]
    assert decided.done.tolist() == [visibility != NOT_LABELLED]


@pytest.mark.parametrize("decisions", [None, Decisions({"img2.png": {}})])
def test_an_image_that_is_not_listed_is_done(decisions):
    labels = Labels("anna", ("snout",), ("img1.png",), np.array([[(5, 5)]], float))
    decided = combine_decisions(labels, decisions, ["snout", "tail"])
    assert decided.done.tolist() == [True]
    assert decided.visibility.tolist() == [[VISIBLE, OCCLUDED]] and decided.assumed.tolist() == [[False, True]]


def test_decisions_of_an_image_are_a_line():
    assert decisions_line("a.png", ["snout", "ear", "tail"], ["placed", "", "absent"]) == (
        '"a.png": {"snout": "placed", "tail": "absent"}'
    )
