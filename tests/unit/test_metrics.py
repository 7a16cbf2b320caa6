import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.metrics import distances, summarise

errors = st.lists(st.floats(0, 1000), min_size=1, max_size=40)


def figures(error, confidence=None, threshold=0.6, pck=(2.0, 5.0)):
    error = np.asarray(error, float)
    return summarise(error, np.ones(error.shape) if confidence is None else np.asarray(confidence, float), threshold, pck)


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
