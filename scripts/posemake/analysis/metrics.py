"""Distances between predicted and labelled keypoints, and the figures made of them (N frames, K keypoints)."""

import numpy as np

PERCENTILES = (50, 75, 90, 95, 99)
OKS_THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of COCO
RECALLS = np.linspace(0, 1, 101)  # of COCO's interpolated precision


def distances(predicted: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Euclidean distances (N, K) in pixels between positions (N, K, 2); NaN where there is no label."""
    return np.linalg.norm(predicted - labelled, axis=-1)


def _of(values: np.ndarray, figure) -> float:
    return float(figure(values)) if len(values) else float("nan")


def _figures(
    error: np.ndarray, relative: np.ndarray, pck: tuple[float, ...], pck_relative: tuple[float, ...]
) -> dict[str, float]:
    known = relative[np.isfinite(relative)]
    return {
        "mean": _of(error, np.mean),
        "rmse": _of(error, lambda v: np.sqrt(np.mean(v**2))),
        "median": _of(error, np.median),
        **{f"p{q}": _of(error, lambda v, q=q: np.percentile(v, q)) for q in PERCENTILES[1:]},
        **{f"pck_{r:g}": _of(error, lambda v, r=r: np.mean(v <= r)) for r in pck},
        "normalised": _of(known, np.mean),
        **{f"pck_relative_{r:g}": _of(known, lambda v, r=r: np.mean(v <= r)) for r in pck_relative},
    }


def summarise(
    error: np.ndarray,
    confidence: np.ndarray,
    threshold: float,
    pck: tuple[float, ...],
    length: np.ndarray | float = np.nan,
    pck_relative: tuple[float, ...] = (),
) -> dict[str, float]:
    """Figures of a set of distances.

    Parameters
    ----------
    error
        Distances in pixels, of any shape, NaN where there is no label.
    confidence
        Confidence of each prediction, of the same shape.
    threshold
        Predictions at or above it are confident.
    pck
        Radii in pixels: the percentage of correct keypoints is the share of labelled points at most that far off
        (Yang & Ramanan 2013), whatever the confidence.
    length
        Reference length in pixels, one or one per distance; NaN where there is none.
    pck_relative
        Radii as shares of it (PCKh of Andriluka et al. 2014, where the length is the head's).

    Returns
    -------
    dict
        ``n``; ``mean`` (DeepLabCut prints this as "RMSE"), the true ``rmse``, ``median`` and percentiles in pixels;
        ``pck_<radius>`` as shares; ``normalised``, the mean distance over the reference length, and
        ``pck_relative_<share>``; ``confident`` (share), and all of these but ``n`` of the confident points, with the ending
        ``_confident``. NaN where there is no point.
    """
    known = np.isfinite(error)
    relative = (error / length)[known]
    e, c = error[known], confidence[known]
    sure = c >= threshold
    passing = _figures(e[sure], relative[sure], pck, pck_relative)
    return {
        "n": len(e),
        **_figures(e, relative, pck, pck_relative),
        "confident": _of(c, lambda v: np.mean(v >= threshold)),
        **{f"{name}_confident": value for name, value in passing.items()},
    }


def similarity(predicted: np.ndarray, labelled: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Object keypoint similarity (N,) of positions (N, K, 2) to labels, with the sigmas (K,) of the keypoints.

    As COCO defines it (cocodataset.org/#keypoints-eval, section 1.2; Ronchi & Perona 2017): the mean over the labelled keypoints
    of exp(-d² / (2 s² k²)), where d is the distance, k twice the keypoint's sigma and s² the area of the object's segment. COCO's
    sigmas are the standard deviations of d / s between people who label people, from 0.025 (eyes) to 0.107 (hips).

    Without a segment, the area is that of the box around the labelled keypoints, with no margin. So has it DeepLabCut 3, for one
    animal and for several, with a sigma of 0.1 for all keypoints (deeplabcut/core/inferenceutils.py,
    calc_object_keypoint_similarity, by the defaults of core/metrics/api.py, compute_metrics). As there, it is NaN for a frame
    with fewer than two labelled keypoints, or whose box has no area, and a missing prediction is infinitely far off.
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
    """COCO's mean average precision of one animal per frame, from similarities (N,) and scores (N,) of the animals found.

    At each threshold 0.50, 0.55 … 0.95 of the similarity, a frame is right if it reaches it; precision over recall, frames
    sorted by score, is interpolated at 101 recalls. Frames without a similarity (NaN) count nowhere. DeepLabCut 3 gives the same
    in per cent, but for such frames, in which it counts the animal found as a wrong one (core/metrics/distance_metrics.py).

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
    precision = np.maximum.accumulate(precision[::-1])[::-1]  # the best that this or a higher recall has
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
