"""The stage that turns raw poses into clean tracks, and says what it changed."""

from typing import Any

import numpy as np

from posemake.analysis.filter_context import Scene
from posemake.analysis.filters import apply_step
from posemake.analysis.pose_quality import describe_steadiness, rest_steps, seen_often
from posemake.analysis.skeleton import body_length, find_bones
from posemake.config.settings import Filter, make
from posemake.core.json_files import write_json
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.poses import arrays, frame_times, make_poses, read_poses, write_poses
from posemake.poses.filter_report import COLUMNS, describe_step, show_stretch


def filter_poses(
    raw: str,
    times_file: str,
    h5: str,
    csv: str,
    summary: str,
    shown: str,
    settings: dict[str, Any],
    row: dict[str, Any],
    skeleton: list[list[str]],
) -> None:
    """Write the filtered poses in the layout of the raw ones, and a summary of the video (JSON).

    The confidence is the raw one, but 0 where a step removed a point and a later one filled it in.

    The summary gives the analysed frames and how long they last (seconds), shares of points (confident, filled in, missing at the
    end), and the mean speed of the animal, which is that of the mean of its keypoints, in pixels and, where the sheet gives a
    scale, in millimetres per second. With them come the figures of `describe_steadiness`, of the raw points that are confident,
    and those of `describe_step` of each step, and of all together. ``shown`` is the table (CSV) of a stretch for each step.
    ``row`` holds fps and px_per_mm of the sheet.
    """
    times = frame_times(times_file, row["fps"])
    wanted = make(Filter, settings)
    poses, scorer = read_poses(raw, times)
    found, confidence = arrays(poses)
    names = poses.keypoints.values.tolist()
    confident = confidence >= wanted.threshold
    steadiness = describe_steadiness(found, confident, names, skeleton)
    known = np.where(confident[..., None], found, np.nan)
    body = body_length(known, confident, names, ())
    resting = rest_steps(known[:, seen_often(known)], body)
    del known
    scene = Scene(confident, confidence, times, find_bones(names, skeleton), body)

    before, xy, steps, rows = None, found, [], []
    left = np.isfinite(found[..., 0])  # points that no step removed
    for number, step in enumerate(wanted.steps):
        before, xy = xy, apply_step(step, xy, scene)
        left &= np.isfinite(xy[..., 0])
        steps.append({"method": step.method, **describe_step(before, xy, resting)})
        rows += show_stretch(f"{number} {step.method}", before, xy, names)
        told = " ".join(f"{key} {value:.3g}" for key, value in steps[-1].items() if key != "method" and value is not None)
        logger.info("step %d, %s: %s", number, step.method, told)
    together = describe_step(found, xy, resting)
    rows += show_stretch("all", found, xy, names)
    write_rows(shown, COLUMNS, rows)
    del before, found, poses  # a long video's tables fill the memory
    there = np.isfinite(xy[..., 0])
    invented = there & ~left & confident
    write_poses(make_poses(xy, np.where(invented, 0.0, confidence), names, times), h5, csv, scorer)
    looked = np.isfinite(confidence)
    complete = there.all(1)
    centre = np.where(complete[:, None], xy.mean(1), np.nan)
    moves = np.linalg.norm(np.diff(centre, axis=0), axis=1)
    moving = np.isfinite(moves)
    seconds = float(np.diff(times)[moving].sum())
    speed = float(moves[moving].sum()) / seconds if seconds > 0 else None
    scale = row["px_per_mm"]
    seen = np.flatnonzero(looked.any(1))
    # a frame lasts until the next one; the last as long as frames do on average
    duration = float(times[seen[-1]] - times[seen[0]]) * len(seen) / max(1, seen[-1] - seen[0]) if len(seen) > 1 else 0.0
    total = max(1, int(looked.sum()))
    write_json(
        summary,
        {
            "frames": len(xy),
            "analysed": len(seen),
            "duration": duration,
            "confident": int((confident & looked).sum()) / total,
            "filled": int((there & ~left).sum()) / total,
            "missing": int((~there & looked).sum()) / total,
            "complete": int(complete.sum()) / max(1, len(seen)),
            "speed_px_per_s": speed,
            "speed_mm_per_s": speed / scale if speed is not None and scale else None,
            **steadiness,
            "steps": steps,
            "all_steps": together,
        },
    )
