"""Labels of one folder of a DeepLabCut project."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.file_endings import IMAGE_ENDINGS, has_ending, is_hidden
from posemake.core.plural import count_noun
from posemake.data.geometry import outside_frame
from posemake.data.image_names import frame_number
from posemake.data.images import image_size
from posemake.data.label_files import (
    PREFIX,
    LabelFile,
    Labels,
    find_label_file,
    find_label_files,
    label_file_scorer,
    read_label_file,
    reorder,
)
from posemake.data.label_grid import clean_name
from posemake.data.label_twins import compare_twins, find_twin

SYSTEM_FILES = ("thumbs.db", "desktop.ini", "__macosx")  # in lower case


def list_entries(folder: Path) -> list[Path]:
    """Return files and folders in a folder by name, without hidden ones and those of systems, such as ``._a.png`` of macOS."""
    entries = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in entries if not is_hidden(path.name) and path.name.lower() not in SYSTEM_FILES)


@dataclass(frozen=True)
class ProjectLabels:
    """What the labels of all folders of a project share."""

    scorer: str  # of the config
    keypoints: dict[str, str]  # by bodypart
    videos: Collection[str]  # names of all videos


def _find_label_file(folder: Path, scorer: str, notes: list[str]) -> Path | None:
    """Return the label file of a folder, preferring that of the project's scorer."""
    own = [path for path in find_label_files(folder) if clean_name(label_file_scorer(path)) == clean_name(scorer)]
    file = own[0] if own else find_label_file(folder)
    if file is None:
        notes.append(f"labeled-data/{folder.name}: not imported, as it has no labels ({PREFIX}{scorer}.csv or .h5)")
    return file


def _read_labels(file: Path, videos: Collection[str], notes: list[str]) -> LabelFile:
    """Read the labels of a scorer; of a CSV and an HDF5 file the latter counts, as DeepLabCut trains on it.

    Parameters
    ----------
    file
        One of the two.
    videos
        Names of all videos.
    notes
        Notes, to which more are added.

    Raises
    ------
    PosemakeError
        If no file can be read.
    """
    twin = find_twin(file)
    if twin is None:
        return read_label_file(file, videos)
    csv, hdf5 = file.with_suffix(".csv"), file.with_suffix(".h5")
    here = f"labeled-data/{file.parent.name}"
    try:
        read = read_label_file(hdf5, videos)
    except PosemakeError as error:
        notes.append(f"{here}: {csv.name} is imported instead of the HDF5 file, on which DeepLabCut trains ({error})")
        return read_label_file(csv, videos)
    try:
        difference = compare_twins(file, read_label_file(csv, videos).labels, read.labels)
    except PosemakeError as error:
        notes.append(f"{here}: {hdf5.name} is imported, and the CSV beside it is not compared ({error})")
        return read
    if not difference.is_same:
        notes.append(f"{here}: {difference}; the HDF5 file is imported, as DeepLabCut trains on it")
    return read


def _image_size(folder: Path, image: str, notes: list[str]) -> tuple[int, int] | None:
    """Return width and height of a labelled image; None, with a note, if it cannot be used."""
    try:
        frame_number(image)
        return image_size(folder / image)
    except (OSError, ValueError, PosemakeError) as error:
        reason = error if isinstance(error, PosemakeError) else "its image is missing or damaged"
        notes.append(f"labeled-data/{folder.name}/{image}: its labels are not imported ({reason})")
        return None


def _names_on_disk(folder: Path, images: Sequence[str]) -> list[str]:
    """Return the names of images as the folder has them, as systems write letters with accents in different ways."""
    names = {clean_name(path.name): path.name for path in list_entries(folder)}
    return [names.get(image, image) for image in images]


def _note_other_files(folder: Path, file: Path, images: Sequence[str], notes: list[str]) -> None:
    """Note the files of a folder that are neither its label file nor labelled images."""
    here = f"labeled-data/{folder.name}"
    others = [path for path in list_entries(folder) if path.stem != file.stem and path.name not in images]
    unlabelled = [path for path in others if has_ending(path, IMAGE_ENDINGS)]
    notes += [f"{here}/{path.name}: not imported" for path in others if path not in unlabelled]
    if unlabelled:
        notes.append(f"{here}: {count_noun(len(unlabelled), 'image')} without labels: not imported")


def _note_label_file(folder: Path, file: Path, read: LabelFile, project: ProjectLabels, notes: list[str]) -> None:
    """Note what is not imported of a label file, or is not as usual in it."""
    here = f"labeled-data/{folder.name}"
    notes += [f"{here}/{file.stem}: {note}" for note in read.notes]
    for name, rows in read.rows_of_others.items():
        notes.append(
            f"{here}/{file.stem}: {count_noun(rows, 'row')} of images in the folder {name}: not imported, as this folder's "
            "images are others"
        )
    for part in sorted(set(read.labels.keypoints) - set(project.keypoints)):
        notes.append(f"{here}: {part!r} is not among the bodyparts, and its labels are not imported")


def read_folder(folder: Path, project: ProjectLabels, video_size: tuple[int, int] | None, notes: list[str]) -> Labels | None:
    """Return the labels of a folder that can be used for training.

    Parameters
    ----------
    folder
        Folder in ``labeled-data``.
    project
        What all folders share.
    video_size
        Width and height of the video, if it is there.
    notes
        Notes, to which more are added.

    Returns
    -------
    Labels or None
        Labels of the images that have any; None if there are none.

    Raises
    ------
    PosemakeError
        If the label file is faulty.
    """
    here = f"labeled-data/{folder.name}"
    file = _find_label_file(folder, project.scorer, notes)
    if file is None:
        return None
    read = _read_labels(file, project.videos, notes)
    _note_label_file(folder, file, read, project, notes)
    parts = list(project.keypoints)
    on_disk = _names_on_disk(folder, read.labels.images)
    images, points, empty, sizes = [], [], 0, set()
    for image, xy in zip(on_disk, reorder(read.labels, parts)):
        size = _image_size(folder, image, notes)
        if size is None:
            continue
        for k in np.flatnonzero(outside_frame(xy, size)):
            notes.append(f"{here}/{image}: {parts[k]} at {xy[k].tolist()} lies outside the image and is not imported")
            xy[k] = np.nan
        if np.isnan(xy).all():
            empty += 1
            continue
        images.append(image)
        points.append(xy)
        sizes.add(size)
    _note_other_files(folder, file, on_disk, notes)
    if empty:
        notes.append(
            f"{here}: {count_noun(empty, 'row')} without any point: not imported; DeepLabCut does not train on such rows either"
        )
    if video_size and sizes - {video_size}:
        notes.append(f"{here}: its images do not have the video's size; labels are in pixels of the images")
    keypoints = tuple(project.keypoints.values())
    return Labels(label_file_scorer(file), keypoints, tuple(images), np.stack(points)) if images else None
