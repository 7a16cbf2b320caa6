"""Tables of all videos, one row per video, and of their groups and subjects."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from typing import Any

from posemake.config.video_metadata import VideoMetadata
from posemake.core.json_files import read_json
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.video.info import read_video_info

METADATA_COLUMNS = ("subject", "session", "group")
VIDEO_COLUMNS = (
    "container", "codec", "profile", "pixel_format", "width", "height", "rotation", "mirrored",
    "sample_aspect_ratio", "interlaced", "audio", "bytes", "fps", "real_fps", "variable_rate", "frames", "container_frames",
    "container_duration", "hidden_frames", "packets", "decoded_frames", "damaged_frames", "first_time", "last_time",
    "duration", "keyframes", "keyframe_gap", "random_access", "standardised", "findings", "fault", "digest",
)  # fmt: skip
FRAMES_COLUMNS = ("asked", "chosen", "features", "note")
POSE_COLUMNS = (
    "frames", "analysed", "duration", "confident", "filled", "missing", "complete", "speed_px_per_s", "speed_mm_per_s",
    "speed_note", "step_median_px", "step_p99_px", "jitter_px", "jitter_worst_px", "jumps", "bone_spread", "bone_spread_worst",
)  # fmt: skip
# shares, speeds and measures of quality, of which groups have means
AVERAGED = ("confident", "filled", "missing", "complete", "speed_px_per_s", "speed_mm_per_s", "jitter_px", "jumps", "bone_spread")

Metadata = Mapping[str, VideoMetadata]  # by video; videos may be missing


@dataclass(frozen=True)
class GroupedTables:
    """Files of a table of videos and of the table of their groups."""

    table: StrPath  # a row per video (CSV)
    groups: StrPath  # a row per group and subject (CSV)


@dataclass(frozen=True)
class FramesOfGroup:
    """Row of the table of the frames chosen by group and subject."""

    column: str  # group or subject
    value: str  # name of the group or subject
    videos: int  # videos that gave frames
    frames: int
    share: float  # of all frames
    balanced_per_video: int  # frames per video with which it would have as many frames as the largest one


@dataclass
class PosesOfGroup:
    """Sums over the videos of a group or subject, or over all videos."""

    videos: int = 0
    frames: int = 0
    analysed: int = 0
    duration: float = 0.0
    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(AVERAGED, 0.0))  # times the analysed frames
    weights: dict[str, float] = field(default_factory=lambda: dict.fromkeys(AVERAGED, 0.0))  # analysed frames

    def add(self, summary: Mapping[str, Any]) -> None:
        """Add the summary of a video's poses; measures that it lacks have no weight."""
        self.videos += 1
        self.frames += summary["frames"]
        self.analysed += summary["analysed"]
        self.duration += summary["duration"]
        for name in AVERAGED:
            if summary[name] is not None:
                self.sums[name] += summary[name] * summary["analysed"]
                self.weights[name] += summary["analysed"]

    def cells(self) -> list[float | None]:
        """Return the numbers of videos and frames, the duration, and the means, None where no video has the measure."""
        means = [self.sums[name] / self.weights[name] if self.weights[name] else None for name in AVERAGED]
        return [self.videos, self.frames, self.analysed, self.duration, *means]


def _by_video(files: Iterable[StrPath]) -> list[Path]:
    """Return files ``…/<video>/<file>`` in the order of the videos."""
    return sorted(map(Path, files))


def _write_table(
    out: StrPath, files: Iterable[StrPath], columns: Sequence[str], videos: Metadata, read: Callable[[Path], Mapping[str, Any]]
) -> None:
    """Write a table with a row per video; the content of one file is in memory at a time.

    Parameters
    ----------
    out
        CSV to write.
    files
        Files ``…/<video>/<file>``.
    columns
        Fields of the files' content that become columns.
    videos
        Metadata, which become the first columns.
    read
        Function that returns the content of a file by field.
    """

    def rows() -> Iterable[list[Any]]:
        for path in _by_video(files):
            video, content = path.parent.name, read(path)
            metadata = videos.get(video, VideoMetadata())
            cells = (content[column] for column in columns)
            texts = ("; ".join(cell) if isinstance(cell, tuple | list) else cell for cell in cells)
            yield [video, *(getattr(metadata, column) for column in METADATA_COLUMNS), *texts]

    write_rows(out, ["video", *METADATA_COLUMNS, *columns], rows())


def tabulate_videos(files: Sequence[StrPath], out: StrPath, videos: Metadata) -> None:
    """Write the table of the source videos.

    Parameters
    ----------
    files
        What is known of each video, ``…/<video>/video.json``.
    out
        CSV to write.
    videos
        Subject, session and group of each video.
    """
    _write_table(out, files, VIDEO_COLUMNS, videos, lambda path: vars(read_video_info(path)))


def tabulate_frames(files: Sequence[StrPath], outputs: GroupedTables, videos: Metadata) -> None:
    """Write the tables of the frames that were chosen for labelling.

    Parameters
    ----------
    files
        What was chosen of each video, ``…/<video>/selection.json``.
    outputs
        Tables to write. The one of groups counts the videos that gave frames, each row as `FramesOfGroup`.
    videos
        Subject, session and group of each video.
    """
    _write_table(outputs.table, files, FRAMES_COLUMNS, videos, read_json)
    chosen = {path.parent.name: int(read_json(path)["chosen"]) for path in _by_video(files)}
    total = sum(chosen.values())
    rows: list[FramesOfGroup] = []
    for column in ("group", "subject"):
        groups: dict[str, list[int]] = {}
        for video, frames in chosen.items():
            value = getattr(videos.get(video, VideoMetadata()), column)
            if frames and value:
                groups.setdefault(value, []).append(frames)
        largest = max(map(sum, groups.values()), default=0)
        for value, numbers in sorted(groups.items()):
            balanced = math.ceil(largest / len(numbers))
            rows.append(FramesOfGroup(column, value, len(numbers), sum(numbers), sum(numbers) / total, balanced))
    write_rows(outputs.groups, [each.name for each in fields(FramesOfGroup)], map(astuple, rows))


def tabulate_poses(files: Sequence[StrPath], outputs: GroupedTables, videos: Metadata) -> None:
    """Write the tables of the poses of all videos.

    The table of groups has a row for all videos together, then one for each group and each subject. Its shares, speeds and
    measures of quality are means over the videos that have them, weighted by their analysed frames.

    Parameters
    ----------
    files
        Summary of the poses of each video, ``…/<video>/summary.json``.
    outputs
        Tables to write.
    videos
        Subject, session and group of each video.
    """
    _write_table(outputs.table, files, POSE_COLUMNS, videos, read_json)
    groups: dict[tuple[str, str], PosesOfGroup] = {}
    for path in _by_video(files):
        summary, metadata = read_json(path), videos.get(path.parent.name, VideoMetadata())
        for column, value in (("all", ""), ("group", metadata.group), ("subject", metadata.subject)):
            if column == "all" or value:
                groups.setdefault((column, value or ""), PosesOfGroup()).add(summary)
    columns = ["column", "value", "videos", "frames", "analysed", "duration", *AVERAGED]
    write_rows(outputs.groups, columns, ([*key, *groups[key].cells()] for key in sorted(groups)))
