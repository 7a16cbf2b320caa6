"""Labels that are likely slips of the hand, told from the geometry of all of them (N frames, K keypoints, B bones)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posemake.analysis.pose_outliers import FLOOR
from posemake.analysis.skeleton import bone_lengths, find_bones
from posemake.core.symmetry import find_sides

ENOUGH = 10  # frames; of fewer nobody can say what is usual
FAR = 8.0  # median absolute deviations of a length, beyond which even a bent animal is rare
SAME = 1.0  # pixels between two keypoints that lie in one place
SELDOM = 0.1  # share of the frames, below which a keypoint is labelled seldom
BETTER = 1.5  # times nearer to where they usually are, by which sides that change places come
MOST = 0.25  # share of frames with sides swapped, beyond which the animal is seen from both sides, and no label is wrong
STARTS, ROUNDS = 50, 5  # frames that are tried as the first shape, and rounds of making it the median one


@dataclass(frozen=True)
class Suspect:
    """A label to look at again."""

    row: int  # of the frame
    keypoint: str
    what: str
    value: float


def _unexplained(points: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Share (N,) of the variance of points (N, K) that a shape (K,) turned, moved and scaled does not explain; complex numbers.

    The residual of ordinary Procrustes analysis without reflection (Dryden & Mardia, Statistical Shape Analysis, 2016).
    NaN where fewer than three points are known in both, as any two fit.
    """
    known = np.isfinite(points) & np.isfinite(shape)
    count = np.maximum(known.sum(1), 1)[:, None]
    z, w = np.where(known, points, 0), np.where(known, shape, 0)
    z, w = (np.where(known, v - v.sum(1, keepdims=True) / count, 0) for v in (z, w))
    both = (np.abs(z) ** 2).sum(1) * (np.abs(w) ** 2).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = 1 - np.abs((z.conj() * w).sum(1)) ** 2 / both
    return np.where((known.sum(1) >= 3) & (both > 0), left, np.nan)


