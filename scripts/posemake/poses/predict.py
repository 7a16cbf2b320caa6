"""The stages that look at every frame of a video, or of a part of it, and that join the parts (K keypoints)."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posemake.config.settings import Follow, make
from posemake.core.atomic import replacing
from posemake.core.digests import file_digest
from posemake.core.json_files import read_json, write_json
from posemake.core.log import logger, progress
from posemake.core.versions import package_versions
from posemake.data.geometry import padded_size, resize_map, scaled_size
from posemake.data.poses import make_poses, write_poses
from posemake.networks.inputs import fit, in_frame, pad
from posemake.networks.runtimes import Engine, engine_here, in_batches, open_runtime, read_engine
from posemake.poses.dynamic_crop import Follower, window_size
from posemake.video.frame import Picture
from posemake.video.reader import Video, open_video, window

FRAMES_AHEAD = 16  # decoded while the network works
UNIT = 64  # frames; a part holds a multiple of it, so that batches are the same as without parts
ROOMY = 0.7  # share of the whole frame from which on a window is not worth while


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


def input_size(crop: list[int], engine: Engine) -> tuple[tuple[int, int], np.ndarray]:
    """Size (H, W) of the network's input for a crop (x1, x2, y1, y2), and the map (3, 3) from the crop to it."""
    size = crop[1] - crop[0], crop[3] - crop[2]
    small = scaled_size(size, engine.scale)
    return padded_size(small, engine.multiple)[::-1], resize_map(size, small)


class Decoded:
    """Frames of a video as the network takes them, (index, (H, W, 3) uint8), decoded ahead; ``waited`` seconds for them."""

    def __init__(self, video: Video, start: int, stop: int, crop: list[int], engine: Engine):
        x1, x2, y1, y2 = crop
        small = scaled_size(video.size, engine.scale)

        def fitted(picture: Picture) -> np.ndarray:
            if engine.scale < 1 and (x2 - x1, y2 - y1) == video.size:
                return pad(picture.shrunk(small), engine.multiple)
            return fit(picture.rgb()[y1:y2, x1:x2], engine.scale, engine.multiple)[0]

        images = ((index, fitted(picture)) for index, picture in video.pictures(start, stop))
        self._ahead = _ahead(progress(images, stop - start, "frames"), FRAMES_AHEAD)
        self.waited = 0.0

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        while True:
            began = time.monotonic()
            item = next(self._ahead, None)
            self.waited += time.monotonic() - began
            if item is None:
                return
            yield item


