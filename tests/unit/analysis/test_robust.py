import warnings

import numpy as np

from posemake.analysis.robust import median_and_mad, nan_median


def test_median_and_spread_of_columns():
    values = np.array([np.arange(100.0), np.full(100, 7.0), np.full(100, np.nan)]).T
    middle, spread = median_and_mad(values, np.ones((100, 3), bool))
    np.testing.assert_array_equal(middle, [49.5, 7.0, np.nan])
    np.testing.assert_array_equal(spread, [25.0, 0.0, np.nan])
    few = np.zeros((100, 3), bool)
    few[:19, 0] = True
    assert median_and_mad(values, few)[0][0] == 49.5  # too few are trusted
    few[:20, 0] = True
    assert median_and_mad(values, few)[0][0] == 9.5


def test_the_median_of_known_values():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nan_median(np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])).tolist()[0] == 1.5
        assert np.isnan(nan_median(np.full((3, 2), np.nan))).all()
