"""Frames on which a model is likely wrong, told from its poses alone (T frames, K keypoints, B bones, M models)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posemake.analysis.kinematics import steps
from posemake.analysis.robust import median_and_mad
from posemake.analysis.skeleton import _both, body_length, bone_lengths, find_bones
from posemake.config.settings import Refine

FLOOR = 0.5  # pixels: spreads below that are what a careful person's labels have, and none to measure a fault by
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
    middle, spread = median_and_mad(measured, trusted)
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
        middle, _ = median_and_mad(confidence, np.isfinite(confidence))
        with np.errstate(invalid="ignore"):
            severity = np.where(confidence < wanted.confidence, 1 - confidence / wanted.confidence, 0.0)
        found["confidence"] = Criterion(confidence, middle, confidence, severity, "unsure of {name} ({measured:.2f})", keypoints)
    if wanted.jump:
        unit = body_length(xy, trusted, keypoints, wanted.body) if wanted.jump_unit == "body" else 1.0
        moved = steps(xy)
        middle, _ = median_and_mad(moved, trusted)
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
