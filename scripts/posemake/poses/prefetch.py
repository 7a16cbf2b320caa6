"""Decoding of frames ahead of the network (H W pixels of the network's input)."""

import queue
import threading
import time
from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from posemake.core.log import progress
from posemake.data.geometry import compose, crop_map, padded_size, resize_map, scaled_size
from posemake.networks.export_info import ExportInfo
from posemake.networks.input_image import fit, pad
from posemake.video.bounds import Region
from posemake.video.frame import Frame
from posemake.video.reader import VideoReader

T = TypeVar("T")
FRAMES_AHEAD = 16  # frames decoded while the network works


def prefetch(source: Iterator[T], length: int) -> Iterator[T]:
    """Run an iterator in a thread, at most ``length`` items ahead; an error of the iterator is raised here."""
    items: queue.Queue[tuple[T | None, Exception | None]] = queue.Queue(length)
    done = threading.Event()

    def put(item: T | None, error: Exception | None) -> None:
        while not done.is_set():
            try:
                return items.put((item, error), timeout=0.2)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in source:
                put(item, None)
                if done.is_set():
                    return
            put(None, StopIteration())
        except Exception as error:
            put(None, error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = items.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # None only beside an error
    finally:
        done.set()
        thread.join()


def input_map(crop: Region, exported: ExportInfo) -> tuple[tuple[int, int], np.ndarray]:
    """Return the size (H, W) of the network's input for a crop of a frame, and the map (3, 3) from the frame to the input."""
    size = crop[1] - crop[0], crop[3] - crop[2]
    small = scaled_size(size, exported.scale)
    return padded_size(small, exported.multiple)[::-1], compose(crop_map(crop[0], crop[2]), resize_map(size, small))


class InputFrames:
    """Frames of a video as the network takes them, decoded ahead.

    Iterating yields (index, (H, W, 3) uint8 RGB). ``waited`` counts the seconds that the reader of the frames waited for them.

    Parameters
    ----------
    video
        Reader of the video.
    start, stop
        First frame, and the frame after the last.
    crop
        Region of the frame that the network sees.
    exported
        Scale of the network's input, and the divisor of its size.
    """

    def __init__(self, video: VideoReader, start: int, stop: int, crop: Region, exported: ExportInfo):
        x1, x2, y1, y2 = crop
        small = scaled_size(video.size, exported.scale)

        def fit_frame(frame: Frame) -> np.ndarray:
            if exported.scale < 1 and (x2 - x1, y2 - y1) == video.size:
                return pad(frame.downscaled(small), exported.multiple)
            return fit(frame.rgb()[y1:y2, x1:x2], exported.scale, exported.multiple)[0]

        images = ((index, fit_frame(frame)) for index, frame in video.frames(start, stop))
        self._images = prefetch(progress(images, stop - start, "frames"), FRAMES_AHEAD)
        self.waited = 0.0

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        while True:
            began = time.monotonic()
            item = next(self._images, None)
            self.waited += time.monotonic() - began
            if item is None:
                return
            yield item
