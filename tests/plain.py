"""Reading of videos with PyAV alone, in one thread, to see what a file holds apart from what the package makes of it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from corpus import number_of


def once(builders: dict[str, Callable[[Path], Any]], folders: Any) -> Callable[[str], Any]:
    """A function that makes a member by its name in a folder of its own, once; ``folders`` is pytest's tmp_path_factory."""
    return cache(lambda name: builders[name](folders.mktemp("corpus")))


def one_thread(container: av.container.InputContainer) -> av.video.stream.VideoStream:
    """The track of pictures, set to be decoded in one thread."""
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    return stream


def frames_of(path: Path) -> list[av.VideoFrame]:
    """Frames in the order in which they are shown."""
    with av.open(str(path)) as container:
        return list(container.decode(one_thread(container)))


def packets_of(path: Path) -> list[av.Packet]:
    """Packets of the pictures that hold anything, in the order of the file."""
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def upright(frame: av.VideoFrame) -> np.ndarray:
    """RGB picture (height, width, 3) uint8, turned as the file asks."""
    return np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))


def number_or_none(frame: av.VideoFrame) -> int | None:
    """The number that a frame carries, None where it cannot be read."""
    try:
        return number_of(upright(frame))
    except ValueError:
        return None


def content(path: Path) -> list[bytes]:
    """Bytes of a file, of each file of a folder, or of the files of a pattern's folder."""
    folder = path.parent if "%" in path.name else path
    return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.is_dir() else [path.read_bytes()]
