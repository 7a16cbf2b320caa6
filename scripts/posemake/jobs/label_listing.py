"""Files of labels in a project's folder, by round and video."""

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

LABEL_FILE = re.compile(r"CollectedData_.+(?<!\.part)\.(csv|h5)")
DECISION_FILE = re.compile(r"CollectedData_.+\.decisions\.json")


class LabelFile(NamedTuple):
    """A file in ``labels/round-<round>/<video>``."""

    round: int
    video: str
    path: str


def list_label_files(videos: Iterable[str], last_round: int, names: re.Pattern[str] = LABEL_FILE) -> list[LabelFile]:
    """List the label files of videos.

    Parameters
    ----------
    videos
        Ids of the videos; their order is that of the result.
    last_round
        Round up to which folders are listed.
    names
        Pattern of the names of files that are listed.
    """
    found = []
    for video in videos:
        for number in range(last_round + 1):
            folder = f"labels/round-{number}/{video}"
            if os.path.isdir(folder):
                files = filter(names.fullmatch, sorted(os.listdir(folder)))
                found += [LabelFile(number, video, f"{folder}/{file}") for file in files]
    return found


def list_label_folders(last_round: int) -> list[str]:
    """List the folders in those of the rounds, ``labels/round-<round>/<video>``, also those that are links to nowhere."""
    rounds = filter(os.path.isdir, (f"labels/round-{number}" for number in range(last_round + 1)))
    return [f"{folder}/{name}" for folder in rounds for name in sorted(os.listdir(folder)) if not name.startswith(".")]
