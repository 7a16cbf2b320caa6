"""Agreement of an engine with torch, and the choice of an engine (N frames, K keypoints)."""

from collections.abc import Sequence

import numpy as np

from posemake.networks.export_info import Agreement, Candidate
from posemake.networks.runtimes import ENGINES

# greatest median distance to torch in pixels of the frame: a tenth of a good model's error, or less
FULL_PRECISION_BOUND, REDUCED_PRECISION_BOUND = 0.05, 0.25
TAIL_FACTOR = 10  # ratio of the bounds of the 95th percentile and of each keypoint's median to that of the median
# greatest 95th percentile of the difference in confidence, small enough for thresholds to keep their meaning
FULL_PRECISION_CONFIDENCE, REDUCED_PRECISION_CONFIDENCE = 0.01, 0.05
MIN_GAIN = 1.25  # ratio of speeds from which a reduced precision is worth it


def compare_points(points: np.ndarray, reference: np.ndarray, labels: np.ndarray, scale: float) -> Agreement:
    """Compare points with those of the reference, where there is a label.

    Parameters
    ----------
    points, reference
        (N, K, 3): x and y in pixels of the network's input, confidence.
    labels
        (N, K, 2) in the same pixels, NaN without a label.
    scale
        Size of the network's input over that of the frame.
    """
    labelled = ~np.isnan(labels).any(-1)
    distance = np.where(labelled, np.linalg.norm(points[..., :2] - reference[..., :2], axis=-1) / scale, np.nan)
    difference = np.abs(points[..., 2] - reference[..., 2])[labelled]
    return Agreement(
        median_px=float(np.nanmedian(distance)),
        p95_px=float(np.nanpercentile(distance, 95)),
        worst_keypoint_px=float(np.nanmax(np.nanmedian(distance[:, labelled.any(0)], axis=0))),
        max_px=float(np.nanmax(distance)),
        error_px=float((np.linalg.norm(points[..., :2] - labels, axis=-1)[labelled] / scale).mean()),
        p95_confidence=float(np.percentile(difference, 95)),
    )


def agrees(engine: str, agreement: Agreement) -> bool:
    """Return whether an agreement is within the bounds of an engine's precision."""
    bound, confidence = (
        (REDUCED_PRECISION_BOUND, REDUCED_PRECISION_CONFIDENCE)
        if ENGINES[engine].reduced
        else (FULL_PRECISION_BOUND, FULL_PRECISION_CONFIDENCE)
    )
    tail = max(agreement.p95_px, agreement.worst_keypoint_px)
    return agreement.median_px <= bound and tail <= TAIL_FACTOR * bound and agreement.p95_confidence <= confidence


def choose_engine(candidates: Sequence[Candidate]) -> str:
    """Return the fastest engine that agrees; one of reduced precision only where it is much faster."""
    speeds = {candidate.engine: candidate.fps or 0.0 for candidate in candidates if candidate.agrees}
    fastest = max(speeds, key=lambda engine: speeds[engine])
    fastest_full = max((engine for engine in speeds if not ENGINES[engine].reduced), key=lambda engine: speeds[engine])
    return fastest if speeds[fastest] >= MIN_GAIN * speeds[fastest_full] else fastest_full
