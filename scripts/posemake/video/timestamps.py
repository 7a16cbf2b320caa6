"""Timestamps of frames: times, frame rate and keyframe distance of a video."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from posemake.video.info import VideoReport

# seconds that the container may claim beyond the last frame, without sound and with it: its end is stated roughly, and sound
# often outlasts the frames
TOLERATED_END, TOLERATED_END_WITH_SOUND = 0.25, 1.0
CONTAINERS_WITH_DURATION = ("matroska", "asf", "nut", "flv")  # whose header states the duration
ASSUMED_FPS = 30.0  # frames per second of a video that states no rate
RATE_TOLERANCE = 0.02  # share of the rate; timestamps may be whole milliseconds, and the last frame may be missing


class TimedReport(NamedTuple):
    """Report of a video, with the times of its frames."""

    report: VideoReport
    times: np.ndarray  # (frames,) float64, seconds of each frame
    pts: np.ndarray  # (frames,) int64, timestamps in the file's time base; empty if they do not identify the frames


def mean_rate(stated: float, real: float | None) -> float:
    """Return the frames per second of a whole video.

    Parameters
    ----------
    stated
        Frames per second that the container states.
    real
        Frames per second by the timestamps, if known; taken if the two differ by more than rounding.
    """
    return real if real and abs(real / stated - 1) > RATE_TOLERANCE else stated


def is_strictly_increasing(pts: Sequence[int | None]) -> bool:
    """Return whether no timestamp is missing and each is greater than the one before, so that they identify the frames."""
    known = [time for time in pts if time is not None]
    return len(known) == len(pts) and all(a < b for a, b in itertools.pairwise(known))


def container_end(report: VideoReport) -> float | None:
    """Return the time in seconds at which the container claims to end, on the clock of the timestamps; None if it claims nothing.

    FFmpeg measures the duration from the first timestamp of all tracks, except where a header states it. What writes such headers
    counts from the first timestamp or from 0; the earlier end counts that lies behind the first frame.
    """
    if not report.container_duration:
        return None
    first = report.first_time or 0.0
    if (report.container or "").startswith(CONTAINERS_WITH_DURATION) and report.container_duration > first:
        return report.container_duration
    start = first if report.container_start is None else report.container_start
    return start + report.container_duration


def missing_end(report: VideoReport) -> float:
    """Return the seconds that the container claims beyond the last frame; 0 if they are not more than is tolerated."""
    end = container_end(report)
    if end is None:
        return 0.0
    last = (report.first_time or 0.0) + report.duration
    missing = end - last - 1 / min(report.fps, report.real_fps or report.fps)
    return missing if missing > (TOLERATED_END_WITH_SOUND if report.audio else TOLERATED_END) else 0.0


def add_times(report: VideoReport, pts: Sequence[int | None], is_key: Sequence[bool]) -> TimedReport:
    """Complete a report by what follows from the timestamps of the frames.

    Parameters
    ----------
    report
        What is known of the video.
    pts
        Timestamp of each frame in the file's time base, None where it has none.
    is_key
        Whether each frame is a keyframe.
    """
    findings = list(report.findings)
    if not report.fps:
        findings.append(f"the file states no frame rate: {ASSUMED_FPS:g} per second is assumed; give `fps` in the sheet")
        report = replace(report, fps=ASSUMED_FPS)
    if is_strictly_increasing(pts) and report.time_base is not None:
        stamps = np.array(pts, np.int64)
        times = stamps * float(Fraction(report.time_base))
    else:
        stamps = np.empty(0, np.int64)
        times = np.arange(len(pts)) / report.fps
        what = "are missing" if None in pts else "are not in order, or stand there twice"
        findings.append(
            f"timestamps {what}: times are the frame's number over the rate that is stated, {report.fps:g} per second; "
            "give `fps` in the sheet if that is wrong"
        )
    steps = np.diff(times)
    duration = float(times[-1] - times[0]) if len(times) else 0.0
    if report.hidden_frames:
        findings.append("the file's edit list cuts frames off, which are not counted")
    report = replace(
        report,
        frames=len(pts),
        first_time=float(times[0]),
        last_time=float(times[-1]),
        duration=duration,
        real_fps=(len(times) - 1) / duration if duration else None,
        variable_rate=bool(len(steps) and np.ptp(steps) > 0.5 * np.median(steps)),
        keyframes=int(np.sum(is_key)),
        keyframe_gap=_keyframe_gap(is_key),
        findings=tuple(findings),
    )
    return TimedReport(report, times, stamps)


def _keyframe_gap(is_key: Sequence[bool]) -> int:
    """Return the longest distance in frames between two keyframes, or from the last one to the end."""
    places = [0, *np.flatnonzero(is_key).tolist(), len(is_key)]
    return int(np.diff(places).max(initial=1)) if len(is_key) else 0
