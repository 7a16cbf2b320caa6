"""Transcoded copy of a video: H.264 in yuv420p at a constant rate with short closed groups of pictures."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import cv2
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.log import progress
from posemake.video.decoding import decode, decode_tolerant
from posemake.video.frame import Frame
from posemake.video.image_stack import ImageStack, is_stack
from posemake.video.info import VideoReport
from posemake.video.probe import probe_file
from posemake.video.writer import video_writer


def deinterlace(frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Yield one whole frame for each interlaced one, by FFmpeg's filter bwdif."""
    graph = None
    for number, frame in enumerate(frames):
        if graph is None:
            graph = _deinterlacing_graph(frame)
        frame.pts = number  # the filter needs them in order
        graph.push(frame)
        yield from _pull_frames(graph)
    if graph is not None:
        graph.push(None)
        yield from _pull_frames(graph)


def _deinterlacing_graph(frame: av.VideoFrame) -> av.filter.Graph:
    """Return a filter graph for frames like this one."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, av.time_base)
    )
    bwdif = graph.add("bwdif", "mode=send_frame:parity=auto:deint=all")
    graph.link_nodes(source, bwdif, graph.add("buffersink")).configure()
    return graph


def _pull_frames(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    """Yield the frames that a filter graph has ready."""
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _source_images(source: Path, report: VideoReport, deinterlaced: bool) -> Iterator[np.ndarray]:
    """Yield the images (H, W, 3) of a video that can be decoded."""
    if is_stack(source):
        stack = ImageStack(source, report.white)
        yield from (Frame(stack.read(index)).rgb() for index in range(stack.count))
        return
    frames = decode_tolerant(source) if report.damaged_frames else decode(source)
    yield from (Frame(frame, mirrored=report.mirrored).rgb() for frame in (deinterlace(frames) if deinterlaced else frames))


def write_copy(
    source: Path,
    copy: Path,
    report: VideoReport,
    *,
    size: tuple[int, int],
    deinterlaced: bool,
    quality: int,
    gop: int,
) -> np.ndarray:
    """Write each frame of a video that can be decoded, once, into a copy that can be read exactly.

    Parameters
    ----------
    source
        Video file, or folder or pattern of images.
    copy
        Video to write (MP4).
    report
        What the source holds.
    size
        Width and height of the copy's frames.
    deinterlaced
        Whether interlaced frames become whole ones.
    quality
        H.264's constant rate factor; at about 17 the copy looks like the original (FFmpeg's guide to H.264).
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
    same_size = size == (report.width, report.height)
    with video_writer(copy, size, report.fps, quality, gop) as write:
        for image in progress(_source_images(source, report, deinterlaced), report.frames, "frames copied"):
            write(image if same_size else cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    written, _, pts = probe_file(copy, exact=True)
    steps = np.diff(pts)
    if written.frames != report.frames or not written.random_access or (len(steps) and np.ptp(steps) > 1):
        raise PosemakeError(
            f"{source}: its copy holds {written.frames} frames of {report.frames}, or they cannot be sought; was the file "
            "changed meanwhile? Run again"
        )
    return pts
