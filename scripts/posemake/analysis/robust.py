"""Robust statistics."""

import bottleneck
import numpy as np

MIN_VALUES = 20  # values; fewer do not give a reliable median or spread
MIN_SPREAD = 0.5  # pixels; smaller spreads are those of careful labels and too small to measure an outlier by


def median_and_mad(values: np.ndarray, trusted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the median of each column of values (T, C) and the median absolute deviation from it, both (C,).

    Only trusted values (T, C) count, or all values of a column with fewer than `MIN_VALUES` trusted ones. NaN for a column
    without values.
    """
    median, mad = np.full((2, values.shape[1]), np.nan)
    for c, column in enumerate(values.T):
        known = np.isfinite(column)
        reliable = known & trusted[:, c]
        used = column[reliable if reliable.sum() >= MIN_VALUES else known]
        if len(used):
            median[c] = np.median(used)
            mad[c] = np.median(np.abs(used - median[c]))
    return median, mad


def nan_median(values: np.ndarray) -> np.ndarray:
    """Return the median of the known values of each column of (N, C), as (C,); NaN for a column without any."""
    return bottleneck.nanmedian(values, axis=0)
