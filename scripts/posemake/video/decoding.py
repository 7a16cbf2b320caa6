"""Whole passes over a video file: packet by packet, frame by frame, and past what is damaged."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av

from posemake.core.log import progress
from posemake.video.frame import Picture, upright_size
from posemake.video.reader import open_stream, reason


@dataclass
class Pass:
    """What one pass over a file found, frame by frame or packet by packet."""

    pts: list[int | None] = field(default_factory=list)
    keys: list[bool] = field(default_factory=list)
    sizes: dict[tuple[int, int], int] = field(default_factory=dict)  # size: first frame that has it
    corrupt: int = 0
    hidden: int = 0  # packets that an edit list keeps from being shown
    interlaced: bool = False
    rotation: int = 0
    errors: int = 0
    error: str = ""  # the first
    hashes: dict[int, str] = field(default_factory=dict)  # of the frames that were asked for


def frame_hash(frame: av.VideoFrame) -> str:
    return hashlib.sha256(Picture(frame).rgb()).hexdigest()


def scan_packets(path: Path) -> Pass:
    found = Pass()
    with open_stream(path) as (container, stream):
        try:
            for packet in container.demux(stream):
                found.hidden += packet.is_discard
                if packet.size and not packet.is_discard:
                    found.pts.append(packet.pts)
                    found.keys.append(packet.is_keyframe)
                    found.corrupt += packet.is_corrupt
        except av.FFmpegError as error:
            found.errors, found.error = 1, reason(error)
    return found


def decode_tolerant(path: Path, found: Pass | None = None) -> Iterator[av.VideoFrame]:
    """Every frame that can be decoded, without the packets that cannot.

    In one thread: several of libavcodec lose errors and marks of damage now and then.
    """
    found = Pass() if found is None else found

    def note(error: av.FFmpegError) -> None:
        found.errors, found.error = found.errors + 1, found.error or reason(error)

    with open_stream(path, threads=False) as (container, stream):
        packets = container.demux(stream)
        packet = None
        while packet is None or packet.size:  # the last packet is empty and brings what the decoder holds back
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                note(error)
                packet = None
            try:
                yield from packet.decode() if packet is not None else stream.decode(None)
            except av.FFmpegError as error:
                note(error)
            if packet is None:
                return


def decode(path: Path) -> Iterator[av.VideoFrame]:
    """Every frame of a file that is not damaged."""
    with open_stream(path) as (container, stream):
        yield from container.decode(stream)


def decode_all(path: Path, expected: int, samples: set[int]) -> Pass:
    """Look at every frame that `decode_tolerant` gives, of which a copy is made where anything is damaged."""
    found = Pass()
    frames = decode_tolerant(path, found)
    for index, frame in enumerate(progress(frames, expected or None, "frames decoded")):
        found.pts.append(frame.pts)
        found.keys.append(frame.key_frame)
        found.corrupt += frame.is_corrupt
        found.interlaced |= frame.interlaced_frame
        found.sizes.setdefault(upright_size(frame), index)
        found.rotation = int(frame.rotation) % 360 if index == 0 else found.rotation
        if index in samples:
            found.hashes[index] = frame_hash(frame)
    return found
