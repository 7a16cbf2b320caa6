"""The stage that chooses the frames of a video that a person labels (N candidates, D features)."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from posemake.files import read_json, replacing, write_rows
from posemake.labels import image_name
from posemake.log import logger, progress
from posemake.settings import Frames, make
from posemake.video import read_chosen, read_thumbnails, window

COLUMNS = ("frame", "image", "reason")
MAX_COMPONENTS = 50  # of the principal components: more describe noise


def choose_uniform(candidates: np.ndarray, count: int) -> np.ndarray:
    """Frames (count,) evenly over the candidates (N,), each in the middle of its share."""
    return candidates[((np.arange(count) + 0.5) * len(candidates) / count).astype(int)]


def choose_kmeans(features: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose rows of features (N, D) that differ.

    Principal components, k-means with ``count`` clusters (Lloyd's, k-means++ start), and of each cluster the member nearest to
    its centre. After DeepLabCut's frame extraction (Nath et al., Nature Protocols 2019), which takes a random member instead.

    Returns
    -------
    rows
        (count,) indices, sorted.
    cluster
        (count,) the size of the cluster that each stands for.
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums in a fixed order, so that any machine chooses the same frames
        reduced = PCA(min(MAX_COMPONENTS, *features.shape), svd_solver="full").fit_transform(features)
        means = KMeans(count, n_init=4, random_state=seed).fit(reduced)
    distance = np.linalg.norm(reduced - means.cluster_centers_[means.labels_], axis=1)
    best = {}
    for row in np.lexsort((np.arange(len(reduced)), distance)):
        best.setdefault(int(means.labels_[row]), int(row))
    sizes = np.bincount(means.labels_, minlength=count)
    chosen = sorted((row, int(sizes[label])) for label, row in best.items())
    # identical frames make fewer clusters than asked for: the rest is taken evenly from what is left
    left = np.setdiff1d(np.arange(len(reduced)), [row for row, _ in chosen])
    chosen += [(int(row), 0) for row in choose_uniform(left, count - len(chosen))]
    rows, cluster = zip(*sorted(chosen))
    return np.array(rows), np.array(cluster)


def select_frames(
    video_file: str, info_file: str, frames_file: str, settings: dict[str, Any], start: int | None, stop: int | None
) -> None:
    """Write the table of chosen frames between start and stop: index, name of the image, and why it was chosen.

    A video with fewer frames than are asked for gives all of them.
    """
    wanted = make(Frames, settings)
    info = read_json(info_file)
    first, last, _ = window(video_file, info, start, stop)
    available = last - first
    count = min(wanted.per_video, available)
    if count < wanted.per_video:
        logger.info("%d frames were asked for, and the video has %d: all are taken", wanted.per_video, available)
    candidates = np.linspace(first, last - 1, min(available, max(count, wanted.max_candidates))).round().astype(int)
    if wanted.method == "uniform":
        chosen = choose_uniform(candidates, count)
        reasons = ["uniform"] * len(chosen)
    else:
        size = (wanted.thumbnail, max(1, round(wanted.thumbnail * info["height"] / info["width"])))
        pictures = progress(read_thumbnails(video_file, candidates.tolist(), size), len(candidates), "thumbnails")
        features = np.stack([picture.reshape(-1) for _, picture in pictures]).astype(np.float32)
        rows, cluster = choose_kmeans(features, count, wanted.seed)
        chosen = candidates[rows]
        reasons = [f"k-means: stands for {size} of {len(candidates)} frames" for size in cluster]
    logger.info("%d of %d candidates chosen", len(chosen), len(candidates))
    names = [image_name(int(frame), info["frames"]) for frame in chosen]
    write_rows(frames_file, COLUMNS, zip(chosen.tolist(), names, reasons))


def extract_frames(video_file: str, frames_file: str, folder: str) -> None:
    """Write the chosen frames as PNG, whole and in full size."""
    table = pd.read_csv(frames_file)
    names = dict(zip(table["frame"], table["image"]))
    Path(folder).mkdir(parents=True, exist_ok=True)
    for index, image in progress(read_chosen(video_file, names), len(names), "frames"):
        with replacing(f"{folder}/{names[index]}") as part:
            cv2.imwrite(str(part), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
