"""Subject, session and group of the videos, as the sheet of videos states them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class VideoMetadata:
    """What the sheet states about a video; None where its cell is empty."""

    subject: str | None = None
    session: str | None = None
    group: str | None = None


def video_metadata(rows: Mapping[str, Mapping[str, str | None]]) -> dict[str, VideoMetadata]:
    """Return the metadata of each video from the cells by column that a rule passes on."""
    return {video: VideoMetadata(**row) for video, row in rows.items()}