def edges(start: int, stop: int, parts: int, unit: int) -> list[int]:
    """Where the parts of a range of frames begin, and the end: parts + 1 indices; each part but the last is a multiple of a unit.

    With fewer units than parts, some are empty.
    """
    units = -(-(stop - start) // unit)
    return [*(start + unit * (units * k // parts) for k in range(parts)), stop]


def find_poses(files: Any, follow: dict[str, Any] | None, row: dict[str, Any], part: tuple[int, int] = (0, 1)) -> tuple:
    """Predict a video, or a part of it.

    Parameters
    ----------
    files
        With the attributes video, info, standard, weights, graph and engine.
    follow
        Settings of `Follow`, or None for all of each frame.
    row
        start, stop and crop of the sheet.
    part
        Its number, from 0, of how many.

    Returns
    -------
    xy
        (n, K, 2) in pixels of the full frame, of the frames of the part.
    confidence
        (n, K) in 0 … 1.
    facts
        What the result follows from.
    """
    wanted, engine = make(Follow, follow), read_engine(files.engine)
    video = open_video(files.video, files.info, files.standard)
    start, stop, crop = window(files.video, video.info, row["start"], row["stop"], row["crop"])
    size, to_input = input_size(crop, engine)
    inner = window_size(engine.extent * engine.scale, wanted.margin, size, engine.multiple)
    follows = follow is not None and inner[0] * inner[1] <= ROOMY * size[0] * size[1]
    bounds = edges(start, stop, part[1], wanted.every if follows else UNIT)
    first, last = bounds[part[0] : part[0] + 2]
    name, device = engine_here(engine)
    points = np.full((last - first, len(engine.keypoints), 3), np.nan, np.float32)
    if first < last:
        logger.info("computing with %s on %s", name, device)
        whole = open_runtime(name, device, files.weights, files.graph, size)
        frames = Decoded(video, first, last, crop, engine)
        began = time.monotonic()
        if follows:
            small = open_runtime(name, device, files.weights, files.graph, inner)
            follower = Follower(whole, small, size, inner, engine.multiple, wanted)
            found = follower.track(frames)
        else:
            found = in_batches(frames, whole)
        for index, of_frame in found:
            points[index - first] = of_frame
        seconds = time.monotonic() - began
        logger.info(
            "%.1f frames per second; %.0f %% of the time waited for decoding",
            *((last - first) / seconds, 100 * frames.waited / seconds),
        )
        if follows:
            logger.info("looked at the whole of %d frames of %d", follower.looked, last - first)
    xy, confidence = in_frame(points, to_input)
    facts = {
        "weights_sha256": file_digest(files.weights),
        "engine": name,
        "device": device,
        "graph_sha256": None if name.startswith("torch") else file_digest(files.graph),
        "video_digest": video.info["digest"],
        "frames": video.info["frames"],
        "start": start,
        "stop": stop,
        "crop": crop,
        "follow": follow if follows else None,
        "keypoints": list(engine.keypoints),
        "versions": package_versions(),
    }
    return xy + np.array([crop[0], crop[2]]), confidence, facts


def predict_poses(files: Any, out: Any, name: str, follow: dict[str, Any] | None, row: dict[str, Any], code: str) -> None:
    """Write the raw poses of a video, one row per decodable frame, in pixels of the full frame, and what made them.

    Frames outside the sheet's start and stop are rows without values. ``out`` has the attributes h5, csv and provenance, ``name``
    is the model's, ``code`` is the digest of the code that runs, for the record; the others as of `find_poses`.
    """
    _write([find_poses(files, follow, row)], files.engine, out, name, code)


def predict_part(files: Any, out: str | Path, follow: dict[str, Any] | None, row: dict[str, Any], part: int, parts: int) -> None:
    """Write the poses of a part of a video (NPZ), for `join_poses`."""
    xy, confidence, facts = find_poses(files, follow, row, (part, parts))
    with replacing(out) as partial:
        np.savez(partial, xy=xy, confidence=confidence, facts=json.dumps(facts))


def join_poses(parts: list[str], engine: str, out: Any, name: str, code: str) -> None:
    """Write what `predict_poses` writes, from the parts in their order."""
    found = []
    for path in parts:
        with np.load(path) as part:
            found.append((part["xy"], part["confidence"], json.loads(str(part["facts"]))))
    _write(found, engine, out, name, code)


def _write(found: list[tuple], engine: str, out: Any, name: str, code: str) -> None:
    xy, confidence = (np.concatenate([part[i] for part in found]) for i in (0, 1))
    facts = dict(found[0][2])
    for key in ("engine", "device"):  # parts may be computed on machines that differ
        facts[key] = ", ".join(sorted({part[2][key] for part in found}))
    before, after = facts["start"], facts["frames"] - facts["stop"]
    xy = np.pad(xy, ((before, after), (0, 0), (0, 0)), constant_values=np.nan)
    confidence = np.pad(confidence, ((before, after), (0, 0)), constant_values=np.nan)
    write_poses(make_poses(xy, confidence, facts["keypoints"]), out.h5, out.csv, f"posemake_{name}")
    exported = read_json(engine)
    versions = {"training": exported["trained_with"], "inference": facts.pop("versions")}
    write_json(out.provenance, {"model": name, **facts, "settings": exported["settings"], "code": code, "versions": versions})
