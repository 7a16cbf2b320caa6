"""The stages between a person's labels and training: one table of all labels, and its parts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from posemake.core.errors import PosemakeError
from posemake.core.json_files import write_json
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.geometry import outside
from posemake.data.label_decisions import Cell, is_done, read_cells, read_decisions
from posemake.data.label_files import check_keypoints, find_label_file, find_label_files, frame_number, read_labels, reorder
from posemake.data.label_table import KEY_COLUMNS, UNSEEN


def _check_images(folder: Path, images: tuple[str, ...], xy: np.ndarray, keypoints: list[str], path: Path) -> None:
    for image, points in zip(images, xy):
        try:
            with Image.open(folder / image) as opened:
                width, height = opened.size
        except OSError as error:
            raise PosemakeError(
                f"{path}: {image} is labelled, and {folder / image} is missing or damaged; put the image back, or remove its row"
            ) from error
        for k in np.flatnonzero(outside(points, (width, height))):
            x, y = points[k]
            raise PosemakeError(
                f"{path}: {image}, {keypoints[k]} at ({x:g}, {y:g}) lies outside the image of {width} x {height} pixels; move it"
            )


def wanted_files(folder: Path, scorer: str) -> list[Path]:
    """The label files of a folder that count.

    Parameters
    ----------
    scorer
        Where several people labelled the folder: whose file it is, `mean` for all, empty if that is an error.

    Raises
    ------
    PosemakeError
        If several people labelled it, and nothing says whose labels count.
    """
    files = find_label_files(folder)
    if len(files) < 2 or scorer == "mean":
        return files
    if not scorer:
        find_label_file(folder)  # raises
    named = [path for path in files if path.stem == f"CollectedData_{scorer}"]
    if not named:
        there = ", ".join(path.name for path in files)
        raise PosemakeError(f"{folder}: labels.scorer is {scorer!r}, and there are {there}; name one of these, or mean")
    return named


def unseen_words(cells: Sequence[Cell], listed: dict[str, str], keypoints: Sequence[str]) -> list[str]:
    """What a person said of each keypoint without position: ``occluded``, ``absent``, or, where nobody said anything, nothing."""
    return [cell if isinstance(cell, str) and listed.get(part) == cell else "" for part, cell in zip(keypoints, cells)]


def mean_of(found: list[np.ndarray]) -> np.ndarray:
    """The mean (K, 2) of several people's points of an image; one that any of them left out is left out."""
    return np.mean(found, axis=0)


def _read_folder(folder: Path, keypoints: list[str], scorer: str) -> tuple[dict[str, list], set[str]]:
    """Of each labelled image of a folder, checked, the cells of its row: x and y of each keypoint, and what was said of those
    without position; and the images whose labels are begun and not done."""
    found: dict[str, list[np.ndarray]] = {}
    said: dict[str, list[list[str]]] = {}
    begun = set()
    for path in wanted_files(folder, scorer):
        labels = read_labels(path)
        check_keypoints(labels, keypoints, path)
        for part in set(keypoints) - set(labels.keypoints):
            logger.info("%s: keypoint %s is not in the file and counts as not there", path, part)
        xy = reorder(labels, keypoints)
        _check_images(folder, labels.images, xy, keypoints, path)
        decisions = read_decisions(path)
        cells = read_cells(labels, decisions, keypoints)
        for image, points in zip(labels.images, xy):
            if is_done(cells[image]):
                found.setdefault(image, []).append(points)
                listed = decisions.images.get(image, {}) if decisions else {}
                said.setdefault(image, []).append(unseen_words(cells[image], listed, keypoints))
            else:
                begun.add(image)
    rows = {}
    for image, points in found.items():
        words = [people[0] if len(set(people)) == 1 else "" for people in zip(*said[image])]  # what all of them say
        told = [f"{part}:{word}" for part, word in zip(keypoints, words) if word]
        rows[image] = [*mean_of(points).reshape(-1).tolist(), " ".join(told)]
    return rows, begun


def collect_labels(
    label_files: list[str],
    frames_files: list[str],
    labels_file: str,
    state_file: str,
    keypoints: list[str],
    scorer: str = "",
    settled: Sequence[str] = (),
) -> None:
    """Check all label files, write them as one table, and say how many of the chosen frames are still open.

    Parameters
    ----------
    label_files
        ``…/round-<r>/<video>/CollectedData_<scorer>.csv`` or ``.h5``. An image that several rounds label counts with its last.
        With a file of decisions beside it, an image counts once all of its keypoints are decided, and is open until then.
    frames_files
        ``…/round-<r>/<video>/frames.csv``, the frames that were chosen for labelling.
    labels_file
        CSV to write: round, video, image, frame; x and y of each keypoint in pixels; unseen, the keypoints that a person marked
        as occluded or absent (``tail:absent``, with a space between several); sorted.
    state_file
        JSON to write: numbers of chosen and labelled frames, and the open ones by video.
    scorer
        As in `wanted_files`.
    settled
        More files like ``frames_files``, of those chosen in a later round that someone has begun to label.

    Raises
    ------
    PosemakeError
        At the first label file with a fault.
    """
    rows: dict[tuple[str, str], list] = {}
    labelled: Counter[tuple[int, str]] = Counter()
    missing: Counter[tuple[int, str]] = Counter()
    folders = {path.parent: _round_and_video(path) for path in map(Path, label_files)}
    for folder, (number, video) in sorted(folders.items(), key=lambda item: item[1]):
        cells_of, begun = _read_folder(folder, keypoints, scorer)
        missing[number, video] = len(begun)  # these wait, whoever chose them
        for image, cells in cells_of.items():
            rows[video, image] = [number, video, image, frame_number(image), *cells]
            labelled[number, video] += 1
    chosen = 0
    for path in map(Path, sorted([*frames_files, *settled])):
        images = pd.read_csv(path, dtype=str)["image"]
        chosen += len(images)
        number, video = _round_and_video(path)
        unlabelled = sum((video, image) not in rows for image in images)
        # labels that came from elsewhere count towards the number asked for
        unlabelled = min(unlabelled, len(images) - labelled[number, video])
        missing[number, video] = max(missing[number, video], unlabelled)
    waiting: Counter[str] = Counter()
    for (_, video), count in missing.items():
        waiting[video] += count
    columns = [f"{part}.{axis}" for part in keypoints for axis in "xy"]
    ordered = sorted(rows.values(), key=lambda row: (row[1], row[3], row[2]))
    write_rows(labels_file, [*KEY_COLUMNS, *columns, UNSEEN], ordered)
    write_json(state_file, {"chosen": chosen, "labelled": len(rows), "open": dict(sorted((+waiting).items()))})


def _round_and_video(path: Path) -> tuple[int, str]:
    """Of ``…/round-<r>/<video>/<file>``."""
    return int(path.parts[-3].removeprefix("round-")), path.parts[-2]
