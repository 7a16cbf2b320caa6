"""Reader of a video's frames.

A frame is identified by its index, in the order in which a decoder outputs frames, and its timestamp is checked. A frame read by
random access has the same pixels as in order. Frames are upright and have the size of the original, also if a transcoded copy is
read.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.core.threads import thread_count
from posemake.video.frame import Frame, upright_size
from posemake.video.image_stack import ImageStack, is_stack
from posemake.video.info import VideoInfo, read_video_info

# files in the folder `standard` of a video; there is a copy only where the video itself cannot be read exactly
PTS, COPY = "pts.npy", "video.mp4"


def reason(error: Exception) -> str:
    """Return FFmpeg's message of an error."""
    return getattr(error, "strerror", None) or str(error)


def video_tracks(container: InputContainer) -> list[VideoStream]:
    """Return the video tracks of a file; cover art and thumbnails are none."""
    pictures = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & pictures]


@contextmanager
def open_stream(path: StrPath, threads: bool = True) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the video track of a file for decoding, in several threads or in one; of several, the default one, else the first.

    Raises
    ------
    PosemakeError
        If there is no such file, or it is not a video.
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
        tracks = video_tracks(container)
        if not tracks:
            raise PosemakeError(f"{path}: the file has no video stream; it may hold sound only")
        stream = next((track for track in tracks if track.disposition & av.stream.Disposition.default), tracks[0])
        # FFmpeg takes a text file for subtitles drawn as video ("tty"), which is never a recording
        if container.format.name == "tty" or stream.codec_context is None or stream.codec_context.width == 0:
            raise PosemakeError(
                f"{path}: not a video, whatever its name says; its content is text, unknown or cut short: copy the file again"
            )
        stream.thread_type = "AUTO" if threads else "NONE"
        stream.codec_context.thread_count = thread_count() if threads else 1
        yield container, stream


