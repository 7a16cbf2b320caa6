"""Stage `select_frames`: choice of the frames of a video that a person labels (N candidates)."""

from dataclasses import dataclass

import numpy as np

from posemake.config.settings import Frames
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.image_names import image_name
from posemake.frames.candidates import CandidateRow, Candidates, list_candidates
from posemake.frames.frame_table import write_frame_table
from posemake.frames.measure import measure_candidates
from posemake.frames.sampling import Choice, choose_frames
from posemake.frames.selection import Selection, write_selection
from posemake.video.info import read_video_info
from posemake.video.reader import open_video

CANDIDATE_COLUMNS = ("frame", "brightness", "motion", "pc1", "pc2", "dropped", "cluster")


@dataclass(frozen=True)
class SelectInputs:
    """Files that `select_frames` reads."""

    video: StrPath  # video file, TIFF, or folder of images
    info: StrPath  # what the video holds (JSON)
    standard: StrPath  # folder of the timestamps and the transcoded copy
    features: StrPath | None = None  # features of a network (NPY), or None to compare thumbnails


@dataclass(frozen=True)
class SelectOutputs:
    """Files that `select_frames` writes."""

    frames: StrPath  # chosen frames (CSV)
    candidates: StrPath  # measurements of all candidates (CSV)
    selection: StrPath  # summary (JSON, `Selection`)


def needs_motion(settings: Frames) -> bool:
    """Return whether the method of choice needs the motion, which costs as much as decoding."""
    return settings.method == "motion" or (settings.method == "hybrid" and settings.shares.motion > 0)


def select_frames(inputs: SelectInputs, outputs: SelectOutputs, settings: Frames, row: CandidateRow) -> None:
    """Choose the frames of a video that a person labels; a video that cannot be read gives none.

    Parameters
    ----------
    inputs, outputs
        Files to read and to write.
    settings
        How frames are chosen; ``per_video`` is the number for this video.
    row
        What the sheet says of this video.

    Raises
    ------
    PosemakeError
        If start, stop, roi or frames of the sheet do not lie within the video.
    """
    info = read_video_info(inputs.info)
    if info.fault:
        logger.info("no frame is chosen: %s", info.fault)
        write_frame_table(outputs.frames, [])
        write_rows(outputs.candidates, CANDIDATE_COLUMNS, [])
        write_selection(outputs.selection, Selection(settings.per_video, 0, settings.features, info.fault))
        return
    listing = list_candidates(inputs.video, info, settings, row)
    wanted = len(listing.listed) or settings.per_video
    video = open_video(inputs.video, inputs.info, inputs.standard)
    thumbnails, motion = measure_candidates(video, listing.frames, listing.region, settings.thumbnail, needs_motion(settings))
    thumbnails = thumbnails.reshape(len(thumbnails), -1)
    features, compared, note = _features(inputs.features, thumbnails, settings.features)
    candidates = Candidates(
        frames=listing.frames,
        thumbnails=thumbnails,
        brightness=np.array([np.mean(thumbnail) for thumbnail in thumbnails]),
        contrast=np.array([np.std(thumbnail) for thumbnail in thumbnails]),
        motion=motion,
        features=features,
    )
    choice = choose_frames(candidates, wanted, settings, listing.listed)
    note = "; ".join(filter(None, [choice.note, note]))
    logger.info("%d of %d candidates are chosen. %s", len(choice.rows), len(candidates.frames), note)
    indices = candidates.frames[choice.rows].tolist()
    images = [image_name(index, info.frames) for index in indices]
    write_frame_table(outputs.frames, zip(indices, images, choice.methods, choice.reasons))
    _write_candidates(outputs.candidates, candidates, choice)
    write_selection(outputs.selection, Selection(wanted, len(indices), compared, note))


def _features(path: StrPath | None, thumbnails: np.ndarray, network: str) -> tuple[np.ndarray, str, str]:
    """Return the features (N, D) by which frames are compared, their name, and a note if they are not those of the network."""
    if not path:
        return thumbnails, "thumbnail", ""
    features = np.load(path)
    if len(features):
        return features, network, ""
    note = f"thumbnails were compared, as the ImageNet weights of {network} could not be downloaded"
    return thumbnails, "thumbnail", note


def _write_candidates(path: StrPath, candidates: Candidates, choice: Choice) -> None:
    """Write the candidates as CSV, a row per candidate.

    Brightness is in grey levels, motion in pixels per frame; pc1 and pc2 are the first two principal components of the features.
    """
    columns = (
        candidates.frames,
        candidates.brightness,
        candidates.motion,
        *choice.components.T,
        choice.dropped,
        choice.clusters,
    )
    rows = zip(*(column.tolist() for column in columns))
    write_rows(path, CANDIDATE_COLUMNS, ([*values, None if label < 0 else label] for *values, label in rows))
