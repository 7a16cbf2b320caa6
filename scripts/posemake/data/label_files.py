"""Label files in the layout of DeepLabCut (N images, K keypoints).

A folder holds the images of one video and one CSV per person, ``CollectedData_<scorer>.csv``. Its rows are images, its columns
scorer / bodyparts / coords (x, y); an empty cell is a keypoint without position. A row is named either by one string
(``labeled-data/<video>/<image>``, or just ``<image>``) or by its three parts in three columns.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.data.safe_hdf5 import refuse_code

PREFIX = "CollectedData_"
MEAN_SCORER = "mean"  # labels.scorer, where the labels of all people are averaged


@dataclass(frozen=True)
class Labels:
    """One person's labels of one video."""

    scorer: str
    keypoints: tuple[str, ...]
    images: tuple[str, ...]  # file names
    xy: np.ndarray  # (N, K, 2) in pixels, NaN where there is no position


def frame_number(image: str) -> int:
    """Return the frame index in an image's name, e.g. 12 of ``img0012.png``.

    Raises
    ------
    PosemakeError
        If the name ends in no number.
    """
    match = re.search(r"(\d+)$", Path(image).stem)
    if match is None:
        raise PosemakeError(f"{image}: the name of a labelled image ends in the frame's number, as in img0012.png; rename it")
    return int(match[1])


def image_name(frame: int, frames: int) -> str:
    """Return the name of a frame's image, padded with zeros so that names sort as frames do."""
    return f"img{frame:0{max(4, len(str(frames - 1)))}d}.png"


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
    scorer, keypoints, images, values = _read_csv(Path(path), ("x", "y", "likelihood"))
    return Labels(scorer, keypoints, tuple(images), values[..., :2]), values[..., 2]


def read_labels(path: StrPath) -> Labels:
    """Read a label file, CSV or HDF5.

    Raises
    ------
    PosemakeError
        If the file is empty, not in the layout above, or has an image twice or text in a number's place.
    """
    path = Path(path)
    return _read_h5(path) if path.suffix == ".h5" else _check_labels(path, *_read_csv(path, ("x", "y")))


def _read_numbered_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Read the rows of a CSV that are not blank, each with the number of its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PosemakeError(f"{path}: is not text in UTF-8; save it as CSV in UTF-8") from error
    reader = csv.reader(io.StringIO(text))
    return [(reader.line_num, row) for row in reader if any(row)]


def _read_header(path: Path, rows: list[list[str]], coords: tuple[str, ...]) -> tuple[int, list[str], list[str], list[str]]:
    """Return the number of index columns, and scorer, keypoint and coordinate of each other column, of the first three rows."""
    if not rows:
        raise PosemakeError(f"{path}: the file is empty; label its images, or remove the file")
    names = [row[0] for row in rows]
    if names != ["scorer", "bodyparts", "coords"]:
        several = "individuals" in names
        hint = "it has an `individuals` row: several animals are not supported yet" if several else "see config/README.md"
        raise PosemakeError(f"{path}: the first three rows begin with scorer, bodyparts, coords, not {names}; {hint}")
    # three index columns have empty header cells in the second and third
    index_columns = 3 if len(rows[0]) > 2 and not rows[0][1] and not rows[0][2] else 1
    scorers, keypoints, axes = (row[index_columns:] for row in rows)
    if not keypoints or not len(scorers) == len(keypoints) == len(axes):
        raise PosemakeError(f"{path}: the first three rows name scorer, keypoint and x or y of each column; one is incomplete")
    columns = set(zip(keypoints, axes))
    if len(columns) != len(keypoints):
        raise PosemakeError(f"{path}: a keypoint stands twice in the header; remove one of its columns")
    for keypoint in dict.fromkeys(keypoints):
        for coord in coords:
            if (keypoint, coord) not in columns:
                raise PosemakeError(f"{path}: keypoint {keypoint} has no column {coord}; add it")
    return index_columns, scorers, keypoints, axes


def _read_csv(path: Path, coords: tuple[str, ...]) -> tuple[str, tuple[str, ...], list[str], np.ndarray]:
    """Return scorer, keypoints, images and values (N, K, coordinates) of a CSV."""
    rows = _read_numbered_rows(path)
    index_columns, scorers, parts, axes = _read_header(path, [row for _, row in rows[:3]], coords)
    keypoints = tuple(dict.fromkeys(parts))
    columns = {pair: i for i, pair in enumerate(zip(parts, axes))}
    images, values = [], []
    for number, row in rows[3:]:
        if len(row) < index_columns or not row[index_columns - 1]:
            raise PosemakeError(f"{path}: row {number} names no image; name it, or remove the row")
        images.append(_image_of_row(row[index_columns - 1]))
        cells = row[index_columns:] + [""] * (len(parts) - len(row) + index_columns)
        values.append([[_number(cells[columns[k, c]], path, number, k, c) for c in coords] for k in keypoints])
    return scorers[0], keypoints, images, np.array(values, float).reshape(len(images), len(keypoints), len(coords))


def _image_of_row(name: str) -> str:
    """Return the file name of a row's image, of a path with either slash."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _number(cell: str, path: Path, row: int, keypoint: str, coord: str) -> float:
    try:
        return float(cell) if cell.strip() else np.nan
    except ValueError as error:
        raise PosemakeError(f"{path}: row {row}, {keypoint} {coord}: {cell!r} is not a number; correct it") from error


def _read_h5(path: Path) -> Labels:
    try:
        refuse_code(path)
        table = pd.DataFrame(pd.read_hdf(path))
        scorer = table.columns.get_level_values(0)[0]
        keypoints = tuple(dict.fromkeys(table.columns.get_level_values("bodyparts")))
        if "individuals" in table.columns.names:
            raise PosemakeError(f"{path}: labels of several animals, which are not supported yet")
        xy = np.stack([table[scorer][keypoint][["x", "y"]].to_numpy(float) for keypoint in keypoints], axis=1)
    except PosemakeError:
        raise
    except ImportError as error:
        raise PosemakeError(f"{path}: is HDF5, which cannot be read here ({error}); save the labels as CSV") from error
    except Exception as error:
        raise PosemakeError(f"{path}: not a label file of DeepLabCut ({type(error).__name__}: {error})") from error
    images = [_image_of_row(row[-1] if isinstance(row, tuple) else row) for row in table.index]
    return _check_labels(path, scorer, keypoints, images, xy)


def _check_labels(path: Path, scorer: str, keypoints: tuple[str, ...], images: list[str], xy: np.ndarray) -> Labels:
    """Return the labels, unless an image has two rows, or a keypoint only one coordinate."""
    if not images:
        raise PosemakeError(f"{path}: no image is labelled; label its images, or remove the file")
    repeated = sorted({image for image in images if images.count(image) > 1}) if len(set(images)) < len(images) else []
    if repeated:
        raise PosemakeError(f"{path}: {repeated[0]} has more than one row; keep the right one")
    incomplete = np.isnan(xy[..., 0]) != np.isnan(xy[..., 1])
    if incomplete.any():
        row, k = np.argwhere(incomplete)[0]
        raise PosemakeError(f"{path}: {images[row]}, {keypoints[k]}: has one of x and y only; give both or none")
    return Labels(scorer, keypoints, tuple(images), xy)


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
