import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.analysis.calibration import MIN_PASSING, expected_calibration_error, reliability_bins, suggest_threshold

NAMES = ["mean", "rmse", "median", "pck_5"]


def test_reliability_of_a_calibrated_and_of_an_overconfident_model():
    rng = np.random.default_rng(4)
    confidence = rng.uniform(0, 1, 20000)
    bins = reliability_bins(confidence, rng.uniform(0, 1, 20000) < confidence)
    assert sum(row["n"] for row in bins) == 20000 and expected_calibration_error(bins) < 0.02
    assert all(row["low"] <= row["confidence"] <= row["high"] for row in bins)
    sure = reliability_bins(np.full(100, 0.95), np.arange(100) < 60)
    assert sure[-1]["n"] == 100 and sure[-1]["correct"] == 0.6 and expected_calibration_error(sure) == pytest.approx(0.35)


def test_no_points_have_no_reliability_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bins = reliability_bins(np.array([]), np.array([], bool))
        assert np.isnan(expected_calibration_error(bins)) and {row["n"] for row in bins} == {0}
        assert suggest_threshold(np.array([]), np.array([], bool), 0.95)["threshold"] is None


def test_the_threshold_is_the_lowest_that_keeps_the_share():
    """60 right points above 0.5, then wrong ones: three of these keep 60 of 63 (95.2 %), a fourth does not."""
    confidence = np.concatenate([np.linspace(0.5, 1, 60), [0.4, 0.3, 0.2, 0.1]])
    found = suggest_threshold(confidence, np.arange(64) < 60, 0.95)
    assert found == {"threshold": 0.2, "points": 64, "passing": 63, "correct": pytest.approx(60 / 63)}


def test_points_of_one_confidence_pass_together():
    confidence = np.concatenate([np.full(30, 0.9), np.full(10, 0.5)])
    correct = np.array([True] * 30 + [True, *[False] * 9])
    assert suggest_threshold(confidence, correct, 0.95)["threshold"] == 0.9


@pytest.mark.parametrize("right", [MIN_PASSING - 1, MIN_PASSING])
def test_a_threshold_rests_on_enough_points(right):
    confidence = np.concatenate([np.linspace(0.6, 1, right), np.full(100, 0.5)])
    found = suggest_threshold(confidence, np.arange(right + 100) < right, 0.95)["threshold"]
    assert (found is None) == (right < MIN_PASSING)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=80))
def test_a_suggested_threshold_keeps_its_word(points):
    confidence, correct = np.array([c for c, _ in points], float), np.array([r for _, r in points], bool)
    found = suggest_threshold(confidence, correct, 0.95)
    for value in np.unique(confidence):
        passing = correct[confidence >= value]
        good = len(passing) >= MIN_PASSING and passing.mean() >= 0.95 - 1e-12
        if found["threshold"] is None or value < found["threshold"]:
            assert not good
        elif value == found["threshold"]:
            assert good and found["passing"] == len(passing) and found["correct"] == pytest.approx(passing.mean())
