"""Likely mistakes of labelling, found by the geometry of all labels (N frames, K keypoints, B bones)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posemake.analysis.robust import MIN_SPREAD, nan_median
from posemake.analysis.skeleton import KeypointPair, bone_lengths, find_bones
from posemake.core.symmetry import find_flip_pairs

MIN_FRAMES = 10  # fewer frames do not tell what is usual
MAX_DEVIATION = 8.0  # median absolute deviations of a length, beyond which even a bent animal is rare
SAME_PLACE = 1.0  # pixels between two keypoints, below which they lie in one place
RARE = 0.1  # share of the frames, below which a keypoint is rarely labelled
MIN_GAIN = 1.5  # times that sides come nearer to their usual places when they are swapped back
MAX_SWAPPED = 0.25  # share of the frames; if more seem swapped, the animal is seen from both sides and no label is wrong
FIRST_SHAPES = 50  # frames that are tried as the first guess of the median shape
SHAPE_STEPS = 5  # refinements of the median shape


@dataclass(frozen=True)
class Suspect:
    """A label to look at again."""

    row: int  # index of the frame
    keypoint: str
    what: str
    value: float


def _unexplained_variance(points: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return the share (N,) of the variance of points (N, K) that a shape (K,) rotated, moved and scaled does not explain.

    The residual of ordinary Procrustes analysis without reflection (Dryden & Mardia, Statistical Shape Analysis, 2016), with
    complex numbers. NaN where fewer than three points are known in both, as any two fit.
    """
    known = np.isfinite(points) & np.isfinite(shape)
    count = np.maximum(known.sum(1), 1)[:, None]
    z, w = np.where(known, points, 0), np.where(known, shape, 0)
    z, w = (np.where(known, v - v.sum(1, keepdims=True) / count, 0) for v in (z, w))
    product = (np.abs(z) ** 2).sum(1) * (np.abs(w) ** 2).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        unexplained = 1 - np.abs((z.conj() * w).sum(1)) ** 2 / product
    return np.where((known.sum(1) >= 3) & (product > 0), unexplained, np.nan)


