import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.analysis.metrics import average_precision, distances, object_keypoint_similarity, summarise

errors = st.lists(st.floats(0, 1000), min_size=1, max_size=40)


def figures(error, confidence=None, threshold=0.6, pck=(2.0, 5.0)):
    error = np.asarray(error, float)
    confidence = np.ones(error.shape) if confidence is None else np.asarray(confidence, float)
    return summarise(error, confidence, threshold, pck, 20.0, (0.1,))


def test_distances_are_those_of_each_keypoint():
    predicted = np.array([[[3.0, 4], [1, 1]], [[0, 0], [7, 9]]])
    labelled = np.array([[[0.0, 0], [1, 1]], [[np.nan, np.nan], [7, 10]]])
    assert distances(predicted, labelled) == pytest.approx(np.array([[5, 0], [np.nan, 1]]), nan_ok=True)


def test_figures_of_known_distances():
    found = figures([[1.0, 3.0], [4.0, np.nan]], [[0.9, 0.6], [0.1, 0.9]], pck=(2.0, 3.5))
    assert found["n"] == 3
    assert found["mean"] == pytest.approx(8 / 3)
    assert found["rmse"] == pytest.approx(np.sqrt(26 / 3))
    assert found["median"] == 3
    assert found["pck_2"] == pytest.approx(1 / 3)
    assert found["pck_3.5"] == pytest.approx(2 / 3)
    assert found["confident"] == pytest.approx(2 / 3)  # at the threshold counts
    assert found["mean_confident"] == found["median_confident"] == 2
    assert found["rmse_confident"] == pytest.approx(np.sqrt(5)) and found["pck_2_confident"] == 0.5
    assert found["normalised"] == pytest.approx(8 / 60) and found["normalised_confident"] == pytest.approx(0.1)
    assert found["pck_relative_0.1"] == pytest.approx(1 / 3)


def test_each_distance_has_its_own_reference_length():
    found = summarise(np.array([1.0, 3.0, 5.0]), np.ones(3), 0.5, (), np.array([10.0, 20.0, np.nan]), (0.1,))
    assert found["n"] == 3 and found["mean"] == 3
    assert found["normalised"] == pytest.approx(0.125) and found["pck_relative_0.1"] == 0.5  # of the two that have one


@given(errors)
def test_figures_are_in_order(error):
    found = figures(error)
    assert found["median"] <= found["p75"] <= found["p90"] <= found["p95"] <= found["p99"] <= max(error)
    assert min(error) - 1e-6 <= found["mean"] <= found["rmse"] + 1e-6
    assert 0 <= found["pck_2"] <= found["pck_5"] <= 1


@given(errors, st.integers(1, 10))
def test_points_without_a_label_count_nowhere(error, unlabelled):
    more = [*error, *[np.nan] * unlabelled]
    assert figures(more, [*[1.0] * len(error), *[0.0] * unlabelled]) == figures(error)


def test_no_label_gives_no_figure_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = figures([[np.nan, np.nan]])
    assert found.pop("n") == 0
    assert np.isnan(list(found.values())).all()


def test_no_confident_point_leaves_the_other_figures():
    found = figures([1.0, 2.0], [0.1, 0.2])
    assert found["mean"] == 1.5 and found["confident"] == 0
    assert np.isnan(found["mean_confident"])


SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])  # its box has an area of 100


def test_similarity_by_hand():
    """With sigma 0.1, k = 0.2 and 2 s² k² = 2 · 100 · 0.04 = 8: a point 2 px off counts exp(-4 / 8)."""
    labelled = np.stack([SQUARE] * 3)
    found = labelled.copy()
    found[1, 0] += (2, 0)
    found[2] += (0, 4)
    sigmas = np.full(4, 0.1)
    expected = [1, (3 + np.exp(-0.5)) / 4, np.exp(-2)]
    assert object_keypoint_similarity(found, labelled, sigmas) == pytest.approx(expected)
    sigmas[0] = 0.2  # 2 s² k² = 32
    assert object_keypoint_similarity(found, labelled, sigmas)[1] == pytest.approx((3 + np.exp(-4 / 32)) / 4)


def test_similarity_leaves_out_what_has_no_label():
    labelled = SQUARE[None].copy()
    labelled[0, 3] = np.nan  # the box stays the same
    found = SQUARE[None] + (0.0, 2.0)
    found[0, 3] = 1e6
    assert object_keypoint_similarity(found, labelled, np.full(4, 0.1)) == pytest.approx([np.exp(-0.5)])
    found[0, 0] = np.nan  # not found: as far off as can be
    assert object_keypoint_similarity(found, labelled, np.full(4, 0.1)) == pytest.approx([2 / 3 * np.exp(-0.5)])


@pytest.mark.parametrize("there", [[], [0], [0, 1]], ids=["no label", "one label", "a box without an area"])
def test_no_similarity_without_a_scale(there):
    labelled = np.full((1, 4, 2), np.nan)
    labelled[0, there] = SQUARE[there]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(object_keypoint_similarity(SQUARE[None], labelled, np.full(4, 0.1))).all()


@given(st.floats(0.1, 50), st.floats(-100, 100), st.integers(0, 2**32 - 1))
def test_similarity_holds_for_any_size_and_place(scale, shift, seed):
    rng = np.random.default_rng(seed)
    labelled = rng.uniform(0, 100, (5, 6, 2))
    found = labelled + rng.normal(0, 5, labelled.shape)
    sigmas = rng.uniform(0.05, 0.2, 6)
    oks = object_keypoint_similarity(found, labelled, sigmas)
    assert ((oks > 0) & (oks < 1)).all()
    assert object_keypoint_similarity(scale * found + shift, scale * labelled + shift, sigmas) == pytest.approx(oks, rel=1e-6)


def test_average_precision_by_hand():
    """By score: right, wrong, right, of three frames (at 0.5). Precision 1, 1/2, 2/3 at recalls 1/3, 1/3, 2/3; interpolated,
    recalls 0 … 0.33 have 1, those to 0.66 have 2/3, the others 0: (34 + 33 · 2/3) / 101. From 0.6 on, none is right but the
    first, and at 0.95 not even that."""
    found = average_precision(np.array([0.55, 0.91, 0.2]), np.array([0.5, 0.9, 0.7]))
    at_half, above = (34 + 33 * 2 / 3) / 101, 34 / 101
    assert found["ap_50"] == pytest.approx(at_half) and found["ap_75"] == pytest.approx(above)
    assert found["map"] == pytest.approx((2 * at_half + 7 * above) / 10)  # right at 0.50 and 0.55, then up to 0.90
    assert found["mar"] == pytest.approx((2 * 2 / 3 + 7 / 3) / 10)
    assert found["oks"] == pytest.approx(1.66 / 3) and found["n_oks"] == 3


def test_average_precision_of_perfect_of_useless_and_of_no_frames():
    assert average_precision(np.ones(5), np.arange(5))["map"] == 1
    assert average_precision(np.zeros(5), np.arange(5))["map"] == 0
    assert average_precision(np.array([1.0, np.nan]), np.array([0.1, 0.9])) == average_precision(np.ones(1), np.ones(1))
    assert np.isnan(average_precision(np.array([np.nan]), np.ones(1))["map"])
