"""Frames of a video that can be chosen for labelling (N candidates in time, D features, P pixels of a thumbnail)."""

from dataclasses import dataclass

import numpy as np

from posemake.config.settings import Frames
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.video.bounds import Region, frame_range, pixel_region
from posemake.video.info import VideoInfo

BLANK = 2.0  # grey levels; a thumbnail with a smaller standard deviation shows nothing
# candidates whose running median a flash deviates from; a light that stays on for more than half of them is no flash
FLASH_WINDOW = 31
FLASH_DEVIATION = 6 * 1.4826  # median absolute deviations that are six standard deviations of normal noise


@dataclass(frozen=True)
class CandidateRow:
    """Cells of the sheet of videos that decide which frames can be chosen."""

    start: int | None = None  # first frame
    stop: int | None = None  # frame after the last
    roi: tuple[int, int, int, int] | list[int] | None = None  # region that is compared: x1, x2, y1, y2 in pixels
    frames: list[int] | None = None  # frames that the method manual chooses


@dataclass(frozen=True)
class CandidateFrames:
    """Which frames can be chosen, and which part of them is compared."""

    frames: np.ndarray  # (N,) indices in the video, ascending
    listed: list[int]  # frames that the sheet lists for the method manual, ascending
    region: Region  # x1, x2, y1, y2 in pixels


@dataclass(frozen=True)
class Candidates:
    """Measurements of the frames that can be chosen."""

    frames: np.ndarray  # (N,) indices in the video, ascending
    thumbnails: np.ndarray  # (N, P) uint8, grey
    brightness: np.ndarray  # (N,) mean grey level
    contrast: np.ndarray  # (N,) standard deviation of the grey levels
    motion: np.ndarray  # (N,) pixels per frame, NaN where it is unknown
    features: np.ndarray  # (N, D) by which frames are compared


def thin_frames(start: int, stop: int, stride: int, max_frames: int) -> np.ndarray:
    """Return indices of frames (N,), evenly spaced.

    Parameters
    ----------
    start, stop
        First frame, and the frame after the last.
    stride
        Step between frames.
    max_frames
        Greatest number of frames; more are thinned out evenly.
    """
    frames = np.arange(start, stop, stride)
    if len(frames) <= max_frames:
        return frames
    return frames[np.linspace(0, len(frames) - 1, max_frames).round().astype(int)]


def list_candidates(video_file: StrPath, info: VideoInfo, settings: Frames, row: CandidateRow) -> CandidateFrames:
    """Return the frames of a video that can be chosen.

    Parameters
    ----------
    video_file
        Path of the video, for messages.
    info
        What the video holds.
    settings
        Method, stride and number of candidates.
    row
        What the sheet says of this video.

    Raises
    ------
    PosemakeError
        If start, stop, roi or frames of the sheet do not lie within the video.
    """
    start, stop = frame_range(video_file, info, row.start, row.stop)
    listed = sorted(set(row.frames or [])) if settings.method == "manual" else []
    beyond = [frame for frame in listed if not start <= frame < stop]
    if beyond:
        raise PosemakeError(
            f"{video_file}: frames names {beyond[0]}, and those that can be chosen are {start} to {stop - 1}; "
            "correct the sheet of videos"
        )
    frames = thin_frames(start, stop, settings.stride, settings.max_candidates)
    region = pixel_region(video_file, info, "roi", row.roi)
    return CandidateFrames(np.union1d(frames, listed).astype(int), listed, region)


def reasons_to_drop(brightness: np.ndarray, contrast: np.ndarray, dark: float, flash: float) -> np.ndarray:
    """Return why nobody could label a candidate: dark, blank, flash, or an empty text, as (N,) objects.

    A flash deviates from the running median of its neighbours by more than ``flash`` grey levels and by more than six robust
    standard deviations of these neighbours, so that a flickering light drops nothing.

    Parameters
    ----------
    brightness, contrast
        (N,) mean and standard deviation of each candidate's grey levels.
    dark
        Grey level below which a frame is too dark.
    flash
        Grey levels by which a flash deviates.
    """
    from scipy.ndimage import median_filter

    if not len(brightness):
        return np.array([], dtype=object)
    deviation = np.abs(brightness - median_filter(brightness, FLASH_WINDOW, mode="reflect"))
    median_deviation = median_filter(deviation, FLASH_WINDOW, mode="reflect")
    reasons = np.full(len(brightness), "", dtype=object)
    reasons[deviation > np.maximum(flash, FLASH_DEVIATION * median_deviation)] = "flash"
    reasons[contrast < BLANK] = "blank"
    reasons[brightness < dark] = "dark"
    return reasons
