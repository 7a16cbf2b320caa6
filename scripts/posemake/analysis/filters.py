"""Filter steps of tracks (T frames, K keypoints).

A point is missing where it is NaN. Only `Interpolate` adds points; smoothing steps never remove any.
"""

import numpy as np

from posemake.analysis.filter_context import FilterContext
from posemake.analysis.interpolation import interpolate
from posemake.analysis.outlier_removal import misplaced_bone_ends, remove_hampel_outliers, remove_jumps
from posemake.analysis.smoothing import smooth_butterworth, smooth_kalman, smooth_median, smooth_savgol
from posemake.config.filter_steps import Bone, Butterworth, Confidence, Hampel, Interpolate, Kalman, Median, Savgol, Speed, Step


def apply_step(step: Step, xy: np.ndarray, context: FilterContext) -> np.ndarray:
    """Apply a filter step to all tracks.

    Parameters
    ----------
    step
        Settings of the step.
    xy
        Positions (T, K, 2) in pixels; they stay as they are.
    context
        What the step may need beside the positions.

    Returns
    -------
    np.ndarray
        Positions (T, K, 2) after the step.

    Raises
    ------
    PosemakeError
        If the frame rate does not allow the cut-off frequency of `Butterworth`.
    """
    if isinstance(step, Confidence):
        return np.where(context.trusted[..., None], xy, np.nan)
    if isinstance(step, Bone):
        return np.where(misplaced_bone_ends(xy, step, context)[..., None], np.nan, xy)
    filtered = np.empty(xy.shape)
    for k in range(xy.shape[1]):
        filtered[:, k] = _filter_track(np.ascontiguousarray(xy[:, k]), step, context)
    return filtered


def _filter_track(track: np.ndarray, step: Step, context: FilterContext) -> np.ndarray:
    """Apply a step to a single track (T, 2)."""
    match step:
        case Speed():
            return remove_jumps(track, step, context.body_length)
        case Hampel():
            return remove_hampel_outliers(track, step)
        case Interpolate():
            return interpolate(track, step)
        case Median():
            return smooth_median(track, step)
        case Savgol():
            return smooth_savgol(track, step)
        case Butterworth():
            return smooth_butterworth(track, step, context)
        case Kalman():
            return smooth_kalman(track, step)
    raise TypeError(f"{type(step).__name__} does not filter single tracks")
