"""Reference length of each labelled frame, which errors are divided by (N frames, K keypoints)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from posemake.analysis.skeleton import body_ends, bone_lengths


@dataclass(frozen=True)
class ReferenceLength:
    """Distance between two keypoints, by which errors in animals and cameras of any size can be compared."""

    keypoints: tuple[str, ...]  # the two keypoints; empty if there are no two that are labelled together
    length: np.ndarray  # (N,) pixels; NaN where there is none

    def by_video(self, videos: np.ndarray) -> dict[str, float]:
        """Return the length in each of the videos (N,) that have one."""
        return {video: value for video, value in zip(videos.tolist(), self.length.tolist()) if value == value}


def reference_length(xy: np.ndarray, videos: np.ndarray, keypoints: list[str], reference: tuple[str, ...]) -> ReferenceLength:
    """Return the median distance of two keypoints in the labels of each frame's video.

    Where the labels of a video never show both keypoints, it is the median over all videos.

    Parameters
    ----------
    xy
        (N, K, 2) labels in pixels, NaN where there is none.
    videos
        (N,) video of each frame.
    keypoints
        Their K names.
    reference
        The two keypoints, or nothing for those that lie farthest apart.

    Returns
    -------
    ReferenceLength
        The two keypoints, and the length of each frame.
    """
    ends = body_ends(xy, np.isfinite(xy[..., 0]), keypoints, reference)
    if not ends:
        return ReferenceLength((), np.full(len(xy), np.nan))
    lengths = pd.Series(bone_lengths(xy, ends)[:, 0])
    medians = lengths.groupby(videos).transform("median").fillna(lengths.median())
    return ReferenceLength(tuple(keypoints[k] for k in ends[0]), medians.where(medians > 0).to_numpy())
