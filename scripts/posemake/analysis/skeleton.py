"""analysis.skeleton."""

import itertools
from collections.abc import Sequence

import numpy as np

from posemake.analysis.robust import median_and_mad


def find_bones(keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Pairs of keypoints (by number) whose distance tells a possible animal from an impossible one: the edges of the skeleton,
    or, where there is none, all pairs."""
    number = {name: k for k, name in enumerate(keypoints)}
    return [(number[a], number[b]) for a, b in skeleton] or list(itertools.combinations(range(len(keypoints)), 2))


def bone_lengths(xy: np.ndarray, bones: list[tuple[int, int]]) -> np.ndarray:
    """Lengths (T, B) in pixels of positions (T, K, 2); NaN where an end is missing."""
    lengths = np.empty((len(xy), len(bones)))
    for b, (one, other) in enumerate(bones):  # all at once would take several times the memory
        lengths[:, b] = np.linalg.norm(xy[:, one] - xy[:, other], axis=-1)
    return lengths


def body_ends(xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], body: Sequence[str]) -> list[tuple[int, int]]:
    """The two keypoints (by number) that lie a body length apart: those given, or those whose median distance is greatest.

    Empty with fewer than two keypoints, or where no two are ever seen together.
    """
    pairs = find_bones(keypoints, [body] if body else [])
    middles, _ = median_and_mad(bone_lengths(xy, pairs), _both(trusted, pairs))
    return [pairs[int(np.nanargmax(middles))]] if np.isfinite(middles).any() else []


def body_length(xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], body: Sequence[str]) -> float:
    """Median distance in pixels of the two keypoints of `body_ends`; NaN where there are none."""
    ends = body_ends(xy, trusted, keypoints, body)
    middles, _ = median_and_mad(bone_lengths(xy, ends), _both(trusted, ends))
    return float(np.nanmax(middles, initial=0.0)) or np.nan


def _both(of_keypoints: np.ndarray, bones: list[tuple[int, int]]) -> np.ndarray:
    ends = np.array(bones, int).reshape(-1, 2)
    return of_keypoints[:, ends[:, 0]] & of_keypoints[:, ends[:, 1]]
