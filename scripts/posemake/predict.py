"""The stage that looks at every frame of a video."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from posemake.engine import Predictor, load_model, versions
from posemake.files import file_digest, write_json
from posemake.log import progress
from posemake.poses import make_poses, write_poses
from posemake.video import open_video, window

BATCHES_AHEAD = 4  # decoded while the network works


def _ahead(source: Iterator, length: int) -> Iterator:
    """Run an iterator in a thread, at most ``length`` items ahead; its error is raised here."""
    items: queue.Queue = queue.Queue(length)
    done = threading.Event()

    def put(entry: tuple) -> None:
        while not done.is_set():
            try:
                return items.put(entry, timeout=0.2)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in source:
                put((item, None))
                if done.is_set():
                    return
            put((None, StopIteration()))
        except Exception as error:
            put((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = items.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item
    finally:
        done.set()
        thread.join()


def _batches(frames: Iterator[tuple[int, np.ndarray]], size: int, crop: list[int]) -> Iterator[tuple[list, list]]:
    x1, x2, y1, y2 = crop
    indices, images = [], []
    for index, image in frames:
        indices.append(index)
        images.append(image[y1:y2, x1:x2])
        if len(images) == size:
            yield indices, images
            indices, images = [], []
    if images:
        yield indices, images


def predict_poses(
    video_file: str,
    info_file: str,
    standard_dir: str,
    model_file: str,
    h5: str,
    csv: str,
    provenance: str,
    name: str,
    row: dict[str, Any],
    code: str,
) -> None:
    """Write the raw poses of a video, one row per decodable frame, in pixels of the full frame, and what made them.

    Frames outside the sheet's start and stop are rows without values. ``name`` is the model's,
    ``row`` holds start, stop and crop of the sheet, ``code`` is the
    digest of the code that runs, for the record.
    """
    video = open_video(video_file, info_file, standard_dir)
    info = video.info
    model = load_model(model_file)
    predictor = Predictor(model)
    xy = np.full((info["frames"], len(predictor.keypoints), 2), np.nan)
    confidence = np.full(xy.shape[:2], np.nan)
    start, stop, crop = window(video_file, info, row["start"], row["stop"], row["crop"])
    batches = _batches(video.frames(start, stop), predictor.batch_size, crop)
    total = -(-(stop - start) // predictor.batch_size)
    for indices, images in progress(_ahead(batches, BATCHES_AHEAD), total, f"batches of {predictor.batch_size} frames"):
        points, sure = predictor(images)
        xy[indices] = points + np.array([crop[0], crop[2]])
        confidence[indices] = sure
    write_poses(make_poses(xy, confidence, predictor.keypoints), h5, csv, f"posemake_{name}")
    write_json(
        provenance,
        {
            "model": name,
            "weights_sha256": file_digest(model_file),
            "video_digest": info["digest"],
            "frames": info["frames"],
            "start": start,
            "stop": stop,
            "crop": crop,
            "settings": model["settings"],
            "keypoints": model["keypoints"],
            "code": code,
            "versions": {"training": model["versions"], "inference": versions()},
        },
    )
