"""Files of many videos, asked for in portions.

Snakemake looks up each input of a job among all jobs that it depends on. A job `all` that names all files of 5,000 videos would
take a quarter of an hour to do nothing, and fill the screen. So it names marks of portions, each of which stands for the files of
its videos. (`--batch` divides one run into several, each with its own start, and leaves no mark of what is complete.)
"""

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MANY = 100  # videos; with fewer, each file is asked for
PORTIONS = 64  # the portion of a video must not change


def portion_number(video: str) -> int:
    """Return the number of the portion that a video is in."""
    return zlib.crc32(video.encode()) % PORTIONS


@dataclass(frozen=True)
class Portions:
    """Files of one kind of many videos.

    Parameters
    ----------
    videos
        Ids of all videos.
    patterns
        Paths of the files of a video, with ``{video}`` in them.
    mark
        Path of the mark of a portion, with ``{portion}`` in it.
    ending
        Follows the number of a portion in the name of its mark. It changes with the names of the files, as no portion is complete
        then.
    """

    videos: Sequence[str]
    patterns: Sequence[str]
    mark: str
    ending: str = ""

    def files(self, videos: Sequence[str]) -> list[str]:
        """Return the files of some videos."""
        return [str.format(pattern, video=video) for video in videos for pattern in self.patterns]

    @cached_property
    def _members(self) -> dict[int, list[str]]:
        """Videos of each portion."""
        members: dict[int, list[str]] = {}
        for video in self.videos:
            members.setdefault(portion_number(video), []).append(video)
        return members

    def members(self, portion: str) -> list[str]:
        """Return the videos of a portion, given by its number and ending."""
        return self._members.get(int(portion.removesuffix(self.ending)), [])

    def files_of(self, portion: str) -> list[str]:
        """Return the files of the videos of a portion."""
        return self.files(self.members(portion))

    def targets(self) -> list[str]:
        """Return the paths to ask for, so that all files of all videos are made.

        These are the files themselves if there are few videos. Otherwise they are the marks, and missing files of videos that
        were complete: Snakemake makes a missing file anew only if a job that has to run needs it, or if it is asked for itself.
        """
        if len(self.videos) < MANY:
            return self.files(self.videos)
        marks = [self.mark.format(portion=f"{portion}{self.ending}") for portion in sorted(self._members)]
        complete = {video for mark in marks if os.path.exists(mark) for video in Path(mark).read_text().split()}
        files = self.files([video for video in self.videos if video in complete])
        return marks + [path for path in files if not os.path.exists(path)]
