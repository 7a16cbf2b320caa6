"""The stage that compares a model with the labels (N frames, K keypoints)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from posemake.analysis.metrics import average_precision, distances, similarity, summarise
from posemake.analysis.skeleton import body_ends, bone_lengths
from posemake.analysis.uncertainty import calibration_error, compare_groups, intervals, reliability, suggest_threshold
from posemake.config.settings import Evaluate, make
from posemake.core.digests import file_digest
from posemake.core.json_files import write_json
from posemake.core.log import progress
from posemake.core.tables import write_rows
from posemake.data.images import read_image
from posemake.data.label_table import PARTS, read_labelled
from posemake.evaluation.figures import draw_cumulative, draw_errors, draw_examples, draw_reliability
from posemake.networks.model_file import load_model
from posemake.networks.torch_runtime import Predictor

CORRECT_SHARE = 0.95  # of the points that pass a suggested threshold
OF_SHEET = ("subject", "group")


def evaluate_model(files: Any, labels_dir: str, out: Any, settings: dict[str, Any], sheet: dict[str, dict]) -> None:
    """Predict every labelled frame; write figures of the errors and pictures.

    Parameters
    ----------
    files
        With the attributes weights (of the model), labels and split.
    labels_dir
        Folder of the labelled images.
    out
        With the attributes of the files to write: metrics (CSV, a row per part and keypoint, ``all`` first, and of the test part
        also per video, subject and group: columns of ``metrics.summarise`` and ``metrics.average_precision``, with the ends of
        their confidence intervals), errors (CSV, a row per frame and labelled keypoint), summary (JSON: the model, what its
        errors were measured with, calibration, comparison of groups), and the PNG examples, errors_png, cumulative and
        calibration.
    settings
        Of `Evaluate`.
    sheet
        Subject and group of each video, where they are known.
    """
    wanted = make(Evaluate, settings)
    frames = read_labelled(files.labels, files.split, labels_dir)
    parts, names, paths = frames.parts, frames.keypoints, frames.paths.tolist()
    model = load_model(files.weights)
    predictor = Predictor(model)
    found, confidence = np.empty_like(frames.xy), np.empty(frames.xy.shape[:2])
    for i, path in enumerate(progress(paths, len(paths), "labelled frames")):
        found[i : i + 1], confidence[i : i + 1] = predictor([read_image(path)])
    error = distances(found, frames.xy)
    videos = frames.keys["video"].to_numpy(str)
    units = pd.read_csv(files.split, dtype=str, keep_default_na=False)["unit"].to_numpy(str)
    ends, length = reference_lengths(frames.xy, videos, names, wanted.reference)
    sigmas = np.array([wanted.oks_sigmas.get(name, wanted.oks_sigma) for name in names])
    oks = similarity(found, frames.xy, sigmas)
    of_sheet = {key: np.array([sheet.get(video, {}).get(key) or "" for video in videos], str) for key in OF_SHEET}

    rows = []
    for labels, chosen in _subsets(parts, videos, of_sheet):
        for k, name in [(slice(None), "all"), *enumerate(names)]:
            of, at = error[chosen][:, k], np.broadcast_to(length[chosen, None], error[chosen].shape)[:, k]
            sure = confidence[chosen][:, k]
            figures = summarise(of, sure, wanted.threshold, wanted.pck, at, wanted.pck_relative)
            block = np.broadcast_to(units[chosen, None], error[chosen].shape)[:, k]
            known = np.isfinite(of)
            figures |= {"blocks": len(set(block[known].tolist()))}
            for figure, bounds in intervals(of[known], block[known], wanted.pck, wanted.draws, wanted.seed).items():
                figures |= dict(zip((f"{figure}_low", f"{figure}_high"), bounds))
            if name == "all":
                figures |= average_precision(oks[chosen], confidence[chosen].mean(1))
            seen = int(np.isfinite(error[chosen]).any(1).sum())
            rows.append({**labels, "keypoint": name, "frames": seen, **figures})
    columns = list(rows[0])
    write_rows(out.metrics, columns, ([row.get(column) for column in columns] for row in rows))
    keyed = list(frames.keys.itertuples(index=False))
    write_rows(
        out.errors,
        ["video", "image", "part", "unit", "keypoint", "error_px", "confidence"],
        (
            [keyed[n].video, keyed[n].image, parts[n], units[n], names[k], float(error[n, k]), float(confidence[n, k])]
            for n, k in np.argwhere(np.isfinite(error)).tolist()
        ),
    )

    judged = np.isfinite(error) & np.isin(parts, ("validation", "test"))[:, None]
    right = error[judged] <= wanted.correct
    bins = reliability(confidence[judged], right)
    calibration = {
        "correct_px": wanted.correct,
        "threshold": wanted.threshold,
        "share": CORRECT_SHARE,
        "bins": [{key: value if value == value else None for key, value in row.items()} for row in bins],
        "error": calibration_error(bins) if judged.any() else None,
        "suggested": suggest_threshold(confidence[judged], right, CORRECT_SHARE),
    }
    tested = np.isfinite(error) & (parts == "test")[:, None]
    block = np.broadcast_to(units[:, None], error.shape)[tested]
    groups = {
        key: compare_groups(error[tested], block, np.broadcast_to(of[:, None], error.shape)[tested])
        for key, of in of_sheet.items()
    }
    write_json(
        out.summary,
        {
            "model": {key: model[key] for key in ("settings", "keypoints", "versions")} | {"sha256": file_digest(files.weights)},
            "settings": settings,
            "reference": {
                "keypoints": [names[k] for k in ends],
                "px": {video: value for video, value in zip(videos.tolist(), length.tolist()) if value == value},
            },
            "oks_sigmas": dict(zip(names, sigmas.tolist())),
            "calibration": calibration,
            "groups": groups,
        },
    )
    draw_examples(frames, error, found, confidence, wanted.threshold, out.examples)
    draw_errors(parts, error, names, out.errors_png)
    draw_cumulative(parts, error, names, wanted.pck, out.cumulative)
    draw_reliability(calibration, out.calibration)


def reference_lengths(
    xy: np.ndarray, videos: np.ndarray, keypoints: list[str], reference: tuple[str, ...]
) -> tuple[list[int], np.ndarray]:
    """The two keypoints whose distance is the reference length, and that length (N,) in pixels for each frame.

    It is the median in the labels of the frame's video, or of all, where the video never shows both; without two, NaN.
    """
    trusted = np.isfinite(xy[..., 0])
    ends = body_ends(xy, trusted, keypoints, reference)
    if not ends:
        return [], np.full(len(xy), np.nan)
    of = pd.Series(bone_lengths(xy, ends)[:, 0])
    of_video = of.groupby(videos).transform("median").fillna(of.median())
    return list(ends[0]), of_video.where(of_video > 0).to_numpy()


def _subsets(
    parts: np.ndarray, videos: np.ndarray, of_sheet: dict[str, np.ndarray]
) -> Iterator[tuple[dict[str, str], np.ndarray]]:
    """What is summed up: each part, then the test part by video, subject and group; names, and which frames (N,)."""
    for part in PARTS:
        yield {"part": part, "by": "all", "value": "all"}, parts == part
    tested = parts == "test"
    for by, values in {"video": videos, **of_sheet}.items():
        for value in sorted(set(values[tested].tolist()) - {""}):
            yield {"part": "test", "by": by, "value": value}, tested & (values == value)
