"""The stages that tell of all videos at once, one row per video."""

from pathlib import Path

from posemake.files import read_json, write_rows

VIDEO_COLUMNS = (
    "format", "codec", "pixel_format", "width", "height", "rotation", "fps", "frames", "container_frames",
    "duration", "variable_rate", "sha256",
)  # fmt: skip
POSE_COLUMNS = (
    "frames", "analysed", "confident", "filled", "missing", "complete", "speed_px_per_s", "speed_mm_per_s",
)  # fmt: skip


def tabulate(files: list[str], out: str, columns: tuple[str, ...], sheet: dict[str, dict]) -> None:
    """Gather the JSON files ``…/<video>/<file>`` into a CSV; one file is in memory at a time.

    ``sheet`` gives subject, session and group of each video, where they are known.
    """

    def rows():
        for path in map(Path, sorted(files)):
            video, content = path.parent.name, read_json(path)
            about = sheet.get(video, {})
            yield [video, *(about.get(key) for key in ("subject", "session", "group")), *(content[c] for c in columns)]

    write_rows(out, ["video", "subject", "session", "group", *columns], rows())
