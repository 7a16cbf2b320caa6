"""Optical flow that carries points from one image to another (K keypoints)."""

import cv2
import numpy as np

from posemake.data.geometry import outside_frame

MAX_ERROR = 1.0  # pixels between a point and where the flow brings it back to
WINDOW, LEVELS = (21, 21), 4  # pixels of the window, and levels of the pyramid


def carry_points(before: np.ndarray, now: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Carry points of one image over to another by optical flow.

    Sparse pyramidal Lucas-Kanade flow (Bouguet 2001, Pyramidal implementation of the Lucas Kanade feature tracker) there and
    back; a point that does not come back to where it was is lost (Kalal et al. 2010, doi:10.1109/ICPR.2010.675).

    Parameters
    ----------
    before, now
        Images RGB uint8 (H, W, 3) of one size.
    xy
        Points (K, 2) of the first image in pixels, NaN where there is none.

    Returns
    -------
    np.ndarray
        (K, 2) in pixels; NaN for a point that is missing, lost, or carried out of the image.
    """
    carried = np.full(xy.shape, np.nan)
    rows = np.flatnonzero(np.isfinite(xy).all(1))
    if not len(rows):
        return carried
    first, second = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (before, now))
    points = xy[rows].astype(np.float32)[:, None]
    output = np.empty_like(points), np.empty_like(points)
    there, found_there, _ = cv2.calcOpticalFlowPyrLK(first, second, points, output[0], winSize=WINDOW, maxLevel=LEVELS)
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(second, first, there, output[1], winSize=WINDOW, maxLevel=LEVELS)
    error = np.linalg.norm(back - points, axis=-1)[:, 0]
    there_xy = np.asarray(there)[:, 0].astype(float)
    good = (found_there[:, 0] == 1) & (found_back[:, 0] == 1) & (error <= MAX_ERROR)
    good &= ~outside_frame(there_xy, (now.shape[1], now.shape[0]))
    carried[rows[good]] = there_xy[good]
    return carried
