"""Label files: a folder of images per video and one CSV in the layout of DeepLabCut's ``CollectedData_<scorer>.csv``.

Rows are images, columns are scorer / bodyparts / coords (x, y), an empty cell is a keypoint that is not there. Rows are named
either by one string (``labeled-data/<video>/<image>``, or just ``<image>``) or by its three parts in three columns.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError


@dataclass(frozen=True)
class Labels:
    """One person's labels of one video: ``xy`` is (N images, K keypoints, 2) in pixels, NaN where a keypoint is not there."""

    scorer: str
    keypoints: tuple[str, ...]
    images: tuple[str, ...]  # file names
    xy: np.ndarray


def frame_number(image: str) -> int:
    """Frame index in an image's name, e.g. 12 of ``img0012.png``.

    Raises
    ------
    PosemakeError
        If the name ends in no number.
    """
    match = re.search(r"(\d+)$", Path(image).stem)
    if match is None:
        raise PosemakeError(f"{image}: the name of a labelled image ends in the frame's number, as in img0012.png")
    return int(match[1])


def image_name(frame: int, frames: int) -> str:
    """Name of a frame's image, padded with zeros so that names sort as frames do."""
    return f"img{frame:0{max(4, len(str(frames - 1)))}d}.png"


def find_label_files(folder: str | Path) -> list[Path]:
    """The label files of a folder, one per scorer, by name; a CSV goes before its HDF5 twin."""
    found = [path for ending in ("h5", "csv") for path in Path(folder).glob(f"CollectedData_*.{ending}")]
    whole = {path.stem: path for path in found if not path.stem.endswith(".part")}  # a file that is being written
    return sorted(whole.values())


def find_label_file(folder: str | Path) -> Path | None:
    """The label file of a folder, or None.

    Raises
    ------
    PosemakeError
        If several scorers labelled the folder.
    """
    found = find_label_files(folder)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise PosemakeError(
            f"{folder}: holds labels of several people ({names}); say whose count with labels.scorer, or keep one"
        )
    return found[0] if found else None


def read_predictions(path: str | Path) -> tuple[Labels, np.ndarray]:
    """Read a CSV that has a likelihood beside x and y of each keypoint, and rows or none.

    Returns
    -------
    Labels
        What a model predicts, under its name.
    np.ndarray
        Likelihoods (N, K), from 0 to 1.

    Raises
    ------
    PosemakeError
        As ``read_labels`` does, or where a keypoint has no likelihood.
    """
    scorer, keypoints, images, values = _read_rows(Path(path), ("x", "y", "likelihood"))
    return Labels(scorer, keypoints, tuple(images), values[..., :2]), values[..., 2]


def read_labels(path: str | Path) -> Labels:
    """Read a label file, CSV or HDF5.

    Raises
    ------
    PosemakeError
        If the file is empty, not in the layout above, or has an image twice or text in a number's place.
    """
    path = Path(path)
    return _read_h5(path) if path.suffix == ".h5" else _checked(path, *_read_rows(path, ("x", "y")))


