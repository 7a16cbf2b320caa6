"""Frames of a video file: what it holds, and frames in decode order.

A frame is its index in decode order, and its time is its own timestamp. Frames are RGB, uint8, (H, W, 3), turned upright.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from posemake.log import PosemakeError, progress

TOLERATED_MISSING = 0.01  # share of frames the container may claim and not hold: counts are often off by a few


@dataclass(frozen=True)
class VideoInfo:
    """What a video holds, by decoding all of it."""

    format: str
    codec: str
    pixel_format: str
    width: int  # pixels, upright
    height: int
    rotation: int  # degrees that the file asks its player to turn, already applied to width and height
    fps: float  # frames per second as the container states it
    frames: int  # frames that can be decoded
    container_frames: int  # frames that the container claims, 0 where it says nothing
    duration: float  # seconds from the first to the last timestamp
    variable_rate: bool
    sha256: str


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cores() -> int:
    """Threads that a job may use, which Snakemake tells in this variable; 0, all of them, elsewhere."""
    return int(os.environ.get("OMP_NUM_THREADS", "0"))


@contextmanager
def _open(path: str | Path) -> Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]:
    """Open the first video stream for decoding with all cores, with errors as sentences."""
    path = Path(path)
    if not path.is_file():
        raise PosemakeError(f"{path}: there is no such video; correct its path in the sheet of videos")
    if path.stat().st_size == 0:
        raise PosemakeError(f"{path}: the file is empty (0 bytes); copy it again from where it was recorded")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, ValueError) as error:
        raise PosemakeError(
            f"{path}: not a video that can be opened ({_reason(error)}); it may be cut short or of another kind: "
            "copy it again, or convert it to MP4"
        ) from error
    with container:
        if not container.streams.video:
            raise PosemakeError(f"{path}: the file has no video stream; it may hold sound only")
        stream = container.streams.video[0]
        # FFmpeg takes a text file for subtitles drawn as video ("tty"), which is never a recording
        if container.format.name == "tty" or stream.codec_context is None or stream.codec_context.width == 0:
            raise PosemakeError(f"{path}: not a video, whatever its name says; its content is text or unknown")
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = cores()
        yield container, stream


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _decode(path: str | Path) -> Iterator[av.VideoFrame]:
    with _open(path) as (container, stream):
        try:
            yield from container.decode(stream)
        except av.FFmpegError as error:
            raise PosemakeError(
                f"{path}: cannot be decoded to its end ({_reason(error)}): it is cut short or damaged; "
                f"convert it with `ffmpeg -i {Path(path).name} -c:v libx264 repaired.mp4` and use that file"
            ) from error


def probe(path: str | Path) -> tuple[VideoInfo, np.ndarray]:
    """Decode a video once and tell what it holds.

    Returns
    -------
    info
        Its properties.
    times
        (frames,) float64, seconds of each frame's own timestamp.

    Raises
    ------
    PosemakeError
        If there is no decodable frame, the file breaks off, or holds clearly fewer frames than its container says.
    """
    with _open(path) as (container, stream):
        claimed = stream.frames
        rate = float(stream.average_rate or stream.base_rate or stream.guessed_rate or 0)
        if not rate:
            raise PosemakeError(f"{path}: the file states no frame rate; convert it to MP4")
        facts = {
            "format": container.format.name,
            "codec": stream.codec_context.name,
            "pixel_format": stream.codec_context.pix_fmt or "unknown",
            "fps": rate,
        }
    times: list[float] = []
    width = height = rotation = 0
    for frame in progress(_decode(path), claimed or None, "frames decoded"):
        if not times:
            rotation = int(frame.rotation) % 360
            width, height = (frame.height, frame.width) if rotation in (90, 270) else (frame.width, frame.height)
        times.append(frame.time if frame.time is not None else len(times) / rate)
    if not times:
        raise PosemakeError(f"{path}: no frame can be decoded; copy the file again or convert it to MP4")
    if claimed - len(times) > max(2, TOLERATED_MISSING * claimed):
        raise PosemakeError(
            f"{path}: {len(times)} frames can be decoded where the file says {claimed}: it is cut short or damaged; "
            "copy it again, or convert what is there to a new MP4 and use that"
        )
    steps = np.diff(times)
    info = VideoInfo(
        **facts,
        width=width,
        height=height,
        rotation=rotation,
        frames=len(times),
        container_frames=claimed,
        duration=times[-1] - times[0],
        variable_rate=bool(len(steps) and np.ptp(steps) > 0.5 * np.median(steps)),
        sha256=file_digest(path),
    )
    return info, np.array(times)


def window(
    path: str | Path, info: dict[str, Any], start: int | None, stop: int | None, crop: list[int] | None = None
) -> tuple[int, int, list[int]]:
    """What the sheet wants of a video, filled in and checked against what it holds.

    Parameters
    ----------
    info
        The fields of ``VideoInfo``.
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


def _upright(image: np.ndarray, rotation: float) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(image, round(rotation / 90) % 4)) if rotation else image


def _ends(path: str | Path, count: int) -> PosemakeError:
    return PosemakeError(f"{path}: ends after {count} frames, before the ones that were counted; it changed meanwhile: run again")


def read_frames(path: str | Path, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, frame) in decode order for start ≤ index < stop.

    Raises
    ------
    PosemakeError
        If the video ends before ``stop``, or cannot be decoded up to there.
    """
    count = 0
    for index, frame in enumerate(_decode(path)):
        if stop is not None and index >= stop:
            return
        if index >= start:
            yield index, _upright(frame.to_ndarray(format="rgb24"), frame.rotation)
        count = index + 1
    if stop is not None and count < stop:
        raise _ends(path, count)


def _chosen(path: str | Path, indices: Iterable[int]) -> Iterator[tuple[int, av.VideoFrame]]:
    chosen = set(indices)
    last, count = max(chosen, default=-1), 0
    if not chosen:
        return
    for index, frame in enumerate(_decode(path)):
        if index in chosen:
            yield index, frame
        if index == last:
            return
        count = index + 1
    raise _ends(path, count)


def read_chosen(path: str | Path, indices: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, frame) of some frames, in decode order, in one pass that ends after the last of them.

    Raises
    ------
    PosemakeError
        If the video ends before, or cannot be decoded up to there.
    """
    for index, frame in _chosen(path, indices):
        yield index, _upright(frame.to_ndarray(format="rgb24"), frame.rotation)


def read_thumbnails(path: str | Path, indices: Iterable[int], size: tuple[int, int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, grey thumbnail (height, width) uint8) of some frames, as ``read_chosen`` does; not turned upright."""
    for index, frame in _chosen(path, indices):
        yield index, frame.reformat(width=size[0], height=size[1], format="gray", interpolation="AREA").to_ndarray()