def _fit_to_shape(points: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return points (N, K) rotated, moved and scaled to fit a shape (K,) best, as complex numbers."""
    known = np.isfinite(points) & np.isfinite(shape)
    count = np.maximum(known.sum(1), 1)[:, None]
    centre = np.where(known, points, 0).sum(1, keepdims=True) / count
    target = np.where(known, shape, 0).sum(1, keepdims=True) / count
    z, w = np.where(known, points - centre, 0), np.where(known, shape - target, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = (z.conj() * w).sum(1) / (np.abs(z) ** 2).sum(1)
    return (points - centre) * factor[:, None] + target


def _shape_error(points: np.ndarray, shape: np.ndarray, chosen: list[int]) -> np.ndarray:
    """Return the root mean square distance (N,) of chosen points to a shape (K,) that all points (N, K) are fitted to.

    NaN where a chosen point is missing.
    """
    return np.sqrt((np.abs(_fit_to_shape(points, shape) - shape)[:, chosen] ** 2).mean(1))


def median_shape(points: np.ndarray) -> np.ndarray:
    """Return the usual shape (K,) of an animal in frames (N, K), up to place, angle and size, as complex numbers.

    Starts from the frame that explains the others best, so that a few swapped ones do not count, and takes the median of all
    frames fitted to it, several times.
    """
    tried = points[np.unique(np.linspace(0, len(points) - 1, FIRST_SHAPES).astype(int))]
    # a frame with fewer points explains more easily
    complete = np.isfinite(tried).sum(1) == np.isfinite(tried).sum(1).max()
    shape = min(tried[complete], key=lambda first: float(np.nanmedian(np.append(_unexplained_variance(points, first), 1.0))))
    for _ in range(SHAPE_STEPS):
        fitted = _fit_to_shape(points, shape)
        fitted[~np.isfinite(fitted)] = complex(np.nan, np.nan)
        with np.errstate(all="ignore"):
            shape = nan_median(fitted.real) + 1j * nan_median(fitted.imag)
    return shape


def find_swapped(xy: np.ndarray, keypoints: Sequence[str]) -> list[Suspect]:
    """Find frames in which left and right fit the usual shape of the animal much better when they change places.

    Each pair of sides is tried alone, and all together. If many frames seem swapped, the animal is seen from both sides, so that
    its shape is often reflected, and no frame is returned.

    Parameters
    ----------
    xy
        Labels (N, K, 2) in pixels, NaN where there is no position.
    keypoints
        Names (K,).

    Returns
    -------
    list
        The value of each is how many times nearer to their usual places the sides come.
    """
    sides = find_flip_pairs(keypoints)
    points = xy[..., 0] + 1j * xy[..., 1]
    if not sides or len(points) < MIN_FRAMES:
        return []
    shape = median_shape(points)
    unexplained = _unexplained_variance(points, shape)
    if np.isfinite(unexplained).sum() < MIN_FRAMES:
        return []
    options = [*([side] for side in sides), sides] if len(sides) > 1 else [sides]
    gain, remaining = np.empty((2, len(options), len(points)))
    for number, option in enumerate(options):
        in_option = [k for side in option for k in side]
        swapped = points.copy()
        swapped[:, in_option] = points[:, [k for left, right in option for k in (right, left)]]
        # the rest of a large animal fits either way, and would hide what changes
        before, after = (_shape_error(either, shape, in_option) for either in (points, swapped))
        with np.errstate(invalid="ignore", divide="ignore"):
            gain[number] = np.where(np.isfinite(unexplained) & np.isfinite(before), before / after, 0.0)
        remaining[number] = np.where(gain[number] > 0, _unexplained_variance(swapped, shape), np.inf)
    best = remaining.argmin(0)
    best_gain = np.take_along_axis(gain, best[None], axis=0)[0]
    wrong = best_gain > MIN_GAIN
    if wrong.sum() > MAX_SWAPPED * np.isfinite(unexplained).sum():
        return []
    return [
        Suspect(int(row), keypoints[left], f"left and right swapped, with {keypoints[right]}", float(best_gain[row]))
        for row in np.flatnonzero(wrong)
        for left, right in options[best[row]]
    ]


def relative_lengths(lengths: np.ndarray, videos: np.ndarray) -> np.ndarray:
    """Return lengths (N, B) as if the animals of all videos (N,) had the median size, as cameras and animals differ."""
    overall = nan_median(lengths)
    scaled = lengths.copy()
    for video in np.unique(videos):
        rows = videos == video
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = nan_median(lengths[rows]) / overall
        known = ratios[np.isfinite(ratios) & (ratios > 0)]
        scaled[rows] /= np.median(known) if len(known) else 1.0
    return scaled


def find_odd_bones(
    xy: np.ndarray, videos: np.ndarray, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]
) -> list[Suspect]:
    """Find keypoints whose distances to others are far off the median of all frames of all videos.

    Of each frame, the keypoint that explains most of the deviation is named first, with its worst bone, then the keypoint that
    explains most of the rest.

    Parameters
    ----------
    xy
        Labels (N, K, 2) in pixels, NaN where there is no position.
    videos
        Names (N,).
    keypoints
        Names (K,).
    skeleton
        Pairs of names of keypoints; empty for all pairs.

    Returns
    -------
    list
        The value of each is a number of median absolute deviations.
    """
    bones = find_bones(keypoints, skeleton)
    lengths = bone_lengths(xy, bones)
    scaled = relative_lengths(lengths, videos)
    median = nan_median(scaled)
    deviation = np.abs(scaled - median) / np.maximum(nan_median(np.abs(scaled - median)), MIN_SPREAD)
    deviation[:, np.isfinite(scaled).sum(0) < MIN_FRAMES] = np.nan
    suspects = []
    for row in np.flatnonzero((deviation > MAX_DEVIATION).any(1)).tolist():
        odd = {bone: float(deviation[row, bone]) for bone in np.flatnonzero(deviation[row] > MAX_DEVIATION).tolist()}
        for k, worst in _explain_bones(odd, bones, len(keypoints)):
            other = bones[worst][0] if bones[worst][1] == k else bones[worst][1]
            length, relative = lengths[row, worst], scaled[row, worst]
            usual = median[worst] * length / relative if relative else median[worst]
            what = f"{length:.3g} px from {keypoints[other]}, usually {usual:.3g}"
            suspects.append(Suspect(row, keypoints[k], what, odd[worst]))
    return suspects


def _explain_bones(odd: dict[int, float], bones: Sequence[KeypointPair], keypoints: int) -> list[tuple[int, int]]:
    """Return keypoints, each with its worst bone, that together have all odd bones; the one with most of the deviation first.

    Parameters
    ----------
    odd
        Deviation of each odd bone.
    bones
        Ends of all bones.
    keypoints
        Number of keypoints.
    """
    explained, rest = [], dict(odd)
    while rest:
        totals = [sum(value for bone, value in rest.items() if k in bones[bone]) for k in range(keypoints)]
        k = int(np.argmax(totals))
        explained.append((k, max((bone for bone in rest if k in bones[bone]), key=rest.__getitem__)))
        rest = {bone: value for bone, value in rest.items() if k not in bones[bone]}
    return explained


def find_same_place(xy: np.ndarray, keypoints: Sequence[str]) -> list[Suspect]:
    """Find keypoints of a frame that lie less than a pixel apart; the value is their distance in pixels.

    Parameters
    ----------
    xy
        Labels (N, K, 2) in pixels.
    keypoints
        Names (K,).
    """
    pairs = find_bones(keypoints, [])
    distances = bone_lengths(xy, pairs)
    suspects = []
    for row, pair in np.argwhere(distances < SAME_PLACE).tolist():
        one, other = (keypoints[k] for k in pairs[pair])
        suspects.append(Suspect(row, one, f"in the same place as {other}", float(distances[row, pair])))
    return suspects


def find_rare(xy: np.ndarray, keypoints: Sequence[str]) -> list[tuple[str, int]]:
    """Find keypoints that are never labelled or, in ten frames or more, rarely; with the number of their labels.

    Parameters
    ----------
    xy
        Labels (N, K, 2) in pixels, NaN where there is no position.
    keypoints
        Names (K,).
    """
    counts = np.isfinite(xy[..., 0]).sum(0)
    rare = RARE * len(xy) if len(xy) >= MIN_FRAMES else 1
    return [(name, int(count)) for name, count in zip(keypoints, counts) if count < rare]
