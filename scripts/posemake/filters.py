"""Filters of tracks (time, space, keypoints, individuals), through movement."""

import numpy as np
import xarray as xr
from movement.filtering import filter_by_confidence, interpolate_over_time, rolling_filter, savgol_filter

from posemake.log import logger
from posemake.settings import Filter

# xarray's default compiles each function anew in every job, which takes ten seconds
xr.set_options(use_bottleneck=True, use_numbagg=False)


def clean(poses: xr.Dataset, settings: Filter) -> xr.DataArray:
    """Drop unsure points, bridge short gaps, smooth.

    Returns
    -------
    xr.DataArray
        Positions with the dimensions of the input. Points below the threshold are missing, but for gaps of at most
        ``max_gap`` frames between two good points, which are filled on a straight line. Smoothing adds and drops none.
    """
    # windows and gaps are counted in frames, and timestamps may stand twice in a file
    times = poses.time
    poses = poses.assign_coords(time=np.arange(poses.sizes["time"]))
    position = filter_by_confidence(poses.position, poses.confidence, threshold=settings.threshold)
    if settings.max_gap:
        position = interpolate_over_time(position, max_gap=settings.max_gap)
    if settings.method != "none" and settings.window > poses.sizes["time"]:
        logger.info("not smoothed: the window is longer than the video")
    elif settings.method == "median":
        # beside a gap, and at the ends, where movement mirrors the track, the median of a moving point is not where it is:
        # such a point stays as it was
        smooth = rolling_filter(position, window=settings.window, statistic="median")
        inner = slice(settings.window // 2, position.sizes["time"] - settings.window // 2)
        position = smooth.isel(time=inner).reindex_like(position).fillna(position)
    elif settings.method == "savgol":
        # a polynomial has no value where one point of its window is missing: bridge all gaps for it, then open them again
        bridged = interpolate_over_time(position).ffill("time").bfill("time").fillna(0)
        smooth = savgol_filter(bridged, window=settings.window, polyorder=settings.polyorder)
        position = smooth.where(position.notnull())
    return position.transpose(*poses.position.dims).assign_coords(time=times)
