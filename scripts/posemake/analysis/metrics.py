"""Error metrics of predicted keypoints (N frames, K keypoints)."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

PERCENTILES = (75, 90, 95, 99)  # beside the median
OKS_THRESHOLDS = np.linspace(0.5, 0.95, 10)  # those of COCO
RECALLS = np.linspace(0, 1, 101)  # recalls at which COCO interpolates precision


def distances(predicted: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances (N, K) in pixels between positions (N, K, 2); NaN where there is no label."""
    return np.linalg.norm(predicted - labelled, axis=-1)


def _nan_if_empty(figure: Callable[[np.ndarray], float | np.floating], values: np.ndarray) -> float:
    return float(figure(values)) if len(values) else float("nan")


def _share_within(radius: float) -> Callable[[np.ndarray], np.floating]:
    return lambda distances: np.mean(distances <= radius)


def _figures(error: np.ndarray, relative: np.ndarray, pck: Sequence[float], pck_relative: Sequence[float]) -> dict[str, float]:
    known = relative[np.isfinite(relative)]
    return {
        "mean": _nan_if_empty(np.mean, error),
        "rmse": _nan_if_empty(lambda v: np.sqrt(np.mean(v**2)), error),
        "median": _nan_if_empty(np.median, error),
        **{f"p{q}": _nan_if_empty(partial(np.percentile, q=q), error) for q in PERCENTILES},
        **{f"pck_{r:g}": _nan_if_empty(_share_within(r), error) for r in pck},
        "normalised": _nan_if_empty(np.mean, known),
        **{f"pck_relative_{r:g}": _nan_if_empty(_share_within(r), known) for r in pck_relative},
    }


def summarise(
    error: np.ndarray,
    confidence: np.ndarray,
    threshold: float,
    pck: Sequence[float],
    length: np.ndarray | float = np.nan,
    pck_relative: Sequence[float] = (),
) -> dict[str, float]:
    """Summarise a set of distances.

    Parameters
    ----------
    error
        Distances in pixels, of any shape, NaN where there is no label.
    confidence
        Confidence of each prediction, of the same shape.
    threshold
        Confidence from which a prediction is confident.
    pck
        Radii in pixels. The percentage of correct keypoints (PCK, Yang & Ramanan 2013) is the share of labelled points that are
        predicted within a radius, whatever their confidence.
    length
        Reference length in pixels, one for all or one per distance; NaN where there is none.
    pck_relative
        Radii as shares of the reference length (PCKh of Andriluka et al. 2014, where the length is that of the head).

    Returns
    -------
    dict
        ``n``; ``mean`` (DeepLabCut prints this as "RMSE"), the true ``rmse``, ``median`` and percentiles in pixels;
        ``pck_<radius>`` as shares; ``normalised``, the mean distance over the reference length, and
        ``pck_relative_<share>``; ``confident``, the share of confident points; and all of these but ``n`` for the confident
        points alone, with the suffix ``_confident``. NaN where there is no point.
    """
    known = np.isfinite(error)
    relative = (error / length)[known]
    error, confidence = error[known], confidence[known]
    confident = confidence >= threshold
    of_confident = _figures(error[confident], relative[confident], pck, pck_relative)
    return {
        "n": len(error),
        **_figures(error, relative, pck, pck_relative),
        "confident": _nan_if_empty(np.mean, confident),
        **{f"{name}_confident": value for name, value in of_confident.items()},
    }


def object_keypoint_similarity(predicted: np.ndarray, labelled: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Return the object keypoint similarity (OKS) of each frame.

    COCO defines it (cocodataset.org/#keypoints-eval, section 1.2; Ronchi & Perona 2017) as the mean over the labelled keypoints
    of exp(-d² / (2 s² k²)), where d is the distance, k twice the keypoint's sigma and s² the area of the object's segment. COCO's
    sigmas are the standard deviations of d / s between people who label people, from 0.025 (eyes) to 0.107 (hips).

    Without a segment, the area is that of the box around the labelled keypoints, without a margin. DeepLabCut 3 does the same,
    for one animal and for several, with a sigma of 0.1 for all keypoints (deeplabcut/core/inferenceutils.py,
    calc_object_keypoint_similarity, by the defaults of core/metrics/api.py, compute_metrics).

    Parameters
    ----------
    predicted, labelled
        Positions (N, K, 2) in pixels. A labelled keypoint without a prediction (NaN) counts as infinitely far off.
    sigmas
        (K,) of the keypoints.

    Returns
    -------
    np.ndarray
        (N,) in 0 … 1; NaN for a frame with fewer than two labelled keypoints, or whose box has no area, as in DeepLabCut.
    """
    known = np.isfinite(labelled).all(-1)
    low = np.where(known[..., None], labelled, np.inf).min(1)
    high = np.where(known[..., None], labelled, -np.inf).max(1)
    usable = known.sum(1) >= 2
    sides = np.where(usable[:, None], high - low, 0.0)
    area = np.where(usable & (sides > 0).all(1), sides.prod(1), np.nan)
    squared = ((predicted - labelled) ** 2).sum(-1)
    squared = np.where(known & np.isnan(squared), np.inf, squared)
    each = np.exp(-squared / (2 * area[:, None] * (2 * np.asarray(sigmas)) ** 2))
    total = np.where(known, each, 0.0).sum(1)
    return np.where(np.isfinite(area), total / np.maximum(known.sum(1), 1), np.nan)


def average_precision(oks: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """Return COCO's mean average precision of one animal per frame, from similarities (N,) and scores (N,) of the predictions.

    At each threshold 0.50, 0.55 … 0.95, a frame is right if its similarity reaches the threshold. Precision over recall, of the
    frames sorted by score, is interpolated at 101 recalls. Frames without a similarity (NaN) are left out. DeepLabCut 3 gives the
    same numbers in per cent, except that it counts the animals predicted in such frames as wrong
    (core/metrics/distance_metrics.py).

    Returns
    -------
    dict
        ``oks`` (mean similarity), ``map`` and ``mar`` (means over the thresholds), ``ap_50``, ``ap_75``, and ``n_oks`` (frames).
    """
    known = np.isfinite(oks)
    if not known.any():
        return {"n_oks": 0} | dict.fromkeys(("oks", "map", "mar", "ap_50", "ap_75"), float("nan"))
    ranked = oks[known][np.argsort(-score[known], kind="stable")]
    right = (ranked[:, None] >= OKS_THRESHOLDS).cumsum(0)  # (N, thresholds)
    recall = right / len(ranked)
    precision = right / np.arange(1, len(ranked) + 1)[:, None]
    precision = np.maximum.accumulate(precision[::-1])[::-1]  # best precision at this or a higher recall
    precisions = []
    for r, p in zip(recall.T, precision.T):
        at = np.searchsorted(r, RECALLS, side="left")
        precisions.append(np.append(p, 0.0)[at].mean())
    return {
        "n_oks": int(known.sum()),
        "oks": float(ranked.mean()),
        "map": float(np.mean(precisions)),
        "mar": float(recall[-1].mean()),
        "ap_50": float(precisions[0]),
        "ap_75": float(precisions[5]),
    }
