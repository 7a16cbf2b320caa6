"""The stage that turns raw poses into clean tracks, and says what it changed."""

from typing import Any

import numpy as np

from posemake.files import write_json
from posemake.filters import clean
from posemake.poses import arrays, frame_times, read_poses, write_poses
from posemake.settings import Filter, make
from posemake.steadiness import describe_steadiness


def filter_poses(
    raw: str,
    times_file: str,
    h5: str,
    csv: str,
    summary: str,
    settings: dict[str, Any],
    row: dict[str, Any],
    skeleton: list[list[str]],
) -> None:
    """Write the filtered poses in the layout of the raw ones, with the raw confidence, and a summary of the video (JSON).

    The summary gives the analysed frames and how long they last (seconds), shares of points (confident, filled between confident
    ones, missing at the end), and the mean speed of the animal, which is that of the mean of its keypoints, in pixels and, where
    the sheet gives a scale, in millimetres per second. With them come the figures of `describe_steadiness`, of the raw points
    that are confident. ``row`` holds fps and px_per_mm of the sheet.
    """
    times = frame_times(times_file, row["fps"])
    wanted = make(Filter, settings)
    poses, scorer = read_poses(raw, times)
    found, confidence = arrays(poses)
    names = poses.keypoints.values.tolist()
    steadiness = describe_steadiness(found, confidence >= wanted.threshold, names, skeleton)
    poses["position"] = clean(poses, wanted)
    xy, _ = arrays(poses)
    write_poses(poses, h5, csv, scorer)
    looked = np.isfinite(confidence)
    there, confident = np.isfinite(xy[..., 0]), confidence >= wanted.threshold
    complete = there.all(1)
    centre = np.where(complete[:, None], xy.mean(1), np.nan)
    steps = np.linalg.norm(np.diff(centre, axis=0), axis=1)
    moving = np.isfinite(steps)
    seconds = float(np.diff(times)[moving].sum())
    speed = float(steps[moving].sum()) / seconds if seconds > 0 else None
    scale = row["px_per_mm"]
    seen = np.flatnonzero(looked.any(1))
    # a frame lasts until the next one; the last as long as frames do on average
    duration = float(times[seen[-1]] - times[seen[0]]) * len(seen) / max(1, seen[-1] - seen[0]) if len(seen) > 1 else 0.0
    total = max(1, int(looked.sum()))
    write_json(
        summary,
        {
            "frames": len(xy),
            "analysed": int(looked.any(1).sum()),
            "duration": duration,
            "confident": int((confident & looked).sum()) / total,
            "filled": int((there & ~confident).sum()) / total,
            "missing": int((~there & looked).sum()) / total,
            "complete": int(complete.sum()) / max(1, int(looked.any(1).sum())),
            "speed_px_per_s": speed,
            "speed_mm_per_s": speed / scale if speed is not None and scale else None,
            **steadiness,
        },
    )
