"""Page of one model: its errors, how they were measured, and what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from posemake.config.settings import Split
from posemake.config.video_metadata import VideoMetadata
from posemake.core.atomic import write_text
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.data.label_table import PARTS
from posemake.data.tables import read_table
from posemake.evaluation.repeat_summary import describe_repeats
from posemake.evaluation.summary import read_summary
from posemake.plotting.html import render_page

FEW_FRAMES, FEW_BLOCKS = 30, 5  # the page warns if the test part has fewer frames or units of the split
NAMED_VIDEOS = 8  # videos without test frames that the page names
TEXT = ("video", "image", "unit", "value")

MEANING = {
    "block": "The test frames are other moments of recordings that the model was trained on. The error holds for these "
    "recordings; it can be larger in new recordings or for new animals (to measure that, set split.unit to video or subject).",
    "video": "The test frames are from recordings that the model was not trained on. The animals may be the same.",
    "subject": "The test frames show animals that the model was not trained on.",
}
# columns of the tables of metrics; names that end with an underscore stand for all columns that begin so
DISTANCES = ("mean", "median", "rmse", "p75", "p90", "p95", "p99", "pck_", "normalised", "pck_relative_")
CONFIDENT = ("confident", "mean_confident", "median_confident")
PART_COLUMNS = ("part", "frames", "blocks", "n", *DISTANCES, *CONFIDENT, "oks", "map", "ap_50", "ap_75")
KEYPOINT_COLUMNS = ("keypoint", "n", *DISTANCES, *CONFIDENT)
SUBSET_COLUMNS = ("value", "frames", "blocks", "n", "mean", "median", "p95", "normalised", "confident", "oks", "map")


@dataclass(frozen=True)
class ModelPageInputs:
    """Files that `report_model` reads."""

    split: StrPath  # parts of the split (CSV)
    history: StrPath  # course of the training (CSV)
    metrics: StrPath  # metrics of `evaluate_model` (CSV)
    errors: StrPath  # errors of `evaluate_model` (CSV)
    summary: StrPath  # summary of `evaluate_model` (JSON)
    scorers: StrPath | None = None  # distances between people by point (CSV), where several people labelled the same frames
    repeats: StrPath | None = None  # table of `compare_repeats` (CSV), where the training was repeated


@dataclass(frozen=True)
class ModelPageOutputs:
    """Files that `report_model` writes."""

    page: StrPath  # page (HTML) in the folder of the model, which also holds the figures and tables that it links to


def _with_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table for display, with confidence intervals in brackets behind the metrics that have one."""
    names = [str(name) for name in rows]
    shown = rows.drop(columns=[name for name in names if name.endswith(("_low", "_high"))]).astype(object)
    for name in map(str, shown):
        if f"{name}_low" in names:
            shown[name] = [
                value if low != low else f"{value:.3g} ({low:.3g} – {high:.3g})"
                for value, low, high in zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"])
            ]
    return shown


def _choose_columns(rows: pd.DataFrame, patterns: Sequence[str]) -> pd.DataFrame:
    """Return a table for display with the columns that are not empty, in the order of their patterns.

    Parameters
    ----------
    rows
        Part of the table of metrics.
    patterns
        Names of columns, or their beginnings where these end with an underscore. Bounds of intervals come with their metric.

    Returns
    -------
    DataFrame
        Columns as chosen, intervals in brackets.
    """
    every = [str(name) for name in rows]
    names = [name for p in patterns for name in every if name == p or (p.endswith("_") and name.startswith(p))]
    names = [name for name in dict.fromkeys(names) if rows[name].notna().any() and not name.endswith(("_low", "_high"))]
    names = [name for name in names if not (name.startswith("pck_") and name.endswith("_confident"))]
    bounds = [f"{name}_{end}" for name in names for end in ("low", "high") if f"{name}_{end}" in every]
    return _with_bounds(rows[[*names, *bounds]])


