"""Distances between predicted and labelled keypoints (N frames, K keypoints)."""

import numpy as np

PERCENTILES = (50, 75, 90, 95, 99)


def distances(predicted: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Euclidean distances (N, K) in pixels between positions (N, K, 2); NaN where there is no label."""
    return np.linalg.norm(predicted - labelled, axis=-1)


def summarise(error: np.ndarray, confidence: np.ndarray, threshold: float, pck: tuple[float, ...]) -> dict[str, float]:
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

    Returns
    -------
    dict
        ``n``; ``mean`` (DeepLabCut prints this as "RMSE"), the true ``rmse``, ``median`` and percentiles in pixels;
        ``pck_<radius>`` as shares; ``confident`` (share) and ``mean_confident``, ``median_confident``. NaN where n is 0.
    """
    known = np.isfinite(error)
    e, c = error[known], confidence[known]
    sure = e[c >= threshold]

    def of(values: np.ndarray, figure) -> float:
        return float(figure(values)) if len(values) else float("nan")

    return {
        "n": len(e),
        "mean": of(e, np.mean),
        "rmse": of(e, lambda v: np.sqrt(np.mean(v**2))),
        "median": of(e, np.median),
        **{f"p{q}": of(e, lambda v, q=q: np.percentile(v, q)) for q in PERCENTILES[1:]},
        **{f"pck_{r:g}": of(e, lambda v, r=r: np.mean(v <= r)) for r in pck},
        "confident": of(c, lambda v: np.mean(v >= threshold)),
        "mean_confident": of(sure, np.mean),
        "median_confident": of(sure, np.median),
    }
