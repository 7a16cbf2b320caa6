"""Stage `choose_outliers`: frames of the next round among those on which a model is likely wrong (N candidates, D features)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from posemake.config.settings import Refine
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.label_table import read_label_table
from posemake.frames.clusters import cluster
from posemake.frames.outlier_table import outlier_points, read_outliers


@dataclass(frozen=True)
class ChooseInputs:
    """Files that `choose_outliers` reads."""

    candidates: Sequence[StrPath]  # candidates of each video, ``…/<video>/candidates.csv``
    labels: StrPath  # table of all labels up to this round (CSV); none of its frames is chosen again


def pose_features(points: np.ndarray) -> np.ndarray:
    """Return features (N, D) of poses, so that frames chosen by them differ in all three parts.

    The parts are the posture about its centre, the place in the frame, and the likelihoods; each has the same total variance.

    Parameters
    ----------
    points
        (N, K, 3) x, y and likelihood.
    """
    xy = points[..., :2]
    centre = np.median(xy, axis=1)
    parts = []
    for part in ((xy - centre[:, None]).reshape(len(xy), -1), centre, points[..., 2]):
        spread = np.sqrt(part.var(0).sum())
        parts.append((part - part.mean(0)) / (spread or 1.0))
    return np.concatenate(parts, axis=1)


def choose_diverse(
    frames: np.ndarray,
    score: np.ndarray,
    features: np.ndarray,
    labelled: np.ndarray,
    *,
    count: int,
    min_distance: int,
    seed: int,
) -> list[int]:
    """Choose candidates of one video: from each k-means cluster the one with the highest score.

    Parameters
    ----------
    frames
        (N,) indices in the video.
    score
        (N,) how likely the model is wrong.
    features
        (N, D) by which candidates are clustered.
    labelled
        (L,) frames from which the chosen ones lie ``min_distance`` apart, as they do from each other.
    count
        Greatest number of frames.
    min_distance
        Least distance in frames.
    seed
        Seed of the clustering.

    Returns
    -------
    list of int
        Rows of the candidates, the highest score first.
    """
    from threadpoolctl import threadpool_limits

    def is_apart(row: int, from_frames: Sequence[int]) -> bool:
        return all(abs(int(frames[row]) - frame) >= min_distance for frame in from_frames)

    free = [row for row in range(len(frames)) if is_apart(row, labelled.tolist())]
    if not free or not count:
        return []
    with threadpool_limits(1):  # sums in a fixed order, so that any number of cores chooses the same frames
        labels, _ = cluster(features[free], min(count, len(free)), seed)
    chosen: list[int] = []
    ranked = sorted(zip(free, labels.tolist()), key=lambda pair: (-score[pair[0]], frames[pair[0]]))
    used_clusters: set[int] = set()
    for row, label in ranked:  # the best of each cluster
        if label not in used_clusters and is_apart(row, frames[chosen].tolist()):
            chosen.append(row)
            used_clusters.add(label)
    for row, _ in ranked:  # in place of clusters without a frame that lies apart
        if len(chosen) < count and row not in chosen and is_apart(row, frames[chosen].tolist()):
            chosen.append(row)
    return sorted(chosen, key=lambda row: (-score[row], frames[row]))


def choose_outliers(inputs: ChooseInputs, chosen_file: StrPath, settings: Refine) -> None:
    """Choose the frames of the next round among the candidates of all videos.

    Each video gives up to ``per_video`` frames that differ; of all these, the ``total`` with the highest scores are kept.

    Parameters
    ----------
    inputs
        Files to read.
    chosen_file
        CSV to write: video, and the columns of the candidates.
    settings
        Number and distance of the frames, and the seed.
    """
    keys = read_label_table(inputs.labels).keys
    tables = []
    for path in map(Path, inputs.candidates):
        video, table = path.parent.name, read_outliers(path)
        rows = choose_diverse(
            table["frame"].to_numpy(),
            table["score"].to_numpy(float),
            pose_features(outlier_points(table)) if len(table) else np.zeros((0, 1)),
            keys.loc[keys["video"] == video, "frame"].to_numpy(),
            count=settings.per_video,
            min_distance=settings.min_distance,
            seed=settings.seed,
        )
        logger.info("%s: %d of %d candidates are chosen", video, len(rows), len(table))
        chosen = table.iloc[rows]
        chosen.insert(0, "video", video)
        tables.append(chosen)
    ranked = pd.concat(tables).sort_values(["score", "video", "frame"], ascending=[False, True, True])
    kept = ranked.head(settings.total or len(ranked)).sort_values(["video", "frame"])
    write_rows(chosen_file, list(kept.columns), kept.itertuples(index=False))