def count_data(split: pd.DataFrame, errors: pd.DataFrame, videos: Mapping[str, VideoMetadata]) -> pd.DataFrame:
    """Count frames, points, videos, subjects and units of the split in each part.

    Parameters
    ----------
    split
        A row per labelled frame: video, unit, part.
    errors
        A row per labelled point: video, image, part.
    videos
        Subject of each video; videos may be missing.

    Returns
    -------
    DataFrame
        A row per part; columns without any number are left out.
    """
    rows = []
    for part in PARTS:
        frames, points = split[split["part"] == part], errors[errors["part"] == part]
        subjects = {videos[video].subject for video in frames["video"] if video in videos} - {None}
        with_point = len(points[["video", "image"]].drop_duplicates())
        units = frames["unit"].nunique()
        rows.append([part, len(frames), with_point, len(points), frames["video"].nunique(), len(subjects) or None, units])
    columns = ["part", "frames", "frames with a keypoint", "labelled points", "videos", "subjects", "units of the split"]
    return pd.DataFrame(rows, columns=columns).dropna(axis=1, how="all")


def compare_with_people(errors: pd.DataFrame, points: pd.DataFrame, keypoints: list[str]) -> pd.DataFrame:
    """Put the model's errors beside the distances between people.

    Parameters
    ----------
    errors
        A row per labelled point: video, image, keypoint, part, error_px.
    points
        A row per pair of people and point: video, image, keypoint, distance_px (missing where one of them left it out).
    keypoints
        Names of the keypoints.

    Returns
    -------
    DataFrame
        A row for all keypoints together and for each: points and distances of people, errors of the model in the test part, and
        both on the points that people and the test part share (columns ``same_…``).
    """
    key = ["video", "image", "keypoint"]
    between = points.dropna(subset="distance_px").groupby(key, as_index=False)["distance_px"].mean()
    test = errors[errors["part"] == "test"]
    same = test.merge(between, on=key)
    rows = []
    for name in ["all", *keypoints]:
        people, model, both = (rows if name == "all" else rows[rows["keypoint"] == name] for rows in (between, test, same))
        distance, error = people["distance_px"], model["error_px"]
        row = [name, len(people), distance.mean(), distance.median(), error.mean(), error.median()]
        rows.append([*row, len(both), both["distance_px"].mean(), both["error_px"].mean()])
    columns = ["keypoint", "n_people", "people_mean", "people_median", "model_mean", "model_median"]
    return pd.DataFrame(rows, columns=[*columns, "same_n", "same_people_mean", "same_model_mean"])


def describe_limits(split: pd.DataFrame, errors: pd.DataFrame, unit: str) -> list[str]:
    """Return sentences on what the test error stands for, and what it does not.

    Parameters
    ----------
    split
        A row per labelled frame: video, unit, part.
    errors
        A row per labelled point: video, image, part.
    unit
        Unit of the split: block, video or subject.

    Returns
    -------
    list of str
        The sentences.
    """
    sentences = [MEANING[unit]]
    test, points = split[split["part"] == "test"], errors[errors["part"] == "test"]
    frames, units = len(points[["video", "image"]].drop_duplicates()), test["unit"].nunique()
    if frames < FEW_FRAMES or units < FEW_BLOCKS:
        sentences.append(
            f"The test part is small ({count_noun(frames, 'frame')} in {count_noun(units, 'unit')}): treat its figures as rough, "
            "and look at the test frames yourself."
        )
    if untested := sorted(set(split["video"]) - set(test["video"])):
        more = f" and {len(untested) - NAMED_VIDEOS} more" if len(untested) > NAMED_VIDEOS else ""
        sentences.append(f"There is no test frame of {', '.join(untested[:NAMED_VIDEOS])}{more}.")
    return [
        *sentences,
        "The intervals show how the error varies with the choice of test frames. They do not include the variation between "
        "trainings of the same network, or between the labels of different people.",
        "The validation part chose the weights, so its error is slightly too low. So is the test error of the better of two "
        "models if you chose it by the test error.",
        "Only labelled points count: predictions of hidden keypoints are not measured here.",
    ]


