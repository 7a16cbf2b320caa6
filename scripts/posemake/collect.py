"""The stages between a person's labels and training: one table of all labels, and its parts."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from posemake.dataset import KEY_COLUMNS, PARTS, UNSEEN, read_table
from posemake.files import write_json, write_rows
from posemake.geometry import outside
from posemake.label_decisions import Cell, is_done, read_cells, read_decisions
from posemake.labels import check_keypoints, find_label_file, find_label_files, frame_number, read_labels, reorder
from posemake.log import PosemakeError, logger
from posemake.settings import Split, make

GOLDEN = (5**0.5 - 1) / 2


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


def part_of(name: str, block: int, seed: int, validation: float, test: float) -> str:
    """The part of a unit of the split, from its own key (name, block, seed) alone.

    The blocks of one name walk around a circle in steps of the golden ratio, which spreads any run of them evenly
    (Weyl's low-discrepancy sequence): with a few labelled blocks already, each part gets about its share.
    """
    start = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big") / 2**64
    place = (start + block * GOLDEN) % 1.0
    return "test" if place < test else "validation" if place < test + validation else "train"


def split_dataset(labels_file: str, split_file: str, settings: dict[str, Any], subjects: dict[str, str]) -> None:
    """Write the part of each labelled frame; more labels move none that was there.

    ``subjects`` names the animal of each video, where the sheet does; a video without counts as its own.

    Raises
    ------
    PosemakeError
        If a part stays empty.
    """
    wanted = make(Split, settings)
    keys, _, xy = read_table(labels_file)
    units = {
        "block": lambda row: (row.video, row.frame // wanted.block),
        "video": lambda row: (row.video, 0),
        "subject": lambda row: (subjects.get(row.video) or row.video, 0),
    }
    found = [units[wanted.unit](row) for row in keys.itertuples()]
    names = [f"{name}/{block}" for name, block in found]
    parts = [part_of(*unit, wanted.seed, wanted.validation, wanted.test) for unit in found]
    seen = np.isfinite(xy).any((1, 2))  # a frame on which nothing was found teaches and tests nothing
    counts = {part: sum(p == part for p, some in zip(parts, seen) if some) for part in PARTS}
    logger.info("frames with a point: %s", ", ".join(f"{n} {part}" for part, n in counts.items()))
    for part in PARTS:
        if not counts[part]:
            raise PosemakeError(
                f"{len(parts)} labelled frames in {len(set(names))} units ({wanted.unit}) leave none for the part {part!r}; "
                f"label more frames, make units smaller (split.unit, split.block), raise its share, or change split.seed"
            )
    write_rows(split_file, ["video", "image", "frame", "unit", "part"], zip(keys.video, keys.image, keys.frame, names, parts))
