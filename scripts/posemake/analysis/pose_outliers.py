"""Frames on which a model is likely wrong, found from its poses alone (T frames, K keypoints, B bones, M models)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import bottleneck
import numpy as np

from posemake.analysis.kinematics import displacements
from posemake.analysis.robust import MIN_SPREAD, median_and_mad
from posemake.analysis.skeleton import body_length, bone_lengths, bones_with_both_ends, find_bones
from posemake.config.settings import Refine

MAX_NAMED = 2  # outliers per criterion that the description of a frame names


@dataclass(frozen=True)
class Criterion:
    """One way to find outliers, in C keypoints or bones."""

    measured: np.ndarray  # (T, C) in pixels, or the confidence
    median: np.ndarray  # (C,) of the measured values
    value: np.ndarray  # (T, C) in the unit of the threshold; NaN where it is unknown
    severity: np.ndarray  # (T, C) 0 up to the threshold, approaching 1 beyond it
    template: str  # sentence about an outlier with the fields {name}, {measured} and {median}
    names: Sequence[str]  # (C,) of the keypoints or bones


def track_deviation(xy: np.ndarray, trusted: np.ndarray, window: int) -> np.ndarray:
    """Return the distance (T, K) in pixels of each point from the running median of the trusted points around it.

    Parameters
    ----------
    xy
        Positions (T, K, D) in pixels.
    trusted
        (T, K) points that count in the median.
    window
        Frames, odd.

    Returns
    -------
    np.ndarray
        NaN where less than half of the window is trusted, and at both ends of the analysed frames, where the median of a moving
        point lags behind it.
    """
    if not len(xy):
        return np.empty(xy.shape[:2])
    half = window // 2
    track = np.where(trusted[..., None], xy, np.nan).reshape(len(xy), -1)
    padded = np.pad(track, ((half, half), (0, 0)), constant_values=np.nan)
    median = bottleneck.move_median(padded, window, min_count=half + 1, axis=0)[2 * half :].reshape(xy.shape)
    analysed = np.flatnonzero(np.isfinite(xy).any((1, 2)))
    if len(analysed):
        median[: analysed[0] + half] = np.nan
        median[max(0, analysed[-1] + 1 - half) :] = np.nan
    return np.linalg.norm(xy - median, axis=-1)


def model_disagreement(positions: np.ndarray) -> np.ndarray:
    """Return the greatest distance (T, K) in pixels of a model from the median of all models, for positions (M, T, K, D)."""
    return np.linalg.norm(positions - np.median(positions, axis=0), axis=-1).max(0)


def _severity(value: np.ndarray, threshold: float) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(value > threshold, 1 - threshold / value, 0.0)


def _by_deviations(
    measured: np.ndarray, trusted: np.ndarray, threshold: float, template: str, names: Sequence[str], both_ways: bool = False
) -> Criterion:
    """Build a criterion whose threshold is in median absolute deviations above the median, or either way from it."""
    median, mad = median_and_mad(measured, trusted)
    deviation = measured - median
    value = (np.abs(deviation) if both_ways else deviation) / np.maximum(mad, MIN_SPREAD)
    return Criterion(measured, median, value, _severity(value, threshold), template, names)


def evaluate_criteria(
    xy: np.ndarray,
    confidence: np.ndarray,
    keypoints: Sequence[str],
    skeleton: Sequence[Sequence[str]],
    settings: Refine,
    others: Sequence[np.ndarray] = (),
) -> dict[str, Criterion]:
    """Search the poses of a video for outliers by each criterion whose threshold is not 0.

    Parameters
    ----------
    xy
        Positions (T, K, D) of the first model in pixels; NaN in frames that were not analysed.
    confidence
        Its confidences (T, K).
    keypoints
        K names.
    skeleton
        Pairs of names whose distances are looked at; all pairs if there are none.
    settings
        Thresholds and windows.
    others
        Positions (T, K, D) of further models.

    Returns
    -------
    dict
        ``confidence`` below the threshold; ``jump``: movement since the previous frame; ``deviation`` from the running median;
        ``bone``: a length off its median; ``disagreement`` of several models.
    """
    # medians are taken from points that are likely right
    trusted = confidence >= settings.confidence
    return dict(_criteria(xy, confidence, trusted, keypoints, skeleton, settings, others))


def _criteria(
    xy: np.ndarray,
    confidence: np.ndarray,
    trusted: np.ndarray,
    keypoints: Sequence[str],
    skeleton: Sequence[Sequence[str]],
    settings: Refine,
    others: Sequence[np.ndarray],
) -> Iterator[tuple[str, Criterion]]:
    if settings.confidence:
        yield "confidence", _low_confidence(confidence, settings.confidence, keypoints)
    if settings.jump:
        unit = body_length(xy, trusted, keypoints, settings.body) if settings.jump_unit == "body" else 1.0
        moved = displacements(xy)
        median, _ = median_and_mad(moved, trusted)
        template = "{name} jumps {measured:.3g} px, usually {median:.2g}"
        yield "jump", Criterion(moved, median, moved / unit, _severity(moved / unit, settings.jump), template, keypoints)
    if settings.deviation:
        deviation = track_deviation(xy, trusted, settings.window)
        template = "{name} lies {measured:.3g} px off its track, usually {median:.2g}"
        yield "deviation", _by_deviations(deviation, trusted, settings.deviation, template, keypoints)
    if settings.bone and len(keypoints) > 1:
        bones = find_bones(keypoints, skeleton)
        names = [f"{keypoints[a]} and {keypoints[b]}" for a, b in bones]
        template = "{name} are {measured:.3g} px apart, usually {median:.3g}"
        lengths, trusted_bones = bone_lengths(xy, bones), bones_with_both_ends(trusted, bones)
        yield "bone", _by_deviations(lengths, trusted_bones, settings.bone, template, names, both_ways=True)
    if settings.disagreement and others:
        distance = model_disagreement(np.stack([xy, *others]))
        template = "models differ by {measured:.3g} px in {name}, usually by {median:.2g}"
        yield "disagreement", _by_deviations(distance, trusted, settings.disagreement, template, keypoints)


def _low_confidence(confidence: np.ndarray, threshold: float, keypoints: Sequence[str]) -> Criterion:
    median, _ = median_and_mad(confidence, np.isfinite(confidence))
    with np.errstate(invalid="ignore"):
        severity = np.where(confidence < threshold, 1 - confidence / threshold, 0.0)
    return Criterion(confidence, median, confidence, severity, "unsure of {name} ({measured:.2f})", keypoints)


def keypoint_scores(criteria: dict[str, Criterion], keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> np.ndarray:
    """Sum up how doubtful each keypoint of each frame is.

    A keypoint takes the mean severity of its bones: a keypoint that is wrong has more wrong bones than those it is joined to.

    Parameters
    ----------
    criteria
        Result of `evaluate_criteria`.
    keypoints
        K names.
    skeleton
        Pairs of names, as given to `evaluate_criteria`.

    Returns
    -------
    np.ndarray
        (T, K) sum of the severities by all criteria; 0 where there is no outlier.
    """
    total = np.zeros((len(next(iter(criteria.values())).severity) if criteria else 0, len(keypoints)))
    for name, criterion in criteria.items():
        if name != "bone":
            total += criterion.severity
            continue
        share = np.zeros((criterion.severity.shape[1], len(keypoints)))
        for bone, ends in enumerate(find_bones(keypoints, skeleton)):
            share[bone, list(ends)] = 1
        total += criterion.severity @ (share / np.maximum(share.sum(0), 1))
    return total


def describe_frame(criteria: dict[str, Criterion], frame: int) -> str:
    """Say what is wrong with a frame, by criterion, the worst keypoints or bones first; empty if nothing is wrong."""
    parts = []
    for criterion in criteria.values():
        severity = criterion.severity[frame]
        worst = np.argsort(-severity, kind="stable")[: np.count_nonzero(severity)]
        for c in worst[:MAX_NAMED]:
            measured, median = criterion.measured[frame, c], criterion.median[c]
            parts.append(criterion.template.format(name=criterion.names[c], measured=measured, median=median))
        if len(worst) > MAX_NAMED:
            parts[-1] += f", and {len(worst) - MAX_NAMED} more"
    return "; ".join(parts)


def worst_frames(score: np.ndarray, count: int, min_distance: int) -> np.ndarray:
    """Choose the frames with the highest scores that lie apart.

    Parameters
    ----------
    score
        (T,) of each frame; frames with 0 are not chosen.
    count
        Greatest number of frames.
    min_distance
        Frames between two chosen ones, at least.

    Returns
    -------
    np.ndarray
        (C,) frames, the highest score first.
    """
    free = np.ones(len(score), bool)
    chosen: list[int] = []
    for frame in np.argsort(-score, kind="stable"):
        if len(chosen) == count or score[frame] <= 0:
            break
        if free[frame]:
            chosen.append(int(frame))
            free[max(0, frame - min_distance + 1) : frame + min_distance] = False
    return np.array(chosen, int)
