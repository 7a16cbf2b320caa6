"""Content of ``summary.json``: figures of the poses of one video, and of what each filter step changed in them."""

from dataclasses import asdict, dataclass, fields

from posemake.core.json_files import read_json, write_json
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class TrackFigures:
    """Extent and completeness of the filtered poses. Shares are of the points in analysed frames."""

    frames: int
    analysed: int  # frames
    duration: float  # seconds that the analysed frames last
    confident: float  # share of points that the network is confident of
    filled: float  # share of points that a filter step filled in
    missing: float  # share of points that are missing at the end
    complete: float  # share of analysed frames with all keypoints
    speed_px_per_s: float | None  # mean speed of the keypoints that are known often; None if no step is known
    speed_mm_per_s: float | None  # None without a scale
    speed_note: str | None = None  # why there is no speed, or which keypoints do not count in it


@dataclass(frozen=True)
class PoseQuality:
    """Figures of how steady the confident raw poses are; None where too few points are known."""

    step_median_px: float | None = None  # distance that points move from frame to frame
    step_p99_px: float | None = None
    jitter_px: float | None = None  # standard deviation along an axis of that movement at rest, of the median keypoint
    jitter_worst_px: float | None = None  # the same of the worst keypoint
    jumps: float | None = None  # share of movements longer than half a body length
    bone_spread: float | None = None  # median absolute deviation of a bone's length over its median, of the median bone
    bone_spread_worst: float | None = None  # the same of the worst bone


@dataclass(frozen=True)
class StepChanges:
    """Figures of what a filter step changed; None where too few points are known."""

    removed: int  # points
    filled: int  # points
    moved_median_px: float | None  # distance that the other points moved; 0 for a point that stayed
    moved_p95_px: float | None
    jitter_before_px: float | None  # standard deviation along an axis of the movement from frame to frame, of the median keypoint
    jitter_after_px: float | None
    rest_jitter_before_px: float | None  # the same while the animal rests
    rest_jitter_after_px: float | None


@dataclass(frozen=True)
class AppliedStep:
    """A filter step and what it changed."""

    method: str
    changes: StepChanges


@dataclass(frozen=True)
class PoseSummary:
    """Summary of the poses of one video."""

    track: TrackFigures
    quality: PoseQuality
    steps: tuple[AppliedStep, ...]
    all_steps: StepChanges


def write_pose_summary(path: StrPath, summary: PoseSummary) -> None:
    """Write ``summary.json``, in which the figures of the track and of its quality stand side by side."""
    steps = [{"method": step.method, **asdict(step.changes)} for step in summary.steps]
    figures = asdict(summary.track) | asdict(summary.quality)
    write_json(path, figures | {"steps": steps, "all_steps": asdict(summary.all_steps)})


def read_pose_summary(path: StrPath) -> PoseSummary:
    """Read ``summary.json``."""
    content = read_json(path)
    return PoseSummary(
        TrackFigures(**{field.name: content[field.name] for field in fields(TrackFigures)}),
        PoseQuality(**{field.name: content[field.name] for field in fields(PoseQuality)}),
        tuple(AppliedStep(step.pop("method"), StepChanges(**step)) for step in content["steps"]),
        StepChanges(**content["all_steps"]),
    )
