"""Bones and body length of an animal (T frames, K keypoints, B bones)."""

import itertools
from collections.abc import Sequence

import numpy as np

from posemake.analysis.robust import median_and_mad

KeypointPair = tuple[int, int]  # numbers of two keypoints


def find_bones(keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> list[KeypointPair]:
    """Return the edges of the skeleton as numbers of keypoints, or all pairs of keypoints where the skeleton is empty."""
    number = {name: k for k, name in enumerate(keypoints)}
    return [(number[a], number[b]) for a, b in skeleton] or list(itertools.combinations(range(len(keypoints)), 2))


def bone_lengths(xy: np.ndarray, bones: Sequence[KeypointPair]) -> np.ndarray:
    """Return the length in pixels of each bone of positions (T, K, D) as (T, B); NaN where an end is missing."""
    lengths = np.empty((len(xy), len(bones)))
    for b, (one, other) in enumerate(bones):  # one by one, as all at once would take several times the memory
        lengths[:, b] = np.linalg.norm(xy[:, one] - xy[:, other], axis=-1)
    return lengths


def bones_with_both_ends(mask: np.ndarray, bones: Sequence[KeypointPair]) -> np.ndarray:
    """Return for each bone (T, B) whether both of its ends are set in a mask of keypoints (T, K)."""
    ends = np.array(bones, int).reshape(-1, 2)
    return mask[:, ends[:, 0]] & mask[:, ends[:, 1]]


def body_ends(xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], body: Sequence[str]) -> list[KeypointPair]:
    """Find the two keypoints that lie a body length apart.

    Parameters
    ----------
    xy
        Positions (T, K, D) in pixels.
    trusted
        Points (T, K) that the median distance of two keypoints is taken from.
    keypoints
        K names.
    body
        Names of the two keypoints, or empty for those whose median distance is greatest.

    Returns
    -------
    list
        One pair, or none with fewer than two keypoints or where no two are ever seen together.
    """
    pairs = find_bones(keypoints, [body] if body else [])
    medians, _ = median_and_mad(bone_lengths(xy, pairs), bones_with_both_ends(trusted, pairs))
    return [pairs[int(np.nanargmax(medians))]] if np.isfinite(medians).any() else []


def body_length(xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], body: Sequence[str]) -> float:
    """Return the median distance in pixels of the two keypoints of `body_ends`; NaN where there are none.

    Parameters
    ----------
    xy
        Positions (T, K, D) in pixels.
    trusted
        Points (T, K) that the median distance is taken from.
    keypoints
        K names.
    body
        Names of the two keypoints, or empty for those whose median distance is greatest.
    """
    ends = body_ends(xy, trusted, keypoints, body)
    medians, _ = median_and_mad(bone_lengths(xy, ends), bones_with_both_ends(trusted, ends))
    return float(np.nanmax(medians, initial=0.0)) or np.nan