def _read_rows(path: Path, wanted: tuple[str, ...]) -> tuple[str, tuple[str, ...], list[str], np.ndarray]:
    """Scorer, keypoints, images and the wanted values (N, K, …) of a CSV."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PosemakeError(f"{path}: is not text in UTF-8; save it as CSV in UTF-8") from error
    reader = csv.reader(io.StringIO(text))
    numbered = [(reader.line_num, row) for row in reader if any(row)]
    rows = [row for _, row in numbered]
    if not rows:
        raise PosemakeError(f"{path}: the file is empty; label its images, or remove the file")
    names = [row[0] for row in rows[:3]]
    if names != ["scorer", "bodyparts", "coords"]:
        what = "it has an `individuals` row: several animals are not supported yet" if "individuals" in names else ""
        raise PosemakeError(
            f"{path}: the first three rows begin with scorer, bodyparts, coords, not {names}; {what or 'see config/README.md'}"
        )
    # three index columns have empty header cells in the second and third
    lead = 3 if len(rows[0]) > 2 and not rows[0][1] and not rows[0][2] else 1
    scorer, parts, coords = (row[lead:] for row in rows[:3])
    keypoints = tuple(dict.fromkeys(parts))
    if not keypoints or not len(scorer) == len(parts) == len(coords):
        raise PosemakeError(f"{path}: the first three rows name scorer, keypoint and x or y of each column; one is incomplete")
    columns = {(part, coord): i for i, (part, coord) in enumerate(zip(parts, coords))}
    if len(columns) != len(parts):
        raise PosemakeError(f"{path}: a keypoint stands twice in the header")
    for part in keypoints:
        for coord in wanted:
            if (part, coord) not in columns:
                raise PosemakeError(f"{path}: keypoint {part} has no column {coord}")
    images, values = [], []
    for number, row in numbered[3:]:
        if len(row) < lead or not row[lead - 1]:
            raise PosemakeError(f"{path}: row {number} names no image; name it, or remove the row")
        image = row[lead - 1].replace("\\", "/").rsplit("/", 1)[-1]
        cells = row[lead:] + [""] * (len(parts) - len(row) + lead)
        images.append(image)
        values.append([[_number(cells[columns[p, c]], path, number, p, c) for c in wanted] for p in keypoints])
    return scorer[0], keypoints, images, np.array(values, float).reshape(len(images), len(keypoints), len(wanted))


def _number(cell: str, path: Path, row: int, part: str, coord: str) -> float:
    try:
        return float(cell) if cell.strip() else np.nan
    except ValueError as error:
        raise PosemakeError(f"{path}: row {row}, {part} {coord}: {cell!r} is not a number") from error


def _refuse_code(path: Path) -> None:
    """Refuse an HDF5 whose attributes would run code when they are read.

    pandas keeps plain values as pickles in attributes; a pickle that names a function or class is none of pandas' own.
    """
    import pickletools

    import h5py

    def check(name: str, node: Any) -> None:
        for key in node.attrs:
            value = node.attrs.get(key)
            content = value.tobytes() if isinstance(value, (np.generic, np.ndarray)) else value
            content = content.encode("latin-1", "replace") if isinstance(content, str) else content
            if not isinstance(content, bytes) or not content.endswith(b"."):
                continue  # a pickle ends in a full stop
            try:
                names = {opcode.name for opcode, _, _ in pickletools.genops(content)}
            except Exception:
                continue  # no pickle
            if names & {"GLOBAL", "STACK_GLOBAL", "INST", "REDUCE", "OBJ", "NEWOBJ", "NEWOBJ_EX"}:
                raise PosemakeError(f"{path}: holds code ({name}, {key}) and was not opened; save the labels as CSV instead")
        if getattr(node, "dtype", None) == np.dtype(object) or "PSEUDOATOM" in node.attrs:
            raise PosemakeError(f"{path}: holds pickled objects ({name}) and was not opened; save the labels as CSV instead")

    with h5py.File(path) as file:
        check("/", file)
        file.visititems(check)


def _read_h5(path: Path) -> Labels:
    try:
        _refuse_code(path)
        table = pd.read_hdf(path)
        scorer = table.columns.get_level_values(0)[0]
        keypoints = tuple(dict.fromkeys(table.columns.get_level_values("bodyparts")))
        if "individuals" in table.columns.names:
            raise PosemakeError(f"{path}: labels of several animals, which are not supported yet")
        xy = np.stack([table[scorer][part][["x", "y"]].to_numpy(float) for part in keypoints], axis=1)
    except PosemakeError:
        raise
    except ImportError as error:
        raise PosemakeError(f"{path}: is HDF5, which cannot be read here ({error}); save the labels as CSV") from error
    except Exception as error:
        raise PosemakeError(f"{path}: not a label file of DeepLabCut ({type(error).__name__}: {error})") from error
    images = [(row[-1] if isinstance(row, tuple) else row).replace("\\", "/").rsplit("/", 1)[-1] for row in table.index]
    return _checked(path, scorer, keypoints, images, xy)


def _checked(path: Path, scorer: str, keypoints: tuple[str, ...], images: list[str], xy: np.ndarray) -> Labels:
    if not images:
        raise PosemakeError(f"{path}: no image is labelled; label its images, or remove the file")
    twice = sorted({image for image in images if images.count(image) > 1}) if len(set(images)) < len(images) else []
    if twice:
        raise PosemakeError(f"{path}: {twice[0]} has more than one row; keep the right one")
    half = np.isnan(xy[..., 0]) != np.isnan(xy[..., 1])
    if half.any():
        row, part = np.argwhere(half)[0]
        raise PosemakeError(f"{path}: {images[row]}, {keypoints[part]}: has one of x and y only; give both or none")
    return Labels(scorer, keypoints, tuple(images), xy)


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def head_text(scorer: str, keypoints: tuple[str, ...] | list[str]) -> str:
    """The three rows above the labels, for three index columns."""
    rows = (
        ["scorer", "", "", *[scorer] * 2 * len(keypoints)],
        ["bodyparts", "", "", *[part for part in keypoints for _ in "xy"]],
        ["coords", "", "", *["x", "y"] * len(keypoints)],
    )
    return "".join(map(_line, rows))


def row_text(video: str, image: str, values: Iterable[float]) -> str:
    """The row of an image; ``values`` are x and y of each keypoint in turn, NaN where it is not there."""
    return _line(["labeled-data", video, image, *["" if v != v else repr(round(float(v), 3)) for v in values]])


def write_labels(path: str | Path, labels: Labels, video: str) -> None:
    """Write labels as CSV with three index columns, under a temporary name first."""
    rows = [row_text(video, image, points.reshape(-1)) for image, points in zip(labels.images, labels.xy)]
    write_text(path, head_text(labels.scorer, labels.keypoints) + "".join(rows))


def check_keypoints(labels: Labels, known: tuple[str, ...] | list[str], path: str | Path) -> None:
    """Refuse a keypoint that the config does not name.

    Raises
    ------
    PosemakeError
        Naming the keypoint and the nearest one of the config.
    """
    for part in labels.keypoints:
        if part not in known:
            near = difflib.get_close_matches(part, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
            raise PosemakeError(f"{path}: keypoint {part!r} is not in the config; {hint}")


def reorder(labels: Labels, keypoints: tuple[str, ...] | list[str]) -> np.ndarray:
    """Positions (N, len(keypoints), 2) in the order given; a keypoint that was never labelled is NaN."""
    out = np.full((len(labels.images), len(keypoints), 2), np.nan)
    for i, part in enumerate(keypoints):
        if part in labels.keypoints:
            out[:, i] = labels.xy[:, labels.keypoints.index(part)]
    return out
