"""The stage that chooses the frames of a video that a person labels (N candidates)."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from posemake.config.settings import Frames, make
from posemake.core.json_files import read_json, write_json
from posemake.core.log import logger, progress
from posemake.core.tables import write_rows
from posemake.data.label_files import image_name
from posemake.frames.candidates import Candidates, frames_to_look_at
from posemake.frames.sampling import choose
from posemake.video.frame import save_png
from posemake.video.reader import Video, open_video

FRAME_COLUMNS = ("frame", "image", "method", "reason")
CANDIDATE_COLUMNS = ("frame", "brightness", "motion", "pc1", "pc2", "dropped", "cluster")
FLOW_WIDTH = 64  # pixels of the picture that motion is seen on: enough for how fast, at a thousandth of the frame's cost
FAST = 0.95  # quantile of the flow's length: the animal moves, most of the picture does not


def needs_motion(wanted: Frames) -> bool:
    """Whether the way of choosing looks at motion, which costs as much as decoding."""
    return wanted.method == "motion" or (wanted.method == "hybrid" and wanted.shares.motion > 0)


def measure_motion(before: np.ndarray, after: np.ndarray, size: tuple[int, int]) -> float:
    """How far the fast parts move from one picture (h, w) to the next, in pixels of a region of ``size`` (width, height).

    The 95th percentile of dense optical flow (Farnebäck, SCIA 2003).
    """
    flow = cv2.calcOpticalFlowFarneback(before, after, None, 0.5, 2, 9, 2, 5, 1.1, 0)
    flow *= np.array([size[0] / before.shape[1], size[1] / before.shape[0]], np.float32)
    length = cv2.magnitude(flow[..., 0], flow[..., 1]).reshape(-1)
    rank = int(FAST * (len(length) - 1))
    return float(np.partition(length, rank)[rank])  # np.quantile does the same at three times the cost


def look_at(video: Video, frames: np.ndarray, region: list[int], width: int, motion: bool) -> tuple[np.ndarray, np.ndarray]:
    """Decode once what lies between the first and the last of some frames (N,).

    Parameters
    ----------
    region
        x1, x2, y1, y2 in pixels of the frame: what is looked at.
    width
        Of the thumbnails, in pixels.
    motion
        Whether motion is measured.

    Returns
    -------
    thumbnails
        (N, height, width) uint8, grey.
    motion
        (N,) pixels since the frame directly before; NaN where it is not measured, as in the first frame.
    """
    size = (region[1] - region[0], region[3] - region[2])

    def fit(wide: int) -> tuple[int, int]:
        return wide, max(1, round(wide * size[1] / size[0]))

    def shrink(image: np.ndarray, to: tuple[int, int]) -> np.ndarray:
        return image if image.shape[::-1] == to else cv2.resize(image, to, interpolation=cv2.INTER_AREA)

    small, of_flow = fit(width), fit(FLOW_WIDTH)
    first = fit(max(width, FLOW_WIDTH)) if motion else small
    row_of = {int(frame): row for row, frame in enumerate(frames)}
    thumbnails = np.empty((len(frames), small[1], small[0]), np.uint8)
    moved = np.full(len(frames), np.nan)
    before, last = None, int(frames[-1]) + 1
    for index, picture in progress(video.pictures(int(frames[0]), last), last - int(frames[0]), "frames looked at"):
        row = row_of.get(index)
        if row is None and not (motion and index + 1 in row_of):
            before = None
            continue
        image = picture.grey(first, region)
        if row is not None:
            thumbnails[row] = shrink(image, small)
        if motion:
            now = shrink(image, of_flow)
            if row is not None and before is not None:
                moved[row] = measure_motion(before, now, size)
            before = now
    return thumbnails, moved


def select_frames(
    video_file: str,
    info_file: str,
    standard_dir: str,
    features_file: str | None,
    frames_file: str,
    candidates_file: str,
    selection_file: str,
    settings: dict[str, Any],
    row: dict[str, Any],
) -> None:
    """Choose frames of a video; one that cannot be read gives none.

    Parameters
    ----------
    features_file
        What `features.embed_frames` wrote, or None to compare thumbnails.
    frames_file
        CSV to write, a row per chosen frame: index, name of its image, method, and the reason in words.
    candidates_file
        CSV to write, a row per candidate: brightness (grey levels), motion (pixels per frame), first two principal components
        of the features, why it was dropped, k-means cluster.
    selection_file
        JSON to write: frames asked for and chosen, the features that were compared, a sentence if something came otherwise.
    settings
        Those of `settings.Frames`; ``per_video`` is the number for this very video.
    row
        Of the sheet: start, stop, roi, frames.

    Raises
    ------
    PosemakeError
        If the sheet asks for what the video does not have.
    """
    wanted = make(Frames, settings)
    info = read_json(info_file)
    if info["fault"]:
        logger.info("no frame is chosen: %s", info["fault"])
        write_rows(frames_file, FRAME_COLUMNS, [])
        write_rows(candidates_file, CANDIDATE_COLUMNS, [])
        told = {"asked": wanted.per_video, "chosen": 0, "features": wanted.features, "note": info["fault"]}
        write_json(selection_file, told)
        return
    frames, listed, region = frames_to_look_at(video_file, info, wanted, row)
    video = open_video(video_file, info_file, standard_dir)
    thumbnails, motion = look_at(video, frames, region, wanted.thumbnail, needs_motion(wanted))
    thumbnails = thumbnails.reshape(len(frames), -1)
    brightness, contrast = (np.array([f(picture) for picture in thumbnails]) for f in (np.mean, np.std))
    features, compared, note = thumbnails, "thumbnail", ""
    if features_file:
        found = np.load(features_file)
        if len(found):
            features, compared = found, wanted.features
        else:
            note = f"thumbnails were compared, as the ImageNet weights of {wanted.features} could not be downloaded"
    candidates = Candidates(frames, thumbnails, brightness, contrast, motion, features)
    choice = choose(candidates, len(listed) or wanted.per_video, wanted, listed)
    note = "; ".join(filter(None, [choice.note, note]))
    logger.info("%d of %d candidates are chosen. %s", len(choice.rows), len(frames), note)
    indices = frames[choice.rows].tolist()
    names = [image_name(index, info["frames"]) for index in indices]
    write_rows(frames_file, FRAME_COLUMNS, zip(indices, names, choice.methods, choice.reasons))
    columns = (frames, brightness, motion, *choice.components.T, choice.dropped, choice.clusters)
    known = zip(*(column.tolist() for column in columns))
    write_rows(candidates_file, CANDIDATE_COLUMNS, ([*values, None if label < 0 else label] for *values, label in known))
    told = {"asked": len(listed) or wanted.per_video, "chosen": len(indices), "features": compared, "note": note}
    write_json(selection_file, told)


def extract_frames(video_file: str, info_file: str, standard_dir: str, frames_file: str, folder: str) -> None:
    """Write the chosen frames as PNG, whole and in full size."""
    table = pd.read_csv(frames_file)
    names = dict(zip(table["frame"], table["image"]))
    Path(folder).mkdir(parents=True, exist_ok=True)
    if not names:
        return
    chosen = open_video(video_file, info_file, standard_dir).chosen(names)
    for index, image in progress(chosen, len(names), "frames"):
        save_png(image, f"{folder}/{names[index]}")
