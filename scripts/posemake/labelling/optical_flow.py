"""Points of one image carried over to another by optical flow, as a proposal to a person (K keypoints)."""

import cv2
import numpy as np

from posemake.data.geometry import outside

LARGEST_ERROR = 1.0  # pixels between a point and where it comes back to
WINDOW, LEVELS = (21, 21), 4


def carry_points(before: np.ndarray, now: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Carry points of the image ``before`` over to the image ``now``, both RGB uint8 (H, W, 3) of one size.

    Sparse pyramidal Lucas-Kanade flow (Bouguet 2001, Pyramidal implementation of the Lucas Kanade feature tracker) there and
    back; a point that does not come back to where it was is lost (Kalal et al. 2010, doi:10.1109/ICPR.2010.675).

    Returns
    -------
    np.ndarray
        (K, 2) in pixels; NaN for a point that is missing, lost, or carried out of the image.
    """
    found = np.full(xy.shape, np.nan)
    rows = np.flatnonzero(np.isfinite(xy).all(1))
    if not len(rows):
        return found
    first, second = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (before, now))
    points = xy[rows].astype(np.float32)[:, None]
    there, seen, _ = cv2.calcOpticalFlowPyrLK(first, second, points, None, winSize=WINDOW, maxLevel=LEVELS)
    back, seen_back, _ = cv2.calcOpticalFlowPyrLK(second, first, there, None, winSize=WINDOW, maxLevel=LEVELS)
    error = np.linalg.norm(back - points, axis=-1)[:, 0]
    carried = there[:, 0].astype(float)
    good = (seen[:, 0] == 1) & (seen_back[:, 0] == 1) & (error <= LARGEST_ERROR)
    good &= ~outside(carried, (now.shape[1], now.shape[0]))
    found[rows[good]] = carried[good]
    return found