def _fitted(points: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Points (N, K) turned, moved and scaled to fit a shape (K,) best, as complex numbers."""
    known = np.isfinite(points) & np.isfinite(shape)
    count = np.maximum(known.sum(1), 1)[:, None]
    centre = np.where(known, points, 0).sum(1, keepdims=True) / count
    target = np.where(known, shape, 0).sum(1, keepdims=True) / count
    z, w = np.where(known, points - centre, 0), np.where(known, shape - target, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = (z.conj() * w).sum(1) / (np.abs(z) ** 2).sum(1)
    return (points - centre) * factor[:, None] + target


def _misfit(points: np.ndarray, shape: np.ndarray, which: list[int]) -> np.ndarray:
    """Root mean square distance (N,) of some points (N, K) to a shape (K,) that they are fitted to, NaN where one is missing."""
    return np.sqrt((np.abs(_fitted(points, shape) - shape)[:, which] ** 2).mean(1))


def median_shape(points: np.ndarray) -> np.ndarray:
    """The usual shape (K,) of an animal in frames (N, K), up to place, angle and size, as complex numbers.

    Starts from the frame that explains the others best, so that a few swapped ones do not count, and takes the median of all
    frames fitted to it, in turn.
    """
    tried = points[np.unique(np.linspace(0, len(points) - 1, STARTS).astype(int))]
    # a frame with fewer points explains more easily
    full = np.isfinite(tried).sum(1) == np.isfinite(tried).sum(1).max()
    shape = min(tried[full], key=lambda start: np.nanmedian(np.append(_unexplained(points, start), 1.0)))
    for _ in range(ROUNDS):
        fitted = _fitted(points, shape)
        fitted[~np.isfinite(fitted)] = complex(np.nan, np.nan)
        with np.errstate(all="ignore"):
            shape = _nanmedian(fitted.real) + 1j * _nanmedian(fitted.imag)
    return shape


def _nanmedian(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values).any(0)
    out = np.full(values.shape[1], np.nan)
    out[known] = np.nanmedian(values[:, known], axis=0)
    return out


def find_swapped(xy: np.ndarray, keypoints: Sequence[str]) -> list[Suspect]:
    """Frames in which left and right fit the usual shape of the animal much better when they change places.

    Each pair of sides is tried alone, and all together. Nothing is said of an animal that is seen from both sides, as its shape
    is then as often reflected. The value is how many times nearer to their usual places the sides come.
    """
    sides = find_sides(keypoints)
    points = xy[..., 0] + 1j * xy[..., 1]
    if not sides or len(points) < ENOUGH:
        return []
    shape = median_shape(points)
    now = _unexplained(points, shape)
    if np.isfinite(now).sum() < ENOUGH:
        return []
    options = [*([side] for side in sides), sides] if len(sides) > 1 else [sides]
    gain, left = np.empty((2, len(options), len(points)))
    for number, option in enumerate(options):
        of_option = [k for side in option for k in side]
        swapped = points.copy()
        swapped[:, of_option] = points[:, [k for left, right in option for k in (right, left)]]
        # the rest of a large animal fits either way, and would hide what changes
        before, after = (_misfit(either, shape, of_option) for either in (points, swapped))
        with np.errstate(divide="ignore"):
            gain[number] = np.where(np.isfinite(now) & np.isfinite(before), before / after, 0.0)
        left[number] = np.where(gain[number] > 0, _unexplained(swapped, shape), np.inf)
    best = left.argmin(0)
    most = np.take_along_axis(gain, best[None], axis=0)[0]
    wrong = most > BETTER
    if wrong.sum() > MOST * np.isfinite(now).sum():
        return []
    return [
        Suspect(int(row), keypoints[left], f"left and right swapped, with {keypoints[right]}", float(most[row]))
        for row in np.flatnonzero(wrong)
        for left, right in options[best[row]]
    ]


def relative_lengths(lengths: np.ndarray, videos: np.ndarray) -> np.ndarray:
    """Lengths (N, B) as if the animals of all videos (N,) were of the size of the median one, as cameras and animals differ."""
    overall = _nanmedian(lengths)
    out = lengths.copy()
    for video in np.unique(videos):
        rows = videos == video
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = _nanmedian(lengths[rows]) / overall
        known = ratios[np.isfinite(ratios) & (ratios > 0)]
        out[rows] /= np.median(known) if len(known) else 1.0
    return out


def find_odd_bones(
    xy: np.ndarray, videos: np.ndarray, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]
) -> list[Suspect]:
    """Keypoints (N, K, 2) at a distance from others that is far off the median of all frames of all videos (N,).

    Of each frame the keypoint with the most of that is named, with the bone that is farthest off, then what it does not explain.
    The value is in median absolute deviations.
    """
    bones = find_bones(keypoints, skeleton)
    lengths = bone_lengths(xy, bones)
    sized = relative_lengths(lengths, videos)
    middle = _nanmedian(sized)
    off = np.abs(sized - middle) / np.maximum(_nanmedian(np.abs(sized - middle)), FLOOR)
    off[:, np.isfinite(sized).sum(0) < ENOUGH] = np.nan
    found = []
    for row in np.flatnonzero((off > FAR).any(1)):
        bad = {bone: off[row, bone] for bone in np.flatnonzero(off[row] > FAR)}
        while bad:
            blame = [sum(value for bone, value in bad.items() if k in bones[bone]) for k in range(len(keypoints))]
            k = int(np.argmax(blame))
            worst = max((bone for bone in bad if k in bones[bone]), key=bad.get)
            other = bones[worst][0] if bones[worst][1] == k else bones[worst][1]
            usual = middle[worst] * lengths[row, worst] / sized[row, worst] if sized[row, worst] else middle[worst]
            what = f"{lengths[row, worst]:.3g} px from {keypoints[other]}, usually {usual:.3g}"
            found.append(Suspect(int(row), keypoints[k], what, float(bad[worst])))
            bad = {bone: value for bone, value in bad.items() if k not in bones[bone]}
    return found


def find_same_place(xy: np.ndarray, keypoints: Sequence[str]) -> list[Suspect]:
    """Keypoints of a frame that lie less than a pixel apart; the value is their distance in pixels."""
    bones = find_bones(keypoints, [])
    found = []
    for row, bone in np.argwhere((lengths := bone_lengths(xy, bones)) < SAME).tolist():
        one, other = (keypoints[k] for k in bones[bone])
        found.append(Suspect(row, one, f"in the same place as {other}", float(lengths[row, bone])))
    return found


def find_rare(xy: np.ndarray, keypoints: Sequence[str]) -> list[tuple[str, int]]:
    """Keypoints that are labelled never, or, of ten frames or more, seldom, with the number of their labels."""
    counts = np.isfinite(xy[..., 0]).sum(0)
    seldom = SELDOM * len(xy) if len(xy) >= ENOUGH else 1
    return [(name, int(count)) for name, count in zip(keypoints, counts) if count < seldom]
