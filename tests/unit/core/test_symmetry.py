import pytest

from posemake.core.symmetry import find_flip_pairs


@pytest.mark.parametrize(
    "left, right",
    [
        ("left_ear", "right_ear"),
        ("LeftHip", "RightHip"),
        ("L_paw", "R_paw"),
        ("ear-l", "ear-r"),
        ("earL", "earR"),
        ("LEFT", "RIGHT"),
    ],
)
def test_sides_are_known_by_their_names(left, right):
    assert find_flip_pairs(["snout", right, "tail", left]) == [(3, 1)]


def test_what_only_looks_like_a_side_is_none():
    assert find_flip_pairs(["label", "rabel", "tail", "tair", "left_ear", "ALL", "ALR"]) == []
