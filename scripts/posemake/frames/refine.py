"""The stages that choose the frames of the next round: those on which the model of this one is likely wrong (N candidates)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from posemake.analysis.pose_outliers import best_apart, find_faults, reason, score_keypoints
from posemake.config.settings import Refine, make
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.label_files import image_name
from posemake.data.label_table import read_table
from posemake.data.poses import arrays, read_poses
from posemake.frames.sampling import cluster

FRAME_COLUMNS = ("frame", "image", "method", "reason")
CRITERIA = ("confidence", "jump", "deviation", "bone", "disagreement")
POINT = ("x", "y", "likelihood")


def find_outliers(poses_files: list[str], candidates_file: str, settings: dict[str, Any], skeleton: list[list[str]]) -> None:
    """Write the frames of a video on which the first of some models is likely wrong, the worst first.

    Parameters
    ----------
    poses_files
        Raw poses (HDF5), one file per model.
    candidates_file
        CSV to write: frame, image; score, which is the sum of what is wrong; reasons in words; the worst value by each criterion
        (confidence; jump in its unit; the others in median absolute deviations); x, y and likelihood of each keypoint.

    Raises
    ------
    PosemakeError
        If the models do not have the same keypoints and frames.
    """
    wanted = make(Refine, settings)
    poses = [read_poses(path)[0] for path in poses_files]
    names = poses[0].keypoints.values.tolist()
    xy, confidence = arrays(poses[0])
    others = []
    for path, other in zip(poses_files[1:], poses[1:]):
        if other.keypoints.values.tolist() != names or other.sizes["time"] != len(xy):
            raise PosemakeError(f"{path}: has other keypoints or frames than {poses_files[0]}; delete both and run again")
        others.append(arrays(other)[0])
    faults = find_faults(xy, confidence, names, skeleton, wanted, others)
    score = score_keypoints(faults, names, skeleton).sum(1)
    frames = best_apart(score, wanted.max_candidates, wanted.min_distance)
    logger.info("%d of %d frames are in doubt, %d of them candidates", np.count_nonzero(score), len(score), len(frames))

    def worst(name: str, frame: int) -> float | None:
        values = faults[name].value[frame] if name in faults else np.array([np.nan])
        known = values[np.isfinite(values)]
        return None if not len(known) else float(known.min() if name == "confidence" else known.max())

    rows = []
    for frame in frames.tolist():
        points = np.column_stack([xy[frame], confidence[frame]])
        values = [float(score[frame]), reason(faults, frame), *(worst(name, frame) for name in CRITERIA)]
        rows.append([frame, image_name(frame, len(xy)), *values, *points.reshape(-1).tolist()])
    columns = [f"{name}.{value}" for name in names for value in POINT]
    write_rows(candidates_file, ["frame", "image", "score", "reasons", *CRITERIA, *columns], rows)


def _read(path: str) -> pd.DataFrame:
    text = {"video": str, "image": str, "reasons": str}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])


def _keypoints(table: pd.DataFrame) -> list[str]:
    return [name.removesuffix(".likelihood") for name in table.columns if name.endswith(".likelihood")]


def points_of(table: pd.DataFrame) -> np.ndarray:
    """x, y and likelihood (N, K, 3) of the rows of a table of candidates."""
    names = _keypoints(table)
    columns = [f"{name}.{value}" for name in names for value in POINT]
    return table[columns].to_numpy(float).reshape(len(table), len(names), 3)


def describe(points: np.ndarray) -> np.ndarray:
    """Features (N, D) of poses (N, K, 3): the posture about its centre, the place in the frame, and how sure each keypoint is,
    each as a whole of the same weight, so that the chosen frames differ in all three."""
    xy = points[..., :2]
    centre = np.median(xy, axis=1)
    parts = []
    for part in ((xy - centre[:, None]).reshape(len(xy), -1), centre, points[..., 2]):
        spread = np.sqrt(part.var(0).sum())
        parts.append((part - part.mean(0)) / (spread or 1.0))
    return np.concatenate(parts, axis=1)


def choose_apart(
    frames: np.ndarray, score: np.ndarray, features: np.ndarray, count: int, labelled: np.ndarray, distance: int, seed: int
) -> list[int]:
    """Choose up to ``count`` of the candidates of a video: of each k-means cluster the one with the highest score.

    Parameters
    ----------
    frames, score, features
        Of the candidates: (N,), (N,) and (N, D).
    labelled
        Frames (L,) from which the chosen ones lie ``distance`` apart, as they do from each other.

    Returns
    -------
    list of int
        Rows of the candidates, those of the highest score first.
    """
    from threadpoolctl import threadpool_limits

    def apart(row: int, from_: list[int]) -> bool:
        return all(abs(int(frames[row]) - frame) >= distance for frame in from_)

    free = [row for row in range(len(frames)) if apart(row, labelled.tolist())]
    if not free or not count:
        return []
    with threadpool_limits(1):  # sums in a fixed order, so that any number of cores chooses the same frames
        labels, _ = cluster(features[free], min(count, len(free)), seed)
    chosen: list[int] = []
    ranked = sorted(zip(free, labels.tolist()), key=lambda pair: (-score[pair[0]], frames[pair[0]]))
    seen: set[int] = set()
    for row, label in ranked:  # the best of each cluster
        if label not in seen and apart(row, frames[chosen].tolist()):
            chosen.append(row)
            seen.add(label)
    for row, _ in ranked:  # clusters of which none lies apart
        if len(chosen) < count and row not in chosen and apart(row, frames[chosen].tolist()):
            chosen.append(row)
    return sorted(chosen, key=lambda row: (-score[row], frames[row]))


def choose_outliers(candidates_files: list[str], labels_file: str, chosen_file: str, settings: dict[str, Any]) -> None:
    """Choose the frames of the next round among the candidates of all videos.

    Each video gives up to ``per_video`` frames that differ; of all these, the ``total`` with the highest scores are kept.

    Parameters
    ----------
    candidates_files
        ``…/<video>/candidates.csv``, as ``find_outliers`` writes them.
    labels_file
        The table of all labels up to this round: none of its frames is chosen again.
    chosen_file
        CSV to write: video, and the columns of the candidates.
    """
    wanted = make(Refine, settings)
    keys, _, _ = read_table(labels_file)
    found = []
    for path in map(Path, candidates_files):
        video, table = path.parent.name, _read(path)
        labelled = keys.loc[keys["video"] == video, "frame"].to_numpy()
        rows = choose_apart(
            table["frame"].to_numpy(),
            table["score"].to_numpy(float),
            describe(points_of(table)) if len(table) else np.zeros((0, 1)),
            wanted.per_video,
            labelled,
            wanted.min_distance,
            wanted.seed,
        )
        logger.info("%s: %d of %d candidates are chosen", video, len(rows), len(table))
        chosen = table.iloc[rows]
        chosen.insert(0, "video", video)
        found.append(chosen)
    every = pd.concat(found).sort_values(["score", "video", "frame"], ascending=[False, True, True])
    kept = every.head(wanted.total or len(every)).sort_values(["video", "frame"])
    write_rows(chosen_file, list(kept.columns), kept.itertuples(index=False))


def take_outliers(chosen_file: str, frames_file: str, predictions_file: str, video: str, model: str) -> None:
    """Write the chosen frames of one video, as ``select.select_frames`` does, and what the model sees in them.

    The predictions are a CSV in DeepLabCut's layout with x, y and likelihood; a row is named by its image.
    """
    table = _read(chosen_file)
    table = table[table["video"] == video]
    reasons = [f"outlier: {words}" for words in table["reasons"]]
    write_rows(frames_file, FRAME_COLUMNS, zip(table["frame"], table["image"], ["outlier"] * len(table), reasons))
    names = _keypoints(table)
    columns = ["scorer", *[f"posemake_{model}"] * 3 * len(names)]
    heads = [["bodyparts", *(name for name in names for _ in POINT)], ["coords", *POINT * len(names)]]
    rows = [[image, *points.reshape(-1).tolist()] for image, points in zip(table["image"], points_of(table))]
    write_rows(predictions_file, columns, [*heads, *rows])
