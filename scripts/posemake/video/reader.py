"""Frames of a video: by index and in order, the same pixels either way.

A frame is its index in the order in which a decoder shows them; its identity is checked by its timestamp. Frames are RGB,
uint8, (H, W, 3), turned upright, of the size of the original, also where they are read from a standardised copy.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json
from posemake.video.frame import Picture, upright_size
from posemake.video.image_stack import Stack, is_stack

PTS, COPY = "pts.npy", "video.mp4"  # what the folder of a video's standard form holds; the copy only where one was made


def cores() -> int:
    """Threads that a job may use, which Snakemake tells in this variable; 0, all of them, elsewhere."""
    return int(os.environ.get("OMP_NUM_THREADS", "0"))


def reason(error: Exception) -> str:
    """What FFmpeg says of an error."""
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def open_stream(
    path: str | Path, threads: bool = True
) -> Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]:
    """Open the first video stream of a file for decoding, with errors as sentences.

    Raises
    ------
    PosemakeError
        If there is no such file, or it is no video.
    """
    path = Path(path)
    if not path.is_file():
        raise PosemakeError(f"{path}: there is no such video; correct its path in the sheet of videos")
    if path.stat().st_size == 0:
        raise PosemakeError(f"{path}: the file is empty (0 bytes); copy it again from where it was recorded")
    try:
        container = av.open(f"file:{path}")  # else FFmpeg would take `data:x.mp4` for a protocol
    except (av.FFmpegError, ValueError) as error:
        raise PosemakeError(
            f"{path}: not a video that can be opened ({reason(error)}); if its recording was cut off, the index at its end is "
            "missing: copy it again, or have it repaired (untrunc, with an intact video of the same camera)"
        ) from error
    with container:
        streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        if not streams:
            raise PosemakeError(f"{path}: the file has no video stream; it may hold sound only")
        stream = streams[0]
        # FFmpeg takes a text file for subtitles drawn as video ("tty"), which is never a recording
        if container.format.name == "tty" or stream.codec_context is None or stream.codec_context.width == 0:
            raise PosemakeError(
                f"{path}: not a video, whatever its name says; its content is text, unknown or cut short: copy the file again"
            )
        stream.thread_type = "AUTO" if threads else "NONE"
        stream.codec_context.thread_count = cores() if threads else 1
        yield container, stream


def window(
    path: str | Path, info: dict[str, Any], start: int | None, stop: int | None, crop: list[int] | None = None
) -> tuple[int, int, list[int]]:
    """What the sheet wants of a video, filled in and checked against what it holds.

    Parameters
    ----------
    info
        The content of video.json.
    start, stop
        First frame, and the frame after the last; None for the video's own.
    crop
        x1, x2, y1, y2 in pixels, x2 and y2 excluded; None for the whole frame.

    Raises
    ------
    PosemakeError
        If no frame is left, or the crop does not lie within the frame.
    """
    start, stop = start or 0, info["frames"] if stop is None else min(stop, info["frames"])
    if start >= stop:
        raise PosemakeError(
            f"{path}: start {start} and stop {stop} leave no frame of {info['frames']}; correct the sheet of videos"
        )
    x1, x2, y1, y2 = crop = list(crop or (0, info["width"], 0, info["height"]))
    if not (x1 < x2 <= info["width"] and y1 < y2 <= info["height"]):
        raise PosemakeError(
            f"{path}: crop {x1},{x2},{y1},{y2} (x1,x2,y1,y2) does not lie within its {info['width']} x {info['height']} pixels; "
            "correct the sheet of videos"
        )
    return start, stop, crop


@dataclass(frozen=True)
class Reading:
    """How frames are read from a file, which is the video or its copy."""

    copy: bool = False
    size: tuple[int, int] = (0, 0)  # width, height of its frames, upright and without padding
    random_access: bool = False  # whether a frame that is sought by its timestamp has the same pixels as in order
    keyframe_gap: int = 1  # frames from one keyframe to the next, at most
    white: float | None = None  # value that images of more than 8 bits take for white


class Video:
    """The frames of a video, as it was prepared.

    Parameters
    ----------
    path
        The file that is read.
    info
        The content of video.json; at least width, height and frames.
    reading
        How to read it.
    pts
        (frames,) timestamp of each frame in the stream's time base; empty where there are none that tell frames apart.
    """

    def __init__(self, path: str | Path, info: dict[str, Any], reading: Reading, pts: np.ndarray):
        self.path, self.info, self.reading, self.pts = Path(path), info, reading, pts
        self.size = (info["width"], info["height"])
        self._part = tuple(reading.size)
        self._stack = Stack(path, reading.white) if is_stack(path) else None
        if self._stack and self._stack.count != info["frames"]:
            raise self._changed(f"holds {self._stack.count} images, not {info['frames']}")

    def _changed(self, what: str) -> PosemakeError:
        return PosemakeError(
            f"{self.path}: {what}; it is damaged there, or was changed meanwhile: run again with `prepare.count: exact`, "
            "which decodes all of it first and makes a repaired copy where one is needed"
        )

    def _picture(self, source: av.VideoFrame | np.ndarray, index: int) -> Picture:
        shape = source.shape[1::-1] if isinstance(source, np.ndarray) else upright_size(source)
        padding = [whole - part for whole, part in zip(shape, self._part)]
        if min(padding) < 0 or max(padding) > self.reading.copy:  # a copy's odd sizes are padded by one
            raise self._changed(f"frame {index} has {shape[0]} x {shape[1]} pixels, not {self._part[0]} x {self._part[1]}")
        return Picture(source, self.size, self._part)

    def _decode(self, container, stream, index: int | None) -> Iterator[tuple[int, av.VideoFrame]]:
        """Frames from ``index`` on, or, with None, from the first keyframe that the container comes to."""
        try:
            for frame in container.decode(stream):
                if index is None and (index := self._place(frame)) is None:
                    continue  # leading frames of an open group of pictures, which refer to what was not read
                if len(self.pts) and (index >= len(self.pts) or frame.pts != self.pts[index]):
                    raise self._changed(f"frame {index} is not the one that was counted")
                if frame.is_corrupt:
                    raise self._changed(f"frame {index} is damaged")
                yield index, frame
                index += 1
        except av.FFmpegError as error:
            raise self._changed(f"cannot be decoded at about frame {index or 0} ({reason(error)})") from error

    def _place(self, frame: av.VideoFrame) -> int | None:
        """The index of a keyframe; None of any other, and of one that was not counted."""
        if not frame.key_frame or frame.pts is None:
            return None
        index = int(np.searchsorted(self.pts, frame.pts))
        return index if index < len(self.pts) and self.pts[index] == frame.pts else None

    def decode_to(self, start: int, further: int = 0) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield (index, decoded frame) in order from ``start``, or some frame before it, to the end.

        Begins at the last keyframe that leads there, found by timestamps; ``further`` goes back by that many times the longest
        stretch without a keyframe beforehand, so that another keyframe is used. Without random access, begins at the first frame.
        """
        gap = max(1, self.reading.keyframe_gap)
        back = further * gap
        with open_stream(self.path) as (container, stream):
            while self.reading.random_access and start - back > 0:
                try:
                    container.seek(int(self.pts[start - back]), stream=stream, backward=True)
                except av.FFmpegError as error:
                    raise self._changed(f"cannot be sought for frame {start} ({reason(error)})") from error
                frames = self._decode(container, stream, None)
                first = next(frames, None)
                if first is not None and first[0] <= start:
                    yield first
                    yield from frames
                    return
                back = max(2 * back, gap)
        with open_stream(self.path) as (container, stream):
            yield from self._decode(container, stream, 0)

    def pictures(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Picture]]:
        """Yield (index, picture) in order for start ≤ index < stop.

        Raises
        ------
        PosemakeError
            If the video holds other frames than it was prepared with, or cannot be decoded.
        """
        stop = self.info["frames"] if stop is None else stop
        if stop > self.info["frames"]:
            raise PosemakeError(f"{self.path}: has {self.info['frames']} frames, and frame {stop - 1} is asked for; correct that")
        if start >= stop:
            return
        if self._stack:
            for index in range(start, stop):
                yield index, self._picture(self._stack.read(index), index)
            return
        count = start
        for index, frame in self.decode_to(start):
            if index >= stop:
                return
            if index >= start:
                yield index, self._picture(frame, index)
            count = index + 1
        if count < stop:
            raise self._changed(f"ends after {count} frames, before the {stop} that were counted")

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, frame), RGB (H, W, 3) uint8, as `pictures` does."""
        for index, picture in self.pictures(start, stop):
            yield index, picture.rgb()

    def chosen(self, indices: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, frame) of some frames in order: by random access where that is exact, else in one pass.

        Raises
        ------
        PosemakeError
            As `pictures` does.
        """
        wanted = sorted({int(index) for index in indices})
        if not self.reading.random_access:
            left = set(wanted)
            for index, picture in self.pictures(0, wanted[-1] + 1) if wanted else ():
                if index in left:
                    yield index, picture.rgb()
            return
        while wanted:
            # frames that lie close are read in one go
            near = next((n for n in range(1, len(wanted)) if wanted[n] - wanted[n - 1] > self.reading.keyframe_gap), len(wanted))
            group, wanted = set(wanted[:near]), wanted[near:]
            for index, picture in self.pictures(min(group), max(group) + 1):
                if index in group:
                    yield index, picture.rgb()


def open_video(video_file: str | Path, info_file: str | Path, standard_dir: str | Path) -> Video:
    """The frames of a video from what `prepare_video` wrote.

    Raises
    ------
    PosemakeError
        If it was found that the video cannot be read.
    """
    info = read_json(info_file)
    if info["fault"]:
        raise PosemakeError(f"{video_file}: {info['fault']}")
    reading = Reading(**info["reading"])
    source = Path(standard_dir, COPY) if reading.copy else Path(video_file, info["pattern"] or "")
    return Video(source, info, reading, np.load(Path(standard_dir) / PTS))
