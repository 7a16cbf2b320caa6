import numpy as np
import pytest

from posemake.analysis.skeleton import body_ends, body_length, bone_lengths, bones_with_both_ends, find_bones

NAMES = ("snout", "ear", "tail")


def walk(frames=200, speed=2.0):
    """An animal of three keypoints that walks in a straight line, with the small errors of a good model (T, K, 2)."""
    random = np.random.default_rng(3)
    body = np.array([[40.0, 0.0], [30.0, 8.0], [0.0, 0.0]])
    return body + np.arange(frames)[:, None, None] * [speed, 0.5] + random.normal(0, 0.4, (frames, 3, 2))


def test_the_body_length_is_that_of_two_keypoints_or_the_greatest():
    xy, trusted = walk(), np.ones((200, 3), bool)
    assert body_length(xy, trusted, NAMES, ()) == pytest.approx(40, abs=0.5)
    assert body_length(xy, trusted, NAMES, ("snout", "ear")) == pytest.approx(np.hypot(10, 8), abs=0.5)
    assert np.isnan(body_length(xy[:, :1], trusted[:, :1], NAMES[:1], ()))


def test_bones_are_the_edges_or_all_pairs():
    assert find_bones(NAMES, [("tail", "snout")]) == [(2, 0)]
    assert find_bones(NAMES, []) == [(0, 1), (0, 2), (1, 2)]
    assert bone_lengths(np.array([[[0, 0], [3, 4.0], [np.nan, np.nan]]]), [(0, 1), (1, 2)]).tolist()[0][0] == 5.0


def test_bones_have_both_ends_where_both_keypoints_are_set():
    mask = np.array([[True, True, False], [True, False, True]])
    assert bones_with_both_ends(mask, [(0, 1), (0, 2)]).tolist() == [[True, False], [False, True]]
    assert bones_with_both_ends(mask, []).shape == (2, 0)


def test_the_ends_of_the_body_are_named_or_farthest_apart():
    xy, trusted = walk(), np.ones((200, 3), bool)
    assert body_ends(xy, trusted, NAMES, ()) == [(0, 2)]
    assert body_ends(xy, trusted, NAMES, ("ear", "tail")) == [(1, 2)]
    assert body_ends(xy[:, :1], trusted[:, :1], NAMES[:1], ()) == body_ends(np.full_like(xy, np.nan), trusted, NAMES, ()) == []