class VideoReader:
    """Frames of a prepared video.

    Parameters
    ----------
    path
        File that is read: the video, its folder or pattern of images, or its transcoded copy.
    info
        Content of ``video.json``.
    pts
        (frames,) timestamp of each frame in the stream's time base; empty if timestamps do not identify the frames.

    Raises
    ------
    PosemakeError
        If the video holds another number of images than it was prepared with.
    """

    def __init__(self, path: StrPath, info: VideoInfo, pts: np.ndarray):
        self.path, self.info, self.pts = Path(path), info, pts
        self.reading = info.reading
        self.size = (info.width, info.height)
        self._stack = ImageStack(path, info.reading.white) if is_stack(path) else None
        if self._stack and self._stack.count != info.frames:
            raise self._error(f"holds {self._stack.count} images, not {info.frames}")

    def _error(self, what: str) -> PosemakeError:
        return PosemakeError(
            f"{self.path}: {what}; it is damaged there, or was changed meanwhile: run again with `prepare.count: exact`, "
            "which decodes all of it first and makes a repaired copy where one is needed"
        )

    def _frame(self, source: av.VideoFrame | np.ndarray, index: int) -> Frame:
        width, height = (source.shape[1], source.shape[0]) if isinstance(source, np.ndarray) else upright_size(source)
        right, below = width - self.reading.size[0], height - self.reading.size[1]
        if min(right, below) < 0 or max(right, below) > self.reading.copy:  # a copy's odd sizes are padded by one
            expected = f"{self.reading.size[0]} x {self.reading.size[1]}"
            raise self._error(f"frame {index} has {width} x {height} pixels, not {expected}")
        return Frame(source, self.size, self.reading.size, self.info.mirrored and not self.reading.copy)

    def _decode(self, container: InputContainer, stream: VideoStream, index: int | None) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield frames from ``index`` on; if it is None, from the first keyframe that the container reaches."""
        try:
            for frame in container.decode(stream):
                if index is None and (index := self._keyframe_index(frame)) is None:
                    continue  # leading frames of an open group of pictures, which refer to frames that were not read
                if len(self.pts) and (index >= len(self.pts) or frame.pts != self.pts[index]):
                    raise self._error(f"frame {index} is not the one that was counted")
                if frame.is_corrupt:
                    raise self._error(f"frame {index} is damaged")
                yield index, frame
                index += 1
        except av.FFmpegError as error:
            raise self._error(f"cannot be decoded at about frame {index or 0} ({reason(error)})") from error

    def _keyframe_index(self, frame: av.VideoFrame) -> int | None:
        """Return the index of a keyframe; None for any other frame and for a keyframe that was not counted."""
        if not frame.key_frame or frame.pts is None:
            return None
        index = int(np.searchsorted(self.pts, frame.pts))
        return index if index < len(self.pts) and self.pts[index] == frame.pts else None

    def decode_from(self, start: int, gaps_back: int = 0) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield (index, decoded frame) in order from ``start``, or some frame before it, to the end.

        Decoding begins at the last keyframe before ``start``, found by its timestamp; without random access, at the first frame.

        Parameters
        ----------
        start
            Index of the frame.
        gaps_back
            Begin at an earlier keyframe: seek a frame that is so many times the longest distance between keyframes earlier.
        """
        gap = max(1, self.reading.keyframe_gap)
        back = gaps_back * gap
        with open_stream(self.path) as (container, stream):
            while self.reading.random_access and start - back > 0:
                try:
                    container.seek(int(self.pts[start - back]), stream=stream, backward=True)
                except av.FFmpegError as error:
                    raise self._error(f"cannot be sought for frame {start} ({reason(error)})") from error
                frames = self._decode(container, stream, None)
                first = next(frames, None)
                if first is not None and first[0] <= start:
                    yield first
                    yield from frames
                    return
                back = max(2 * back, gap)
        with open_stream(self.path) as (container, stream):
            yield from self._decode(container, stream, 0)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Frame]]:
        """Yield (index, frame) in order for start ≤ index < stop.

        Raises
        ------
        PosemakeError
            If the video holds other frames than it was prepared with, or cannot be decoded.
        """
        stop = self.info.frames if stop is None else stop
        if stop > self.info.frames:
            raise PosemakeError(f"{self.path}: has {self.info.frames} frames, and frame {stop - 1} is asked for; correct that")
        if start >= stop:
            return
        if self._stack:
            for index in range(start, stop):
                yield index, self._frame(self._stack.read(index), index)
            return
        count = start
        for index, frame in self.decode_from(start):
            if index >= stop:
                return
            if index >= start:
                yield index, self._frame(frame, index)
            count = index + 1
        if count < stop:
            raise self._error(f"ends after {count} frames, before the {stop} that were counted")

    def images(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, image), RGB (H, W, 3) uint8, in order for start ≤ index < stop.

        Raises
        ------
        PosemakeError
            As `frames` does.
        """
        for index, frame in self.frames(start, stop):
            yield index, frame.rgb()

    def images_at(self, indices: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, image), RGB (H, W, 3) uint8, of these frames in order.

        Frames are reached by random access where that is exact, else in one pass.

        Raises
        ------
        PosemakeError
            As `frames` does.
        """
        remaining = sorted({int(index) for index in indices})
        if not self.reading.random_access:
            yield from self._pick(set(remaining), 0, remaining[-1] + 1) if remaining else ()
            return
        gap = self.reading.keyframe_gap
        while remaining:
            # frames that are close are read in one go
            end = next((n for n in range(1, len(remaining)) if remaining[n] - remaining[n - 1] > gap), len(remaining))
            group, remaining = remaining[:end], remaining[end:]
            yield from self._pick(set(group), group[0], group[-1] + 1)

    def _pick(self, indices: set[int], start: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
        for index, frame in self.frames(start, stop):
            if index in indices:
                yield index, frame.rgb()


def open_video(video_file: StrPath, info_file: StrPath, standard_dir: StrPath) -> VideoReader:
    """Open a video with the files that `prepare_video` wrote.

    Parameters
    ----------
    video_file
        The video as the sheet names it.
    info_file
        ``video.json``.
    standard_dir
        Folder of the timestamps and of the transcoded copy, if there is one.

    Raises
    ------
    PosemakeError
        If `prepare_video` found that the video cannot be read.
    """
    info = read_video_info(info_file)
    if info.fault:
        raise PosemakeError(f"{video_file}: {info.fault}")
    source = Path(standard_dir, COPY) if info.reading.copy else Path(video_file, info.pattern or "")
    return VideoReader(source, info, np.load(Path(standard_dir, PTS)))
