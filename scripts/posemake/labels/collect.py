"""Collection of all label files into one table (K keypoints)."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from posemake.core.errors import PosemakeError
from posemake.core.label_state import LabelState, write_label_state
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.round_path import RoundFolder, parse_round_folder, parse_round_path
from posemake.data.geometry import outside_frame
from posemake.data.image_names import frame_number
from posemake.data.images import image_size
from posemake.data.label_decisions import DecidedLabels, combine_decisions, decisions_path, read_decisions
from posemake.data.label_files import (
    MEAN_SCORER,
    PREFIX,
    Labels,
    check_keypoints,
    find_label_file,
    find_label_files,
    read_label_file,
    read_labels,
)
from posemake.data.label_table import KEY_COLUMNS, LabelTable, write_label_table
from posemake.data.label_twins import compare_twins, find_twin
from posemake.data.visibility import Visibility


@dataclass(frozen=True)
class CollectInputs:
    """Files that `collect_labels` reads."""

    labels: Sequence[StrPath]  # `…/round-<r>/<video>/CollectedData_<scorer>.csv` or `.h5`
    frames: Sequence[StrPath]  # `…/round-<r>/<video>/frames.csv`, the frames that were chosen for labelling
    settled_frames: Sequence[StrPath] = ()  # more of these, of videos that someone began to label in a later round


@dataclass(frozen=True)
class CollectOutputs:
    """Files that `collect_labels` writes."""

    labels: StrPath  # table of labels (CSV), sorted by video and frame
    state: StrPath  # numbers of chosen and labelled frames, and of open ones by video (JSON)


@dataclass(frozen=True)
class FrameLabels:
    """Labels of one frame."""

    xy: np.ndarray  # (K, 2) in pixels, NaN where there is no position
    visibility: np.ndarray  # (K,) int8, values of `Visibility`


def choose_label_files(folder: StrPath, scorer: str) -> list[Path]:
    """Return the label files of a folder that count.

    Parameters
    ----------
    folder
        Folder of one video in one round.
    scorer
        Where several people labelled the folder: whose file counts, `mean` for the mean of all, empty if that is an error.

    Raises
    ------
    PosemakeError
        If several people labelled it, and nothing says whose labels count.
    """
    files = find_label_files(folder)
    if len(files) < 2 or scorer == MEAN_SCORER:
        return files
    if not scorer:
        find_label_file(folder)  # raises
    chosen = [path for path in files if path.stem == f"{PREFIX}{scorer}"]
    if not chosen:
        names = ", ".join(path.name for path in files)
        raise PosemakeError(f"{folder}: labels.scorer is {scorer!r}, and there are {names}; name one of these, or mean")
    return chosen


def average_people(people: Sequence[FrameLabels]) -> FrameLabels:
    """Return the labels of a frame that one or several people labelled.

    A position is the mean of all; a keypoint that any of them left out has none. Its visibility is what all of them say, else
    NOT_LABELLED.
    """
    visibility = np.stack([labels.visibility for labels in people])
    agreed = np.where((visibility == visibility[0]).all(0), visibility[0], Visibility.NOT_LABELLED)
    return FrameLabels(np.mean([labels.xy for labels in people], axis=0), agreed.astype(np.int8))


def _check_images(path: Path, labels: DecidedLabels, keypoints: Sequence[str]) -> None:
    """Refuse a missing or damaged image, and a point outside its image."""
    for image, points in zip(labels.images, labels.xy):
        file = path.parent / image
        try:
            width, height = image_size(file)
        except OSError as error:
            raise PosemakeError(
                f"{path}: {image} is labelled, and {file} is missing or damaged; put the image back, or remove its row"
            ) from error
        for k in np.flatnonzero(outside_frame(points, (width, height))).tolist():
            x, y = points[k]
            raise PosemakeError(
                f"{path}: {image}, {keypoints[k]} at ({x:g}, {y:g}) lies outside the image of {width} x {height} pixels; move it"
            )


def _check_twin(path: Path, labels: Labels) -> None:
    """Compare a CSV with the HDF5 file of the same scorer, which is not collected.

    Raises
    ------
    PosemakeError
        If the HDF5 file has labels that the CSV lacks or has at other positions, and the CSV is not of posemake's labeller.
    """
    twin = find_twin(path)
    if twin is None or path.suffix == ".h5":
        return
    try:
        difference = compare_twins(path, labels, read_label_file(twin).labels)
    except PosemakeError as error:
        logger.warning("%s counts, and its HDF5 twin cannot be compared: %s", path, error)
        return
    if difference.is_same:
        return
    if difference.csv_has_all or decisions_path(path).is_file():  # without decisions, another tool wrote the CSV
        logger.warning("%s: %s; the CSV counts", path.parent, difference)
        return
    raise PosemakeError(
        f"{path.parent}: {difference}; the CSV counts in a project, and nothing says that it is the newer one: remove "
        f"{twin.name} if {path.name} is right; else remove {path.name}, so that {twin.name} is read"
    )


def _read_folder(
    folder: Path, keypoints: Sequence[str], scorer: str, videos: Collection[str] = ()
) -> tuple[dict[str, FrameLabels], set[str]]:
    """Return the labels of each labelled image of a folder, checked, and the images whose labels are begun and not done.

    Parameters
    ----------
    folder
        Folder of one video in one round.
    keypoints
        Names (K,) in the order of the config.
    scorer
        Whose labels count, as in `choose_label_files`.
    videos
        Names of all videos; rows that name another one are an error.
    """
    people: dict[str, list[FrameLabels]] = {}
    begun = set()
    for path in choose_label_files(folder, scorer):
        labels = read_labels(path, videos)
        _check_twin(path, labels)
        check_keypoints(labels, keypoints, path)
        for keypoint in set(keypoints) - set(labels.keypoints):
            logger.info("%s: keypoint %s is not in the file and counts as not labelled", path, keypoint)
        decided = combine_decisions(labels, read_decisions(path), keypoints)
        _check_images(path, decided, keypoints)
        stated = np.where(decided.assumed, np.int8(Visibility.NOT_LABELLED), decided.visibility)
        for image, done, xy, visibility in zip(decided.images, decided.done, decided.xy, stated):
            if done:
                people.setdefault(image, []).append(FrameLabels(xy, visibility))
            else:
                begun.add(image)
    return {image: average_people(labels) for image, labels in people.items()}, begun


def _count_open(
    frames_files: Sequence[StrPath],
    labelled: Collection[tuple[str, str]],
    done: dict[RoundFolder, int],
    begun: dict[RoundFolder, int],
) -> tuple[int, dict[str, int]]:
    """Return the number of chosen frames, and of open ones by video.

    Parameters
    ----------
    frames_files
        ``…/round-<r>/<video>/frames.csv``, the chosen frames.
    labelled
        (video, image) of all labelled images.
    done, begun
        Numbers of images of each folder that are labelled, and of those that are begun and not done. The latter are open, whether
        they were chosen or not.
    """
    missing = Counter(begun)
    chosen = 0
    for path in sorted(map(str, frames_files)):
        images = pd.read_csv(path, dtype=str)["image"]
        chosen += len(images)
        folder = parse_round_path(path)
        unlabelled = sum((folder.name, image) not in labelled for image in images)
        # labels that came from elsewhere count towards the number asked for
        unlabelled = min(unlabelled, len(images) - done.get(folder, 0))
        missing[folder] = max(missing[folder], unlabelled)
    waiting: Counter[str] = Counter()
    for folder, count in missing.items():
        waiting[folder.name] += count
    return chosen, dict(sorted((+waiting).items()))


def collect_labels(inputs: CollectInputs, outputs: CollectOutputs, keypoints: Sequence[str], scorer: str = "") -> None:
    """Check all label files, write them as one table, and count the chosen frames that are still open.

    With a file of decisions beside its label file, an image counts once all of its keypoints are decided, and is open until then.
    An image that several rounds label counts with its last.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    keypoints
        Names (K,) in the order of the config.
    scorer
        Whose labels count where several people labelled a folder, as in `choose_label_files`.

    Raises
    ------
    PosemakeError
        At the first label file with a fault.
    """
    frames: dict[tuple[str, str], tuple[int, FrameLabels]] = {}
    done: dict[RoundFolder, int] = {}
    begun: dict[RoundFolder, int] = {}
    folders = {parse_round_folder(folder): folder for folder in (Path(path).parent for path in inputs.labels)}
    videos = {folder.name for folder in folders} | {parse_round_path(path).name for path in inputs.frames}
    for folder in sorted(folders):
        by_image, begun_images = _read_folder(folders[folder], keypoints, scorer, videos)
        done[folder], begun[folder] = len(by_image), len(begun_images)
        frames |= {(folder.name, image): (folder.round, labels) for image, labels in by_image.items()}
    write_label_table(outputs.labels, _make_table(frames, keypoints))
    chosen, waiting = _count_open([*inputs.frames, *inputs.settled_frames], frames.keys(), done, begun)
    write_label_state(outputs.state, LabelState(chosen, len(frames), waiting))


def _make_table(frames: dict[tuple[str, str], tuple[int, FrameLabels]], keypoints: Sequence[str]) -> LabelTable:
    """Return round and labels of each (video, image) as a table sorted by video, frame and image."""
    keys = [(number, video, image, frame_number(image)) for (video, image), (number, _) in frames.items()]
    keys.sort(key=lambda key: (key[1], key[3], key[2]))
    ordered = [frames[video, image][1] for _, video, image, _ in keys]
    shape = len(keys), len(keypoints)
    xy = np.array([labels.xy for labels in ordered], float).reshape(*shape, 2)
    visibility = np.array([labels.visibility for labels in ordered], np.int8).reshape(shape)
    return LabelTable(pd.DataFrame(keys, columns=KEY_COLUMNS), list(keypoints), xy, visibility)
