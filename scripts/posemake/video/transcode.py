"""The standardised copy of a video: H.264 in yuv420p at a constant rate with short closed groups of pictures."""

from collections.abc import Iterator
from pathlib import Path

import av
import av.filter
import cv2
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.log import progress
from posemake.video.decoding import decode, decode_tolerant
from posemake.video.frame import Picture
from posemake.video.image_stack import Stack, is_stack
from posemake.video.probe import probe_file
from posemake.video.report import Report
from posemake.video.writer import video_writer


def deinterlace(frames: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """One whole frame for each interlaced one, by FFmpeg's bwdif."""
    graph = None
    for frame in frames:
        if graph is None:
            graph = av.filter.Graph()
            entry = graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or av.time_base
            )
            filtering = graph.add("bwdif", "mode=send_frame:parity=auto:deint=all")
            graph.link_nodes(entry, filtering, graph.add("buffersink")).configure()
            number = 0
        frame.pts, number = number, number + 1  # the filter wants them in order
        graph.push(frame)
        yield from _filtered(graph)
    if graph is not None:
        graph.push(None)
        yield from _filtered(graph)


def _filtered(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _images(source: Path, report: Report, whole: bool) -> Iterator[np.ndarray]:
    if is_stack(source):
        stack = Stack(source, report.white)
        yield from (Picture(stack.read(index)).rgb() for index in range(stack.count))
        return
    frames = decode_tolerant(source) if report.damaged_frames else decode(source)
    yield from (Picture(frame).rgb() for frame in (deinterlace(frames) if whole else frames))


def write_copy(
    source: Path, copy: Path, report: Report, size: tuple[int, int], whole: bool, quality: int, gop: int
) -> np.ndarray:
    """Write each decodable frame of a video exactly once into a copy that can be read exactly.

    Parameters
    ----------
    report
        The probe of the source.
    size
        Width and height of the copy's frames.
    whole
        Make whole frames of interlaced ones.
    quality
        H.264's constant rate factor; about 17 cannot be told from the original by eye (FFmpeg's guide to H.264).
    gop
        Frames from one keyframe to the next.

    Returns
    -------
    ndarray
        (frames,) int64, the copy's timestamps.

    Raises
    ------
    PosemakeError
        If the copy does not hold exactly the frames of the source.
    """
    same = size == (report.width, report.height)
    with video_writer(copy, size, report.fps, quality, gop) as write:
        for image in progress(_images(source, report, whole), report.frames, "frames copied"):
            write(image if same else cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    made, _, pts = probe_file(copy, exact=True)
    steps = np.diff(pts)
    if made.frames != report.frames or not made.random_access or (len(steps) and np.ptp(steps) > 1):
        raise PosemakeError(
            f"{source}: its copy holds {made.frames} frames of {report.frames}, or they cannot be sought; was the file changed "
            "meanwhile? Run again"
        )
    return pts
