"""What there is to label in a project: the chosen and the labelled frames of a round, with what a model proposes there."""

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_predictions, reorder
from posemake.labelling.store.store import LabelStore
from posemake.labelling.store.table import image_key


@dataclass(frozen=True, eq=False)
class Item:
    """One frame to label."""

    round: int
    video: str
    image: str  # file name
    path: Path  # of the image
    proposals: np.ndarray | None = None  # (K, 2) in pixels, NaN where none is
    confidence: np.ndarray | None = None  # (K,) of the proposals

    @property
    def key(self) -> tuple[int, str]:
        """Of the store that holds its labels."""
        return self.round, self.video


def _names(folder: Path, folders: bool = False) -> set[str]:
    """Files, or folders, in a folder that need not be there."""
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.is_dir() == folders and not entry.name.startswith(".")}


def _chosen(folder: Path) -> list[str]:
    """Images of a table of chosen frames."""
    path = folder / "frames.csv"
    if not path.is_file():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if "image" not in (rows.fieldnames or []):
            raise PosemakeError(f"{path}: has no column image; delete it and run snakemake again")
        return [row["image"] for row in rows]


def count_chosen(project: Path, number: int, video: str) -> int:
    """How many frames of a video were chosen for a round."""
    return len(_chosen(project / "results" / "frames" / f"round-{number}" / video))


def _proposals(folder: Path, keypoints: list[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Positions (K, 2) and confidence (K,) of each image for which there are predictions."""
    path = folder / "predictions.csv"
    if not path.is_file():
        return {}
    labels, likelihood = read_predictions(path)
    both = np.full((len(labels.images), len(keypoints)), np.nan)
    for k, part in enumerate(keypoints):
        if part in labels.keypoints:
            both[:, k] = likelihood[:, labels.keypoints.index(part)]
    return dict(zip(labels.images, zip(reorder(labels, keypoints), both)))


def collect_items(
    project: Path, number: int, keypoints: list[str], open_store: Callable[[Path, str], LabelStore]
) -> tuple[list[Item], dict[tuple[int, str], LabelStore]]:
    """The frames of a round in the order of the videos' names and of time, and the store of each video's labels.

    A chosen frame whose image was not written yet is left out. An image that lies beside its labels goes before the one that
    was chosen.

    Parameters
    ----------
    open_store
        Opens the store of a folder of labels and a video.
    """
    frames = project / "results" / "frames" / f"round-{number}"
    labels = project / "labels" / f"round-{number}"
    items, stores = [], {}
    for video in sorted(_names(frames, folders=True) | _names(labels, folders=True)):
        stores[number, video] = store = open_store(labels / video, video)
        beside = _names(labels / video)
        written = _names(frames / video / "images") - beside
        chosen = {image for image in _chosen(frames / video) if image in written or image in beside}
        proposals = _proposals(frames / video, keypoints)
        for image in sorted(chosen.union(store.images()), key=image_key):
            folder = frames / video / "images" if image in written else labels / video
            items.append(Item(number, video, image, folder / image, *proposals.get(image, (None, None))))
    return items, stores
