"""Frames on which a model is likely wrong, told from its poses alone (T frames, K keypoints, B bones, M models)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posemake.settings import Refine

FLOOR = 0.5  # pixels: spreads below that are what a careful person's labels have, and none to measure a fault by
KNOWN = 20  # values from which a median says what is usual
NAMED = 2  # faults of a kind that a reason names


@dataclass(frozen=True)
class Criterion:
    """One way to see a fault, in C keypoints or bones."""

    measured: np.ndarray  # (T, C) in pixels, or the confidence
    usual: np.ndarray  # (C,) its median
    value: np.ndarray  # (T, C) in the unit of the threshold; NaN where nothing can be said
    severity: np.ndarray  # (T, C) 0 up to the threshold, nearer to 1 the farther beyond
    words: str  # of a fault, with the places {name}, {measured}, {usual}, {value}
    names: Sequence[str]  # (C,)


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


def usual(values: np.ndarray, trusted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def body_ends(xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], body: Sequence[str]) -> list[tuple[int, int]]:
    """The two keypoints (by number) that lie a body length apart: those given, or those whose median distance is greatest.

    Empty with fewer than two keypoints, or where no two are ever seen together.
    """
    pairs = find_bones(keypoints, [body] if body else [])
    middles, _ = usual(bone_lengths(xy, pairs), _both(trusted, pairs))
    return [pairs[int(np.nanargmax(middles))]] if np.isfinite(middles).any() else []


def body_length(xy: np.ndarray, trusted: np.ndarray, keypoints: Sequence[str], body: Sequence[str]) -> float:
    """Median distance in pixels of the two keypoints of `body_ends`; NaN where there are none."""
    ends = body_ends(xy, trusted, keypoints, body)
    middles, _ = usual(bone_lengths(xy, ends), _both(trusted, ends))
    return float(np.nanmax(middles, initial=0.0)) or np.nan


def _both(of_keypoints: np.ndarray, bones: list[tuple[int, int]]) -> np.ndarray:
    ends = np.array(bones, int).reshape(-1, 2)
    return of_keypoints[:, ends[:, 0]] & of_keypoints[:, ends[:, 1]]


def steps(xy: np.ndarray) -> np.ndarray:
    """Pixels (T, K) that each point moved since the frame before; NaN in the first frame."""
    return np.pad(np.linalg.norm(np.diff(xy, axis=0), axis=-1), ((1, 0), (0, 0)), constant_values=np.nan)


def off_track(xy: np.ndarray, trusted: np.ndarray, window: int) -> np.ndarray:
    """Distance (T, K) in pixels of each point from the running median of the trusted ones around it.

    NaN where less than half of the window is trusted, and at both ends, where the median of a moving point is not where it is.
    """
    track = np.where(trusted[..., None], xy, np.nan).reshape(len(xy), 2 * xy.shape[1])
    middle = (
        pd.DataFrame(track)
        .rolling(window, center=True, min_periods=window // 2 + 1)
        .median()
        .to_numpy(copy=True)
        .reshape(xy.shape)
    )
    looked = np.flatnonzero(np.isfinite(xy).any((1, 2)))
    if len(looked):
        middle[: looked[0] + window // 2] = np.nan
        middle[max(0, looked[-1] + 1 - window // 2) :] = np.nan
    return np.linalg.norm(xy - middle, axis=-1)


def spread_of_models(positions: np.ndarray) -> np.ndarray:
    """Greatest distance (T, K) in pixels of a model from the median of all, for positions (M, T, K, 2)."""
    return np.linalg.norm(positions - np.median(positions, axis=0), axis=-1).max(0)


def _severity(value: np.ndarray, threshold: float) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(value > threshold, 1 - threshold / value, 0.0)


def _by_spread(measured, trusted, threshold, words, names, both_ways: bool = False) -> Criterion:
    """A criterion whose threshold is in median absolute deviations above the median, or either way from it."""
    middle, spread = usual(measured, trusted)
    off = measured - middle
    value = (np.abs(off) if both_ways else off) / np.maximum(spread, FLOOR)
    return Criterion(measured, middle, value, _severity(value, threshold), words, names)


def find_faults(
    xy: np.ndarray,
    confidence: np.ndarray,
    keypoints: Sequence[str],
    skeleton: Sequence[Sequence[str]],
    wanted: Refine,
    others: Sequence[np.ndarray] = (),
) -> dict[str, Criterion]:
    """Look at the poses of a video by each criterion whose threshold is not 0.

    Parameters
    ----------
    xy, confidence
        Positions (T, K, 2) in pixels and confidences (T, K) of a model; NaN in frames that were not looked at.
    skeleton
        Pairs of names whose distances are looked at; all pairs if there are none.
    others
        Positions (T, K, 2) of further models.

    Returns
    -------
    dict
        ``confidence`` below the threshold; ``jump``: movement since the frame before; ``deviation`` from the running median;
        ``bone``: a length off its median; ``disagreement`` of several models.
    """
    # a reference for what is usual is taken from points that are likely right
    trusted = confidence >= wanted.confidence
    found = {}
    if wanted.confidence:
        middle, _ = usual(confidence, np.isfinite(confidence))
        with np.errstate(invalid="ignore"):
            severity = np.where(confidence < wanted.confidence, 1 - confidence / wanted.confidence, 0.0)
        found["confidence"] = Criterion(confidence, middle, confidence, severity, "unsure of {name} ({measured:.2f})", keypoints)
    if wanted.jump:
        unit = body_length(xy, trusted, keypoints, wanted.body) if wanted.jump_unit == "body" else 1.0
        moved = steps(xy)
        middle, _ = usual(moved, trusted)
        words = "{name} jumps {measured:.3g} px, usually {usual:.2g}"
        found["jump"] = Criterion(moved, middle, moved / unit, _severity(moved / unit, wanted.jump), words, keypoints)
    if wanted.deviation:
        off = off_track(xy, trusted, wanted.window)
        words = "{name} lies {measured:.3g} px off its track, usually {usual:.2g}"
        found["deviation"] = _by_spread(off, trusted, wanted.deviation, words, keypoints)
    if wanted.bone and len(keypoints) > 1:
        bones = find_bones(keypoints, skeleton)
        names = [f"{keypoints[a]} and {keypoints[b]}" for a, b in bones]
        words = "{name} are {measured:.3g} px apart, usually {usual:.3g}"
        found["bone"] = _by_spread(bone_lengths(xy, bones), _both(trusted, bones), wanted.bone, words, names, both_ways=True)
    if wanted.disagreement and others:
        apart = spread_of_models(np.stack([xy, *others]))
        words = "models differ by {measured:.3g} px in {name}, usually by {usual:.2g}"
        found["disagreement"] = _by_spread(apart, trusted, wanted.disagreement, words, keypoints)
    return found


def score_keypoints(faults: dict[str, Criterion], keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> np.ndarray:
    """How doubtful each keypoint of each frame is (T, K): its severities by all criteria summed up, 0 for no fault.

    A keypoint bears the mean of its bones' severities: the one that is wrong has more bad bones than those it is joined to.
    """
    total = np.zeros((len(next(iter(faults.values())).severity) if faults else 0, len(keypoints)))
    for name, criterion in faults.items():
        if name != "bone":
            total += criterion.severity
            continue
        share = np.zeros((criterion.severity.shape[1], len(keypoints)))
        for bone, ends in enumerate(find_bones(keypoints, skeleton)):
            share[bone, list(ends)] = 1
        total += criterion.severity @ (share / np.maximum(share.sum(0), 1))
    return total


def reason(faults: dict[str, Criterion], frame: int) -> str:
    """What is wrong with a frame, in words, the worst first of each kind."""
    parts = []
    for criterion in faults.values():
        severity = criterion.severity[frame]
        worst = np.argsort(-severity, kind="stable")[: np.count_nonzero(severity)]
        for c in worst[:NAMED]:
            values = {key: getattr(criterion, key)[frame, c] for key in ("measured", "value")}
            parts.append(criterion.words.format(name=criterion.names[c], usual=criterion.usual[c], **values))
        if len(worst) > NAMED:
            parts[-1] += f", and {len(worst) - NAMED} more"
    return "; ".join(parts)


def best_apart(score: np.ndarray, most: int, distance: int) -> np.ndarray:
    """At most ``most`` frames (C,) with a score (T,) above 0, the highest first, of which no two are nearer than ``distance``."""
    free = np.ones(len(score), bool)
    chosen: list[int] = []
    for frame in np.argsort(-score, kind="stable"):
        if len(chosen) == most or score[frame] <= 0:
            break
        if free[frame]:
            chosen.append(int(frame))
            free[max(0, frame - distance + 1) : frame + distance] = False
    return np.array(chosen, int)
