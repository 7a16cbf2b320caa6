"""Frames of a round that a person labels: those that were chosen and those that have labels (K keypoints)."""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.round_path import RoundFolder, round_name
from posemake.data.label_files import read_predictions, reorder
from posemake.labelling.proposals import Proposals
from posemake.labelling.store.label_file import image_sort_key
from posemake.labelling.store.store import LabelStore


@dataclass(frozen=True, eq=False)
class LabelTask:
    """One frame to label."""

    folder: RoundFolder  # round and video; one store holds the labels of each
    image: str  # file name
    path: Path  # of the image
    proposals: Proposals | None = None  # of a model

    @property
    def video(self) -> str:
        """Name of the video."""
        return self.folder.name


def _list_folder(folder: Path, folders: bool = False) -> set[str]:
    """Return the names of the files, or of the folders, in a folder that may be missing."""
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.is_dir() == folders and not entry.name.startswith(".")}


def read_chosen_images(folder: Path) -> list[str]:
    """Return the images in a folder's table of chosen frames; none without a table.

    Raises
    ------
    PosemakeError
        If the table has no column `image`.
    """
    path = folder / "frames.csv"
    if not path.is_file():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if "image" not in (rows.fieldnames or []):
            raise PosemakeError(f"{path}: has no column image; delete it and run snakemake again")
        return [row["image"] for row in rows]


def _read_proposals(folder: Path, keypoints: Sequence[str]) -> dict[str, Proposals]:
    """Return a model's proposals for the images of a folder that have predictions."""
    path = folder / "predictions.csv"
    if not path.is_file():
        return {}
    labels, likelihood = read_predictions(path)
    confidence = np.full((len(labels.images), len(keypoints)), np.nan)
    for k, keypoint in enumerate(keypoints):
        if keypoint in labels.keypoints:
            confidence[:, k] = likelihood[:, labels.keypoints.index(keypoint)]
    xy = reorder(labels, keypoints)
    return {image: Proposals(xy[i], confidence[i]) for i, image in enumerate(labels.images)}


@dataclass(frozen=True)
class RoundFolders:
    """Folders of one round."""

    number: int
    frames: Path  # a folder per video with the chosen frames, their images and predictions
    labels: Path  # a folder per video with a person's labels

    @classmethod
    def of_project(cls, frames_dir: Path, labels_dir: Path, number: int) -> "RoundFolders":
        """Return the folders of a round under the folders of all chosen frames and of all labels."""
        return cls(number, frames_dir / round_name(number), labels_dir / round_name(number))


def collect_tasks(
    folders: RoundFolders, keypoints: Sequence[str], open_store: Callable[[Path, str], LabelStore]
) -> tuple[list[LabelTask], dict[RoundFolder, LabelStore]]:
    """Return the frames of a round in the order of the videos' names and of time, and the store of each video's labels.

    A chosen frame whose image is not written yet is left out. An image beside its labels goes before the one among the chosen
    frames.

    Parameters
    ----------
    folders
        Folders of the round.
    keypoints
        Names (K,).
    open_store
        Opens the store of a folder of labels and a video.
    """
    tasks: list[LabelTask] = []
    stores: dict[RoundFolder, LabelStore] = {}
    for video in sorted(_list_folder(folders.frames, folders=True) | _list_folder(folders.labels, folders=True)):
        frames, labels, folder = folders.frames / video, folders.labels / video, RoundFolder(folders.number, video)
        stores[folder] = store = open_store(labels, video)
        beside_labels = _list_folder(labels)
        written = _list_folder(frames / "images") - beside_labels
        chosen = {image for image in read_chosen_images(frames) if image in written or image in beside_labels}
        proposals = _read_proposals(frames, keypoints)
        for image in sorted(chosen.union(store.images()), key=image_sort_key):
            path = (frames / "images" if image in written else labels) / image
            tasks.append(LabelTask(folder, image, path, proposals.get(image)))
    return tasks, stores
