"""Tables of errors: by labelled point, and summed up by part, keypoint, video, subject and group."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from posemake.analysis.bootstrap import bootstrap_intervals
from posemake.analysis.metrics import average_precision, object_keypoint_similarity, summarise
from posemake.config.settings import Evaluate
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.label_table import PARTS
from posemake.evaluation.predictions import Predictions

ALL = "all"  # in the columns keypoint, by and value: nothing is singled out
POINT_COLUMNS = ("video", "image", "part", "unit", "keypoint", "error_px", "confidence")


@dataclass(frozen=True)
class Subset:
    """Labelled frames that are summed up together."""

    part: str  # of the split
    by: str  # column that singles them out: video, subject or group, or ALL
    value: str  # value in that column, or ALL
    frames: np.ndarray  # (N,) whether each frame belongs to it


@dataclass(frozen=True)
class MetricsRow:
    """Row of the table of metrics."""

    part: str
    by: str
    value: str
    keypoint: str  # or ALL
    frames: int  # frames with a labelled keypoint
    metrics: dict[str, float | None]  # by column


def subsets(parts: np.ndarray, videos: np.ndarray, groupings: dict[str, np.ndarray]) -> Iterator[Subset]:
    """Yield each part, then the test part by video and by what the sheet states of the videos.

    Parameters
    ----------
    parts
        (N,) part of the split of each frame.
    videos
        (N,) video of each frame.
    groupings
        By column of the sheet, the value (N,) of each frame, empty where it is not known.

    Yields
    ------
    Subset
        Frames to sum up; none of the test part is empty.
    """
    for part in PARTS:
        yield Subset(part, ALL, ALL, parts == part)
    tested = parts == "test"
    for by, values in {"video": videos, **groupings}.items():
        for value in sorted(set(values[tested].tolist()) - {""}):
            yield Subset("test", by, value, tested & (values == value))


def tabulate_metrics(
    predictions: Predictions, groupings: dict[str, np.ndarray], length: np.ndarray, sigmas: np.ndarray, settings: Evaluate
) -> list[MetricsRow]:
    """Sum up the errors of each part and of what the test part is divided into, over all keypoints and by keypoint.

    Parameters
    ----------
    predictions
        Errors and confidences.
    groupings
        As for `subsets`.
    length
        (N,) reference lengths in pixels, NaN where there is none.
    sigmas
        (K,) tolerances of the object keypoint similarity.
    settings
        Thresholds, radii and bootstrap.

    Returns
    -------
    list of MetricsRow
        The metrics of `summarise`, the number of units of the split as ``blocks``, the bounds of the confidence intervals as
        ``<metric>_low`` and ``<metric>_high``, and over all keypoints the metrics of `average_precision`.
    """
    oks = object_keypoint_similarity(predictions.xy, predictions.frames.xy, sigmas)
    rows = []
    for subset in subsets(predictions.frames.parts, predictions.videos, groupings):
        chosen = subset.frames
        frames = int(np.isfinite(predictions.error[chosen]).any(1).sum())
        columns: list[tuple[slice | int, str]] = [(slice(None), ALL), *enumerate(predictions.frames.keypoints)]
        for k, keypoint in columns:
            metrics = _metrics_of_points(predictions, chosen, k, length, settings)
            if keypoint == ALL:
                metrics |= average_precision(oks[chosen], predictions.confidence[chosen].mean(1))
            rows.append(MetricsRow(subset.part, subset.by, subset.value, keypoint, frames, metrics))
    return rows


def _metrics_of_points(
    predictions: Predictions, frames: np.ndarray, keypoint: slice | int, length: np.ndarray, settings: Evaluate
) -> dict[str, float | None]:
    """Return the metrics of the points of some frames (N,), of one keypoint or of all."""
    every = predictions.error[frames]
    error = every[:, keypoint]
    lengths, units = (np.broadcast_to(values[frames, None], every.shape)[:, keypoint] for values in (length, predictions.units))
    confidence = predictions.confidence[frames][:, keypoint]
    metrics: dict[str, float | None] = {
        **summarise(error, confidence, settings.threshold, settings.pck, lengths, settings.pck_relative)
    }
    known = np.isfinite(error)
    metrics["blocks"] = len(set(units[known].tolist()))
    bounds = bootstrap_intervals(error[known], units[known], settings.pck, settings.bootstrap_samples, settings.seed)
    for metric, (low, high) in bounds.items():
        metrics |= {f"{metric}_low": low, f"{metric}_high": high}
    return metrics


def write_metrics(path: StrPath, rows: list[MetricsRow]) -> None:
    """Write the table of metrics; the first row must have all columns."""
    columns = list(rows[0].metrics)
    cells = (
        [row.part, row.by, row.value, row.keypoint, row.frames, *(row.metrics.get(column) for column in columns)] for row in rows
    )
    write_rows(path, ["part", "by", "value", "keypoint", "frames", *columns], cells)


def write_errors(path: StrPath, predictions: Predictions) -> None:
    """Write a row for each labelled point: where it is, its error in pixels and its confidence."""
    frames, error = predictions.frames, predictions.error
    keys = list(frames.keys[["video", "image"]].itertuples(index=False, name=None))
    rows = (
        [
            *keys[n],
            frames.parts[n],
            predictions.units[n],
            frames.keypoints[k],
            float(error[n, k]),
            float(predictions.confidence[n, k]),
        ]
        for n, k in np.argwhere(np.isfinite(error)).tolist()
    )
    write_rows(path, POINT_COLUMNS, rows)
