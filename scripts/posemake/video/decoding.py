"""Sequential passes over a video file, by packets or by frames."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av

from posemake.core.log import progress
from posemake.video.frame import Frame, upright_size
from posemake.video.reader import open_stream, reason


@dataclass
class FileScan:
    """Facts that a pass over a file gathers, one entry per packet or per frame in the lists."""

    pts: list[int | None] = field(default_factory=list)
    is_key: list[bool] = field(default_factory=list)
    sizes: dict[tuple[int, int], int] = field(default_factory=dict)  # (width, height): first frame of this size
    corrupt: int = 0  # packets or frames that are marked as damaged
    hidden: int = 0  # packets that an edit list hides
    interlaced: bool = False
    rotation: int = 0  # degrees
    errors: int = 0
    first_error: str = ""
    hashes: dict[int, str] = field(default_factory=dict)  # SHA-256 of the pixels of sampled frames

    def add_error(self, error: av.FFmpegError) -> None:
        """Count an error, and keep the message of the first."""
        self.errors += 1
        self.first_error = self.first_error or reason(error)


def frame_hash(frame: av.VideoFrame) -> str:
    """Return the SHA-256 of a frame's pixels, upright and in RGB."""
    return hashlib.sha256(Frame(frame).rgb().data).hexdigest()


def scan_packets(path: Path) -> FileScan:
    """Read all packets of a video without decoding them."""
    scan = FileScan()
    with open_stream(path) as (container, stream):
        try:
            for packet in container.demux(stream):
                scan.hidden += packet.is_discard
                if packet.size and not packet.is_discard:
                    scan.pts.append(packet.pts)
                    scan.is_key.append(packet.is_keyframe)
                    scan.corrupt += packet.is_corrupt
        except av.FFmpegError as error:
            scan.add_error(error)
    return scan


def decode_tolerant(path: Path, scan: FileScan | None = None) -> Iterator[av.VideoFrame]:
    """Yield every frame that can be decoded, and skip the packets that cannot.

    In one thread: several threads of libavcodec sometimes lose errors and marks of damage.

    Parameters
    ----------
    path
        Video file.
    scan
        Takes the errors, if given.
    """
    scan = scan or FileScan()
    with open_stream(path, threads=False) as (container, stream):
        packets = container.demux(stream)
        packet = None
        while packet is None or packet.size:  # the last packet is empty and makes the decoder give the frames that it holds back
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                scan.add_error(error)
                packet = None
            try:
                yield from stream.decode(packet)
            except av.FFmpegError as error:
                scan.add_error(error)
            if packet is None:
                return


def decode(path: Path) -> Iterator[av.VideoFrame]:
    """Yield every frame of a file that is not damaged."""
    with open_stream(path) as (container, stream):
        yield from container.decode(stream)


def scan_frames(path: Path, expected: int, samples: set[int]) -> FileScan:
    """Decode a whole file, and hash some of its frames.

    Parameters
    ----------
    path
        Video file.
    expected
        Number of frames, for the progress in the log; 0 if it is unknown.
    samples
        Indices of the frames to hash.
    """
    scan = FileScan()
    # the same decoder as for the copy that is made of a damaged file, so that both have the same frames
    for index, frame in enumerate(progress(decode_tolerant(path, scan), expected or None, "frames decoded")):
        scan.pts.append(frame.pts)
        scan.is_key.append(frame.key_frame)
        scan.corrupt += frame.is_corrupt
        scan.interlaced |= frame.interlaced_frame
        scan.sizes.setdefault(upright_size(frame), index)
        scan.rotation = int(frame.rotation) % 360 if index == 0 else scan.rotation
        if index in samples:
            scan.hashes[index] = frame_hash(frame)
    return scan
