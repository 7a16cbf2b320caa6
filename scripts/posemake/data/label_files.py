"""Label files in the layout of DeepLabCut (N images, K keypoints).

A folder holds the images of one video and one CSV per person, ``CollectedData_<scorer>.csv``. Its rows are images, its columns
scorer / bodyparts / coords (x, y); an empty cell is a keypoint without position. A row is named either by one string
(``labeled-data/<video>/<image>``, or just ``<image>``) or by its three parts in three columns.
"""

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath, is_folder
from posemake.core.plural import count_noun
from posemake.data.label_csv import read_csv_grid
from posemake.data.label_grid import GridLabels, LabelGrid, check_grid, clean_name

PREFIX = "CollectedData_"
MEAN_SCORER = "mean"  # labels.scorer, where the labels of all people are averaged


@dataclass(frozen=True)
class Labels:
    """One person's labels of one video."""

    scorer: str
    keypoints: tuple[str, ...]
    images: tuple[str, ...]  # file names
    xy: np.ndarray  # (N, K, 2) in pixels, NaN where there is no position


@dataclass(frozen=True)
class LabelFile:
    """Content of a label file with what the user should know of it."""

    labels: Labels  # rows of the folder's own images
    notes: tuple[str, ...] = ()
    rows_of_others: dict[str, int] = field(default_factory=dict)  # numbers of rows that name other folders, which are left out


def label_file_scorer(path: StrPath) -> str:
    """Return who labelled, from the name of a label file."""
    return Path(path).stem.removeprefix(PREFIX)


def find_label_files(folder: StrPath) -> list[Path]:
    """Return the label files of a folder, one per scorer, by name; a CSV goes before its HDF5 twin."""
    paths = [path for ending in ("h5", "csv") for path in Path(folder).glob(f"{PREFIX}*.{ending}")]
    by_scorer = {path.stem: path for path in paths if not path.stem.endswith(".part")}  # .part: it is being written
    return sorted(by_scorer.values())


def find_label_file(folder: StrPath) -> Path | None:
    """Return the label file of a folder, or None.

    Raises
    ------
    PosemakeError
        If several scorers labelled the folder.
    """
    paths = find_label_files(folder)
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise PosemakeError(
            f"{folder}: holds labels of several people ({names}); say whose count with labels.scorer, or keep one"
        )
    return paths[0] if paths else None


def _read_grid(path: Path) -> LabelGrid:
    if path.suffix == ".h5":
        from posemake.data.label_hdf5 import read_hdf5_grid

        return read_hdf5_grid(path)
    return read_csv_grid(path)


def _folder_name(path: Path) -> str:
    """Return the name of the folder that a label file lies in."""
    return clean_name(path.absolute().parent.name)


def read_predictions(path: StrPath) -> tuple[Labels, np.ndarray]:
    """Read a CSV that has a likelihood beside x and y of each keypoint; it may have no rows.

    Returns
    -------
    labels
        The predicted positions; the scorer is the model.
    likelihood
        (N, K), from 0 to 1.

    Raises
    ------
    PosemakeError
        As ``read_labels`` does, or where a keypoint has no likelihood.
    """
    path = Path(path)
    read = check_grid(path, _read_grid(path), ("x", "y", "likelihood"), _folder_name(path))
    return Labels(read.scorers[0], read.keypoints, read.images, read.values[..., :2]), read.values[..., 2]


def _find_other_folders(path: Path, read: GridLabels, known: Collection[str]) -> set[str]:
    """Return the names of folders in a file's rows that are not the folder of the file; raises as ``read_label_file``."""
    own, above = _folder_name(path), path.absolute().parent.parent
    named = {clean_name(folder) for folder in read.folders} - {""}
    # Windows does not tell capitals from small letters
    named = {own if name.casefold() == own.casefold() and not is_folder(above / name) else name for name in named}
    if own in named or not named:
        return named - {own}
    if len(named) > 1:
        raise PosemakeError(
            f"{path}: its rows name the folders {', '.join(sorted(named))}, and none is {own}, where the file lies; keep the "
            "rows of this folder's images, and name this folder in them"
        )
    name = next(iter(named))
    exists = name in map(clean_name, known) or is_folder(above / name)
    return named if exists else set()  # else the folder got another name


