"""The frames of one video that can be chosen for labelling (N candidates in time, D features, P pixels of a thumbnail)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from posemake.config.settings import Frames
from posemake.core.errors import PosemakeError
from posemake.video.reader import window

BLANK = 2.0  # grey levels; a picture that varies less shows nothing
NEIGHBOURS = 31  # candidates whose median a flash is off from; a light that changes for longer than half of them is no flash
OUTLIER = 6 * 1.4826  # six standard deviations, in median absolute deviations of normal noise


@dataclass(frozen=True)
class Candidates:
    """What is known of the frames that can be chosen."""

    frames: np.ndarray  # (N,) indices in the video, ascending
    thumbnails: np.ndarray  # (N, P) uint8, grey
    brightness: np.ndarray  # (N,) mean grey level
    contrast: np.ndarray  # (N,) standard deviation of the grey levels
    motion: np.ndarray  # (N,) pixels per frame, NaN where unknown
    features: np.ndarray  # (N, D) what differs between frames


def candidate_frames(start: int, stop: int, stride: int, most: int) -> np.ndarray:
    """Every ``stride``-th frame of start ≤ index < stop (N,), thinned evenly to ``most``."""
    frames = np.arange(start, stop, stride)
    if len(frames) <= most:
        return frames
    return frames[np.linspace(0, len(frames) - 1, most).round().astype(int)]


def region_of(video_file: str, info: dict[str, Any], roi: list[int] | None) -> list[int]:
    """The region of interest as x1, x2, y1, y2 in pixels; the whole frame if none is given.

    Raises
    ------
    PosemakeError
        If it does not lie within the frame.
    """
    x1, x2, y1, y2 = roi or (0, info["width"], 0, info["height"])
    if not (x1 < x2 <= info["width"] and y1 < y2 <= info["height"]):
        raise PosemakeError(
            f"{video_file}: roi {x1},{x2},{y1},{y2} (x1,x2,y1,y2) does not lie within its {info['width']} x {info['height']} "
            "pixels; correct the sheet of videos"
        )
    return [x1, x2, y1, y2]


def frames_to_look_at(
    video_file: str, info: dict[str, Any], wanted: Frames, row: dict[str, Any]
) -> tuple[np.ndarray, list[int], list[int]]:
    """The candidates (N,), the frames that the sheet names, and the region of interest.

    Raises
    ------
    PosemakeError
        If window, region or frames of the sheet do not lie within the video.
    """
    start, stop, _ = window(video_file, info, row["start"], row["stop"])
    listed = sorted(set(row.get("frames") or [])) if wanted.method == "manual" else []
    strange = [frame for frame in listed if not start <= frame < stop]
    if strange:
        raise PosemakeError(
            f"{video_file}: frames names {strange[0]}, and those that can be chosen are {start} to {stop - 1}; "
            "correct the sheet of videos"
        )
    candidates = candidate_frames(start, stop, wanted.stride, wanted.max_candidates)
    return np.union1d(candidates, listed).astype(int), listed, region_of(video_file, info, row["roi"])


def find_useless(brightness: np.ndarray, contrast: np.ndarray, dark: float, flash: float) -> np.ndarray:
    """Say of each candidate (N,) why nobody could label it, or the empty text.

    A flash is off the running median of its neighbourhood by more than ``flash`` grey levels and by more than six robust
    standard deviations of that neighbourhood, so that a flickering light drops nothing.
    """
    from scipy.ndimage import median_filter

    if not len(brightness):
        return np.array([], dtype=object)
    off = np.abs(brightness - median_filter(brightness, NEIGHBOURS, mode="reflect"))
    usual = median_filter(off, NEIGHBOURS, mode="reflect")
    why = np.full(len(brightness), "", dtype=object)
    why[off > np.maximum(flash, OUTLIER * usual)] = "flash"
    why[contrast < BLANK] = "blank"
    why[brightness < dark] = "dark"
    return why