def _flatten(values: Mapping[str, Any]) -> pd.DataFrame:
    """Return nested values as a table of names, with dots, and texts."""
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": str(content) for inner, content in value.items()}
        else:
            flat[name] = str(value)
    return pd.DataFrame({"name": list(flat), "value": list(flat.values())})


def _group_sigmas(sigmas: Mapping[str, float]) -> list[tuple[float, str]]:
    """Return each sigma with the keypoints that have it."""
    groups: dict[float, list[str]] = {}
    for keypoint, sigma in sigmas.items():
        groups.setdefault(sigma, []).append(keypoint)
    return [(sigma, "all keypoints" if len(groups) == 1 else ", ".join(names)) for sigma, names in groups.items()]


def _large_figures(metrics: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the figures at the top of the page, from the row of the whole test part."""
    (row,) = _with_bounds(metrics).to_dict("records")
    errors = {name: row[name] if isinstance(row[name], str) else f"{row[name]:.3g}" for name in ("mean", "median")}
    return [
        (errors["mean"], "px, mean test error"),
        (errors["median"], "px, median test error"),
        (
            str(int(row["n"])),
            f"test points in {count_noun(int(row['frames']), 'frame')}, {count_noun(int(row['blocks']), 'unit')} of the split",
        ),
    ]


def report_model(
    inputs: ModelPageInputs,
    outputs: ModelPageOutputs,
    split: Split,
    videos: Mapping[str, VideoMetadata],
    round_number: int,
    index: str,
) -> None:
    """Write the page of a model.

    Parameters
    ----------
    inputs
        Tables of the model.
    outputs
        The page.
    split
        Settings of the split.
    videos
        Subject of each video; videos may be missing.
    round_number
        Round of labelling.
    index
        Path from the page to the page of all results.
    """
    parts, metrics, errors, history = (
        read_table(path, TEXT) for path in (inputs.split, inputs.metrics, inputs.errors, inputs.history)
    )
    summary = read_summary(inputs.summary)
    whole = metrics[(metrics["by"] == "all") & (metrics["keypoint"] == "all")]
    test = metrics[metrics["part"] == "test"]
    of_subsets = test[(test["by"] != "all") & (test["keypoint"] == "all")].groupby("by", sort=False)
    best = int(np.nanargmin(history["validation_error"].to_numpy(float)))
    lengths = sorted(summary.reference.px.values())
    repeats = None if inputs.repeats is None else read_table(inputs.repeats, TEXT)
    people = None if inputs.scorers is None else read_table(inputs.scorers, TEXT)
    page = render_page(
        "evaluation/model_page.html.jinja",
        name=Path(outputs.page).parent.name,
        round=round_number,
        index=index,
        files=["metrics.csv", "errors.csv", "evaluation.json", "history.csv", *(["repeats.csv"] if inputs.repeats else [])],
        summary=summary,
        settings=summary.settings,
        sigmas=_group_sigmas(summary.oks_sigmas),
        lengths=f"{lengths[0]:.4g} to {lengths[-1]:.4g} px" if lengths else "",
        tiles=_large_figures(whole[whole["part"] == "test"]),
        limits=describe_limits(parts, errors, split.unit),
        split=split,
        data=count_data(parts, errors, videos),
        parts=_choose_columns(whole, PART_COLUMNS),
        keypoints=_choose_columns(test[test["by"] == "all"], KEYPOINT_COLUMNS),
        subsets=[(by, _choose_columns(rows, SUBSET_COLUMNS)) for by, rows in of_subsets],
        repeats=None if repeats is None else _with_bounds(repeats),
        repeat_findings=[] if repeats is None else describe_repeats(repeats),
        people=None if people is None else compare_with_people(errors, people, summary.model.keypoints),
        steps=int(history["step"].iloc[-1]),
        kept={"step": int(history["step"].iloc[best]), "validation_error": float(history["validation_error"].iloc[best])},
        model_settings=_flatten(summary.model.settings),
        versions=_flatten(summary.model.versions),
    )
    write_text(outputs.page, page)