def read_label_file(path: StrPath, other_folders: Collection[str] = ()) -> LabelFile:
    """Read the rows of a label file, CSV or HDF5, that are of the folder's own images.

    All rows may name one folder that does not exist, as after a folder got another name: they are of this folder's images.

    Parameters
    ----------
    path
        The label file.
    other_folders
        Names of folders of other videos, beside those that exist beside the file's folder.

    Raises
    ------
    PosemakeError
        If the file is empty, not in the layout above, has an image twice with different labels or text in a number's place, or if
        its rows name several folders, none of which is the file's.
    """
    path = Path(path)
    read = check_grid(path, _read_grid(path), ("x", "y"), _folder_name(path))
    if not read.images:
        raise PosemakeError(f"{path}: no image is labelled; label its images, or remove the file")
    others = _find_other_folders(path, read, other_folders)
    folders = [clean_name(folder) for folder in read.folders]
    own = [i for i, folder in enumerate(folders) if folder not in others]
    notes = list(read.notes)
    home = _folder_name(path).casefold()
    renamed = {folder for folder in {folders[i] for i in own} if folder and folder.casefold() != home}
    if renamed:
        notes.append(f"its rows name the folder {min(renamed)}, which does not exist, and count as those of this folder")
    labels = Labels(read.scorers[0], read.keypoints, tuple(read.images[i] for i in own), read.values[own])
    return LabelFile(labels, tuple(notes), {name: folders.count(name) for name in sorted(others)})


def read_labels(path: StrPath, other_folders: Collection[str] = ()) -> Labels:
    """Read a label file, CSV or HDF5, whose rows are all of the folder's own images; notes on it go to the log.

    Parameters
    ----------
    path, other_folders
        As ``read_label_file``.

    Raises
    ------
    PosemakeError
        As ``read_label_file``, or if rows name the folder of another video.
    """
    read = read_label_file(path, other_folders)
    for name, rows in read.rows_of_others.items():
        raise PosemakeError(
            f"{path}: lies in the folder {_folder_name(Path(path))}, and {count_noun(rows, 'row')} of it "
            f"{'names' if rows == 1 else 'name'} {name}; move them to the label file of {name}, or correct the folder in them"
        )
    for note in read.notes:
        logger.warning("%s: %s", path, note)
    return read.labels


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def header_text(scorer: str, keypoints: Sequence[str]) -> str:
    """Return the three header rows of a label file with three index columns."""
    rows = (
        ["scorer", "", "", *[scorer] * 2 * len(keypoints)],
        ["bodyparts", "", "", *[keypoint for keypoint in keypoints for _ in "xy"]],
        ["coords", "", "", *["x", "y"] * len(keypoints)],
    )
    return "".join(map(_csv_line, rows))


def row_text(video: str, image: str, values: Iterable[float]) -> str:
    """Return the row of an image in a label file with three index columns.

    Parameters
    ----------
    video, image
        Names, for the index columns.
    values
        x and y of each keypoint in turn, NaN where it has no position.
    """
    return _csv_line(["labeled-data", video, image, *["" if v != v else repr(round(float(v), 3)) for v in values]])


def write_labels(path: StrPath, labels: Labels, video: str) -> None:
    """Write labels as CSV with three index columns.

    Parameters
    ----------
    path
        CSV to write.
    labels
        What it holds.
    video
        Name of the video, for the index columns.
    """
    rows = [row_text(video, image, points.reshape(-1)) for image, points in zip(labels.images, labels.xy)]
    write_text(path, header_text(labels.scorer, labels.keypoints) + "".join(rows))


def check_keypoints(labels: Labels, known: Sequence[str], path: StrPath) -> None:
    """Refuse a keypoint that the config does not name.

    Parameters
    ----------
    labels
        Content of a label file.
    known
        Keypoints of the config.
    path
        The label file, for the message.

    Raises
    ------
    PosemakeError
        Naming the keypoint and the nearest one of the config.
    """
    for keypoint in labels.keypoints:
        if keypoint not in known:
            near = difflib.get_close_matches(keypoint, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
            raise PosemakeError(f"{path}: keypoint {keypoint!r} is not in the config; {hint}")


def reorder(labels: Labels, keypoints: Sequence[str]) -> np.ndarray:
    """Return positions (N, len(keypoints), 2) in the order given, NaN for a keypoint that the file lacks."""
    xy = np.full((len(labels.images), len(keypoints), 2), np.nan)
    for k, keypoint in enumerate(keypoints):
        if keypoint in labels.keypoints:
            xy[:, k] = labels.xy[:, labels.keypoints.index(keypoint)]
    return xy
