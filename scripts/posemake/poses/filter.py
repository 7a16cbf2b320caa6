"""Stage that filters the raw poses of a video (T frames, K keypoints)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from posemake.analysis.filter_context import FilterContext
from posemake.analysis.filters import apply_step
from posemake.analysis.kinematics import animal_displacements
from posemake.analysis.pose_quality import find_resting_steps, measure_pose_quality, often_seen_keypoints
from posemake.analysis.skeleton import body_length, find_bones
from posemake.config.filter_steps import Step
from posemake.config.settings import Filter
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.frame_times import frame_times
from posemake.data.pose_summary import AppliedStep, PoseSummary, StepChanges, TrackFigures, write_pose_summary
from posemake.data.poses import Poses, read_poses, write_poses
from posemake.poses.filter_report import COLUMNS, describe_step, stretch_rows


@dataclass(frozen=True)
class FilterInputs:
    """Files that `filter_poses` reads."""

    poses: StrPath  # raw poses (HDF5)
    times: StrPath  # seconds of each frame (NPY)


@dataclass(frozen=True)
class FilterOutputs:
    """Files that `filter_poses` writes."""

    h5: StrPath
    csv: StrPath
    summary: StrPath  # figures of the video (JSON)
    stretches: StrPath  # a stretch of frames before and after each step (CSV)


def filter_poses(
    inputs: FilterInputs,
    outputs: FilterOutputs,
    settings: Filter,
    skeleton: Sequence[Sequence[str]],
    fps: float | None = None,
    px_per_mm: float | None = None,
) -> None:
    """Write the filtered poses in the layout of the raw ones, and a summary of the video.

    The confidence is that of the raw poses, and 0 where a step removed a point and a later one filled the gap.

    The quality in the summary is that of the confident raw points.

    Parameters
    ----------
    inputs, outputs
        Files to read and to write.
    settings
        Confidence threshold, and the steps in their order.
    skeleton
        Pairs of keypoints that are joined.
    fps
        Frames per second by the sheet of videos; None where the timestamps of the video count.
    px_per_mm
        Pixels per millimetre by the sheet of videos, or None.
    """
    times = frame_times(inputs.times, fps)
    poses = read_poses(inputs.poses, times)
    raw, confidence, keypoints, scorer = poses.xy(), poses.confidence_of(), poses.keypoints, poses.scorer
    confident = confidence >= settings.threshold
    quality = measure_pose_quality(raw, confident, keypoints, skeleton)
    known = np.where(confident[..., None], raw, np.nan)
    length = body_length(known, confident, keypoints, ())
    resting = find_resting_steps(known[:, often_seen_keypoints(known)], length)
    del known
    context = FilterContext(confident, confidence, times, find_bones(keypoints, skeleton), length)
    filtered = _apply_steps(raw, settings.steps, context, resting, keypoints)
    write_rows(outputs.stretches, COLUMNS, filtered.rows)
    del raw, poses  # the tables of a long video fill the memory
    filled = np.isfinite(filtered.xy[..., 0]) & ~filtered.kept
    new_confidence = np.where(filled & confident, 0.0, confidence)
    write_poses(Poses.of_one(filtered.xy, new_confidence, keypoints, times, scorer), outputs.h5, outputs.csv)
    track = summarise_track(filtered.xy, confidence, confident, filled, times, px_per_mm, keypoints)
    if track.speed_note:
        logger.info("speed: %s", track.speed_note)
    write_pose_summary(outputs.summary, PoseSummary(track, quality, filtered.steps, filtered.all_steps))


@dataclass(frozen=True)
class _Filtered:
    xy: np.ndarray  # (T, K, 2) after all steps
    kept: np.ndarray  # (T, K) raw points that no step removed
    steps: tuple[AppliedStep, ...]
    all_steps: StepChanges
    rows: list[list]  # of COLUMNS


def _apply_steps(
    raw: np.ndarray, steps: Sequence[Step], context: FilterContext, resting: np.ndarray, keypoints: Sequence[str]
) -> _Filtered:
    """Apply all steps to positions (T, K, 2), and describe what each of them changed."""
    xy, kept = raw, np.isfinite(raw[..., 0])
    applied: list[AppliedStep] = []
    rows: list[list] = []
    for number, step in enumerate(steps):
        before, xy = xy, apply_step(step, xy, context)
        kept &= np.isfinite(xy[..., 0])
        changes = describe_step(before, xy, resting)
        applied.append(AppliedStep(step.method, changes))
        rows += stretch_rows(f"{number} {step.method}", before, xy, keypoints)
        logger.info("step %d, %s: %s", number, step.method, _in_words(changes))
    rows += stretch_rows("all", raw, xy, keypoints)
    return _Filtered(xy, kept, tuple(applied), describe_step(raw, xy, resting), rows)


def _in_words(changes: StepChanges) -> str:
    return " ".join(f"{key} {value:.3g}" for key, value in asdict(changes).items() if value is not None)


def summarise_track(
    xy: np.ndarray,
    confidence: np.ndarray,
    confident: np.ndarray,
    filled: np.ndarray,
    times: np.ndarray,
    px_per_mm: float | None,
    keypoints: Sequence[str],
) -> TrackFigures:
    """Return the figures of a filtered track.

    The speed is the way of the animal (`animal_displacements`) by the keypoints that are known at least half as often as the one
    known most, over the time of the steps in which any of them is known.

    Parameters
    ----------
    xy
        Filtered positions (T, K, 2) in pixels.
    confidence
        Raw confidences (T, K); NaN in frames that were not analysed.
    confident, filled
        (T, K) raw points that are confident, and points that a step removed or the network did not give and a step filled in.
    times
        (T,) seconds.
    px_per_mm
        Pixels per millimetre, or None.
    keypoints
        K names.
    """
    known, analysed = np.isfinite(xy[..., 0]), np.isfinite(confidence)
    complete = known.all(1)
    often = often_seen_keypoints(xy)
    moves = animal_displacements(xy[:, often])
    moving = np.isfinite(moves)
    seconds = float(np.diff(times)[moving].sum())
    speed = float(moves[moving].sum()) / seconds if seconds > 0 else None
    frames = np.flatnonzero(analysed.any(1))
    # a frame lasts until the next one; the last one as long as frames do on average
    duration = (
        float(times[frames[-1]] - times[frames[0]]) * len(frames) / max(1, frames[-1] - frames[0]) if len(frames) > 1 else 0.0
    )
    points = max(1, int(analysed.sum()))
    return TrackFigures(
        frames=len(xy),
        analysed=len(frames),
        duration=duration,
        confident=int((confident & analysed).sum()) / points,
        filled=int(filled.sum()) / points,
        missing=int((~known & analysed).sum()) / points,
        complete=int(complete.sum()) / max(1, len(frames)),
        speed_px_per_s=speed,
        speed_mm_per_s=speed / px_per_mm if speed is not None and px_per_mm else None,
        speed_note=_describe_speed(speed, known.sum(0) / max(1, len(frames)), often, keypoints),
    )


def _describe_speed(speed: float | None, shares: np.ndarray, often: np.ndarray, keypoints: Sequence[str]) -> str | None:
    """Return why a track has no speed, or which keypoints do not count in it; None if all do.

    Parameters
    ----------
    speed
        Speed, or None.
    shares
        (K,) share of the analysed frames in which each keypoint is known.
    often
        (K,) keypoints that count.
    keypoints
        K names.
    """
    if speed is None:
        return "no keypoint is known in two frames in a row" if shares.any() else "no keypoint is known in any frame"
    seldom = [f"{name} ({share:.0%})" for name, share, is_often in zip(keypoints, shares, often) if not is_often]
    return f"without {', '.join(seldom)}, known in few of the frames" if seldom else None
