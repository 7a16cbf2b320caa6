"""The report of what a video holds, and what follows from the timestamps of its frames."""

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

TOLERATED_END = 0.25  # seconds that the container may claim beyond the last frame: its end is stated roughly
TOLERATED_SOUND = 1.0  # the same where there is sound, which often outlasts the picture
ASSUMED_FPS = 30.0  # where nothing states a rate
ROUNDING = 0.02  # of the rate: timestamps may be whole milliseconds, and the last frame may be missing


@dataclass(frozen=True)
class Report:
    """What a video holds. Times in seconds, sizes in pixels, None where it is unknown or does not apply."""

    container: str | None = None
    codec: str | None = None
    profile: str | None = None
    pixel_format: str | None = None
    width: int = 0  # upright
    height: int = 0
    rotation: int = 0  # degrees that the file asks its player to turn, already applied to width and height
    sample_aspect_ratio: str | None = None  # width to height of a pixel, where they are not square
    interlaced: bool = False
    audio: str | None = None  # its codec
    bytes: int = 0
    fps: float = 0.0  # frames per second as the container states it
    real_fps: float | None = None  # by the timestamps
    variable_rate: bool = False
    frames: int = 0  # that can be decoded
    container_frames: int = 0  # that the container claims, 0 where it says nothing
    container_duration: float | None = None  # that the container claims
    hidden_frames: int = 0  # that the file asks its player not to show, and nobody counts
    packets: int = 0
    decoded_frames: int | None = None  # None where frames were counted by packets
    damaged_frames: int = 0  # decoded with errors, which the decoder concealed
    first_time: float | None = None
    last_time: float | None = None
    duration: float = 0.0  # from the first to the last timestamp
    keyframes: int = 0
    keyframe_gap: int = 0  # frames from one keyframe to the next, at most
    random_access: bool = False  # whether a frame that is sought by its timestamp has the same pixels as in order
    time_base: str | None = None  # seconds, of the timestamps
    white: float | None = None  # value that images of more than 8 bits take for white
    findings: tuple[str, ...] = ()  # what is out of the ordinary
    digest: str = ""


def mean_rate(stated: float, real: float | None) -> float:
    """Frames per second of a video as a whole: what its timestamps tell, where that is more than rounding off what is stated."""
    return real if real and abs(real / stated - 1) > ROUNDING else stated


def tells_apart(pts: list[int | None]) -> bool:
    """Whether timestamps tell all frames apart and are in order."""
    return None not in pts and all(a < b for a, b in itertools.pairwise(pts))


def _keyframe_gap(keys: list[bool]) -> int:
    places = [*np.flatnonzero(keys).tolist(), len(keys)]
    return int(np.diff([0, *places]).max(initial=1)) if len(keys) else 0


def short_by(report: Report) -> float:
    """Seconds that the container claims beyond the last frame, where they are more than what is tolerated."""
    if not report.container_duration:
        return 0.0
    lacking = report.container_duration - report.duration - 1 / min(report.fps, report.real_fps or report.fps)
    return lacking if lacking > (TOLERATED_SOUND if report.audio else TOLERATED_END) else 0.0


def with_times(report: Report, pts: list[int | None], keys: list[bool]) -> tuple[Report, np.ndarray, np.ndarray]:
    """The report with all that follows from timestamps; the times, and the timestamps where they tell frames apart."""
    findings = list(report.findings)
    if not report.fps:
        findings.append(f"the file states no frame rate: {ASSUMED_FPS:g} per second is assumed; give `fps` in the sheet")
        report = replace(report, fps=ASSUMED_FPS)
    if tells_apart(pts):
        exact = np.array(pts, np.int64)
        times = exact * float(Fraction(report.time_base))
    else:
        exact = np.empty(0, np.int64)
        times = np.arange(len(pts)) / report.fps
        what = "are missing" if None in pts else "are not in order, or stand there twice"
        findings.append(
            f"timestamps {what}: times are the frame's number over the rate that is stated, {report.fps:g} per second; "
            "give `fps` in the sheet if that is wrong"
        )
    steps = np.diff(times)
    span = float(times[-1] - times[0]) if len(times) else 0.0
    if report.hidden_frames:
        findings.append("the file's edit list cuts frames off, which are not counted")
    report = replace(
        report,
        frames=len(pts),
        first_time=float(times[0]),
        last_time=float(times[-1]),
        duration=span,
        real_fps=(len(times) - 1) / span if span else None,
        variable_rate=bool(len(steps) and np.ptp(steps) > 0.5 * np.median(steps)),
        keyframes=int(np.sum(keys)),
        keyframe_gap=_keyframe_gap(keys),
        findings=tuple(findings),
    )
    return report, times, exact
