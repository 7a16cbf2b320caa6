"""The stages that tell of all videos at once, one row per video."""

import math
from pathlib import Path
from typing import Any

from posemake.core.json_files import read_json
from posemake.core.tables import write_rows

VIDEO_COLUMNS = (
    "container", "codec", "profile", "pixel_format", "width", "height", "rotation", "sample_aspect_ratio",
    "interlaced", "audio", "bytes", "fps", "real_fps", "variable_rate", "frames", "container_frames",
    "container_duration", "hidden_frames", "packets", "decoded_frames", "damaged_frames", "first_time", "last_time",
    "duration", "keyframes", "keyframe_gap", "random_access", "standardised", "findings", "fault", "digest",
)  # fmt: skip
FRAMES_COLUMNS = ("asked", "chosen", "features", "note")
GROUP_COLUMNS = ("column", "value", "videos", "frames", "share", "balanced_per_video")
POSE_COLUMNS = (
    "frames", "analysed", "duration", "confident", "filled", "missing", "complete", "speed_px_per_s", "speed_mm_per_s",
    "step_median_px", "step_p99_px", "jitter_px", "jitter_worst_px", "jumps", "bone_spread", "bone_spread_worst",
)  # fmt: skip
# per group: what adds up, and means over the video's frames or points of what is a share or a speed
SHARES = ("confident", "filled", "missing", "complete", "speed_px_per_s", "speed_mm_per_s", "jitter_px", "jumps", "bone_spread")
POSE_GROUP_COLUMNS = ("column", "value", "videos", "frames", "analysed", "duration", *SHARES)


def _cell(value: Any) -> Any:
    return "; ".join(value) if isinstance(value, list) else value


def tabulate(files: list[str], out: str, columns: tuple[str, ...], sheet: dict[str, dict]) -> None:
    """Gather the JSON files ``…/<video>/<file>`` into a CSV; one file is in memory at a time.

    ``sheet`` gives subject, session and group of each video, where they are known.
    """

    def rows():
        for path in map(Path, sorted(files)):
            video, content = path.parent.name, read_json(path)
            about = sheet.get(video, {})
            yield [video, *(about.get(key) for key in ("subject", "session", "group")), *(_cell(content[c]) for c in columns)]

    write_rows(out, ["video", "subject", "session", "group", *columns], rows())


def tabulate_frames(files: list[str], out: str, groups_out: str, sheet: dict[str, dict]) -> None:
    """Gather ``…/<video>/selection.json`` into a table of all videos and one of their groups and subjects.

    The second has the number of videos that gave frames, the number of frames, its share of all, and the number per video with
    which this group (or subject) would have as many frames as the largest one.
    """
    tabulate(files, out, FRAMES_COLUMNS, sheet)
    chosen = {path.parent.name: read_json(path)["chosen"] for path in map(Path, files)}
    rows = []
    for column in ("group", "subject"):
        of: dict[str, list[int]] = {}
        for video in filter(chosen.get, sorted(chosen)):
            if value := sheet.get(video, {}).get(column):
                of.setdefault(value, []).append(chosen[video])
        most = max(map(sum, of.values()), default=0)
        for value, numbers in sorted(of.items()):
            share = sum(numbers) / sum(chosen.values())
            rows.append([column, value, len(numbers), sum(numbers), share, math.ceil(most / len(numbers))])
    write_rows(groups_out, GROUP_COLUMNS, rows)


def tabulate_poses(files: list[str], out: str, groups_out: str, sheet: dict[str, dict]) -> None:
    """Gather ``…/<video>/summary.json`` into a table of all videos and one of all together, their groups and their subjects.

    In the second, shares, speeds and the figures of steadiness are means over the videos that have them, each with the weight of
    its analysed frames, so that a long recording counts for more than a short one. One file is in memory at a time.
    """
    tabulate(files, out, POSE_COLUMNS, sheet)
    sums: dict[tuple[str, str], dict[str, list[float]]] = {}
    for path in map(Path, sorted(files)):
        content, about = read_json(path), sheet.get(path.parent.name, {})
        for key in [("all", ""), *((c, about[c]) for c in ("group", "subject") if about.get(c))]:
            of = sums.setdefault(key, {name: [0.0, 0.0] for name in ("videos", "frames", "analysed", "duration", *SHARES)})
            for name, amount in (("videos", 1), *((n, content[n]) for n in ("frames", "analysed", "duration"))):
                of[name][0] += amount
            for name in SHARES:
                if content[name] is not None:
                    of[name][0] += content[name] * content["analysed"]
                    of[name][1] += content["analysed"]
    rows = []
    for column, value in sorted(sums, key=lambda key: (("all", "group", "subject").index(key[0]), key[1])):
        of = sums[column, value]
        counts = [int(of[name][0]) for name in ("videos", "frames", "analysed")]
        means = [of[name][0] / of[name][1] if of[name][1] else None for name in SHARES]
        rows.append([column, value, *counts, of["duration"][0], *means])
    write_rows(groups_out, POSE_GROUP_COLUMNS, rows)
