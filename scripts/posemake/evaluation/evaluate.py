"""Evaluation of a model on the labelled frames (N frames, K keypoints)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posemake.analysis.bootstrap import Comparison, compare_groups
from posemake.analysis.calibration import expected_calibration_error, reliability_bins, suggest_threshold
from posemake.config.settings import Evaluate
from posemake.config.video_metadata import VideoMetadata
from posemake.core.digests import file_digest
from posemake.core.paths import StrPath
from posemake.data.label_table import read_labelled
from posemake.data.tables import read_table
from posemake.evaluation.error_tables import tabulate_metrics, write_errors, write_metrics
from posemake.evaluation.figures import draw_cumulative, draw_errors, draw_examples, draw_reliability
from posemake.evaluation.predictions import Predictions, predict_labelled
from posemake.evaluation.reference_length import reference_length
from posemake.evaluation.summary import (
    Calibration,
    EvaluatedModel,
    EvaluationSummary,
    Reference,
    write_summary,
)
from posemake.networks.model_file import load_model
from posemake.networks.torch_runtime import Predictor

CORRECT_SHARE = 0.95  # share of correct points that the suggested threshold aims at


@dataclass(frozen=True)
class EvaluateInputs:
    """Files that `evaluate_model` reads."""

    weights: StrPath  # the model
    labels: StrPath  # table of labels (CSV)
    split: StrPath  # parts of the split (CSV)
    images: StrPath  # folder of the rounds that hold the labelled images


@dataclass(frozen=True)
class EvaluateOutputs:
    """Files that `evaluate_model` writes."""

    metrics: StrPath  # metrics by part, keypoint, video, subject and group (CSV)
    errors: StrPath  # error of each labelled point (CSV)
    summary: StrPath  # `EvaluationSummary` (JSON)
    examples: StrPath  # the worst, median and best test frames (PNG)
    errors_png: StrPath  # errors by keypoint and part (PNG)
    cumulative: StrPath  # cumulative errors (PNG)
    calibration: StrPath  # reliability of the confidence (PNG)


def evaluate_model(
    inputs: EvaluateInputs, outputs: EvaluateOutputs, settings: Evaluate, videos: Mapping[str, VideoMetadata]
) -> None:
    """Predict every labelled frame; write tables and figures of the errors.

    Parameters
    ----------
    inputs
        The model and the labels.
    outputs
        Tables, summary and figures.
    settings
        Thresholds, radii and bootstrap.
    videos
        Subject and group of each video; videos may be missing.
    """
    frames = read_labelled(inputs.labels, inputs.split, inputs.images)
    units = read_table(inputs.split, text=["unit"])["unit"].to_numpy(str)
    model = load_model(inputs.weights)
    predictions = predict_labelled(Predictor(model), frames, units)
    names = frames.keypoints
    reference = reference_length(frames.xy, predictions.videos, names, settings.reference)
    sigmas = np.array([settings.oks_sigmas.get(name, settings.oks_sigma) for name in names])
    groupings = group_frames(predictions.videos, videos)
    calibration = calibrate(predictions, settings)

    write_metrics(outputs.metrics, tabulate_metrics(predictions, groupings, reference.length, sigmas, settings))
    write_errors(outputs.errors, predictions)
    summary = EvaluationSummary(
        model=EvaluatedModel(model.settings, model.keypoints, model.versions, file_digest(inputs.weights)),
        settings=settings,
        reference=Reference(list(reference.keypoints), reference.by_video(predictions.videos)),
        oks_sigmas=dict(zip(names, sigmas.tolist())),
        calibration=calibration,
        groups=compare_test_groups(predictions, groupings),
    )
    write_summary(outputs.summary, summary)
    draw_examples(predictions, settings.threshold, outputs.examples)
    draw_errors(frames.parts, predictions.error, names, outputs.errors_png)
    draw_cumulative(frames.parts, predictions.error, names, settings.pck, outputs.cumulative)
    draw_reliability(calibration, outputs.calibration)


def group_frames(videos: np.ndarray, metadata: Mapping[str, VideoMetadata]) -> dict[str, np.ndarray]:
    """Return the subject and the group (N,) of frames by their videos (N,); empty where they are not known."""
    unknown = VideoMetadata()
    rows = [metadata.get(video, unknown) for video in videos.tolist()]
    return {
        "subject": np.array([row.subject or "" for row in rows], str),
        "group": np.array([row.group or "" for row in rows], str),
    }


def calibrate(predictions: Predictions, settings: Evaluate) -> Calibration:
    """Compare the confidence with the share of correct points, and suggest a threshold.

    Points of the validation and test parts count, as the model was not fitted to them.
    """
    judged = np.isfinite(predictions.error) & np.isin(predictions.frames.parts, ("validation", "test"))[:, None]
    confidence, correct = predictions.confidence[judged], predictions.error[judged] <= settings.correct_within
    bins = reliability_bins(confidence, correct)
    return Calibration(
        correct_px=settings.correct_within,
        threshold=settings.threshold,
        share=CORRECT_SHARE,
        bins=bins,
        error=expected_calibration_error(bins) if judged.any() else None,
        suggested=suggest_threshold(confidence, correct, CORRECT_SHARE),
    )


def compare_test_groups(predictions: Predictions, groupings: Mapping[str, np.ndarray]) -> dict[str, Comparison]:
    """Test for each grouping (N,) whether the errors of the test part differ between its groups."""
    error = predictions.error
    tested = np.isfinite(error) & (predictions.frames.parts == "test")[:, None]
    units, *groups = (
        np.broadcast_to(values[:, None], error.shape)[tested] for values in (predictions.units, *groupings.values())
    )
    return {by: compare_groups(error[tested], units, group) for by, group in zip(groupings, groups)}
