"""analysis.robust."""

import numpy as np

KNOWN = 20  # values from which a median says what is usual


def median_and_mad(values: np.ndarray, trusted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median of each column of values (T, C), and the median absolute deviation from it, both (C,).

    They are those of the trusted values, or, of a column that has few, of all; NaN where there is none.
    """
    middle, spread = np.full((2, values.shape[1]), np.nan)
    for c, column in enumerate(values.T):
        known = np.isfinite(column)
        sure = known & trusted[:, c]
        found = column[sure if sure.sum() >= KNOWN else known]
        if len(found):
            middle[c] = np.median(found)
            spread[c] = np.median(np.abs(found - middle[c]))
    return middle, spread
