"""Probe of a video: what it holds, and whether its frames can be read exactly.

A fast probe counts packets, and decodes only the end and some samples. An exact probe decodes everything; so does a fast one if
the file gives reason to doubt.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from posemake.core.digests import quick_digest
from posemake.core.errors import PosemakeError
from posemake.core.log import logger, progress
from posemake.core.paths import StrPath
from posemake.video.decoding import FileScan, decode_tolerant, frame_hash, scan_frames, scan_packets
from posemake.video.display_matrix import is_mirrored
from posemake.video.frame import upright_size
from posemake.video.image_stack import ImageStack, is_stack
from posemake.video.info import Reading, VideoInfo, VideoReport
from posemake.video.reader import VideoReader, open_stream, video_tracks
from posemake.video.timestamps import TimedReport, add_times, is_strictly_increasing, missing_end

SHORT = 2000  # frames; a shorter video is always decoded, which takes seconds
SAMPLES = 6  # frames that are read by random access and compared with the same frames read in order
# containers and codecs in which each packet is one frame with its timestamp, so that packets may be counted
CONTAINERS_OF_FRAMES = ("mov", "matroska")
CODECS_OF_FRAMES = (
    "h264",
    "hevc",
    "av1",
    "libdav1d",
    "vp9",
    "libvpx-vp9",
    "mjpeg",
    "ffv1",
    "prores",
    "rawvideo",
    "png",
    "dnxhd",
)


@dataclass(frozen=True)
class _Packets:
    """Packets of a file in the order of their timestamps."""

    pts: list[int | None]
    is_key: list[bool]


def probe(path: StrPath, exact: bool = False) -> TimedReport:
    """Find out what a video holds.

    Parameters
    ----------
    path
        A video file, a folder of images, a numbered pattern of images, or a TIFF.
    exact
        Decode every frame, and digest the whole file, even if nothing gives reason to doubt.

    Raises
    ------
    PosemakeError
        If no frame can be decoded, or frames differ in size.
    """
    return probe_stack(Path(path)) if is_stack(path) else probe_file(Path(path), exact)


def probe_file(path: Path, exact: bool) -> TimedReport:
    """Find out what a video file holds, as `probe` does."""
    report = _report_container(path)
    scan = scan_packets(path)
    report = replace(
        report,
        bytes=path.stat().st_size,
        packets=len(scan.pts),
        hidden_frames=scan.hidden,
        findings=(*report.findings, *_describe_pixels(path, report)),
        digest=quick_digest(path, exact),
    )
    order = np.argsort([-1 if time is None else time for time in scan.pts], kind="stable")
    packets = _Packets([scan.pts[i] for i in order], [scan.is_key[i] for i in order])
    doubts = _find_doubts(report, scan, packets)
    if not exact and not doubts and len(packets.pts) > SHORT:
        quick = _probe_samples(path, report, packets)
        if quick is not None:
            return quick
        doubts.append("samples differ from what was counted")
    for doubt in doubts:
        logger.info("all frames are decoded: %s", doubt)
    return _probe_all_frames(path, report, packets.pts)


def _report_container(path: Path) -> VideoReport:
    """Report what the container states."""
    with open_stream(path) as (container, stream):
        context = stream.codec_context
        ratio = stream.sample_aspect_ratio
        audio = [s.codec_context.name for s in container.streams.audio if s.codec_context is not None]
        return VideoReport(
            container=container.format.name,
            codec=context.name,
            profile=context.profile,
            mirrored=container.format.name.startswith("mov") and is_mirrored(path, stream.id),
            pixel_format=context.pix_fmt or "unknown",
            sample_aspect_ratio=str(ratio).replace("/", ":") if ratio and ratio != 1 else None,
            audio=audio[0] if audio else None,
            fps=float(stream.average_rate or stream.base_rate or stream.guessed_rate or 0),
            container_frames=stream.frames,
            container_duration=container.duration / av.time_base if container.duration else None,
            container_start=container.start_time / av.time_base if container.start_time is not None else None,
            time_base=str(stream.time_base),
            findings=tuple(_describe_tracks(container, stream)),
        )


def _describe_tracks(container: InputContainer, stream: VideoStream) -> Iterator[str]:
    """Yield a sentence if a file has several video tracks."""
    tracks = video_tracks(container)
    if len(tracks) > 1:
        number = tracks.index(stream)
        other = 0 if number else 1
        why = "the first one" if stream is tracks[0] else "which it marks as the default"
        yield (
            f"the file has {len(tracks)} video tracks, and track {number + 1} is read, {why}; "
            f"write another into a file of its own with `ffmpeg -i … -map 0:v:{other} -c copy …`"
        )


def _describe_pixels(path: Path, report: VideoReport) -> Iterator[str]:
    """Yield a sentence if pixels are not square, and one if 16-bit grey values use 14 bits or fewer."""
    if ratio := report.sample_aspect_ratio:
        yield (
            f"its pixels are not square (width to height {ratio}): distances along x and y differ; "
            "make a copy with `ffmpeg -i … -vf scale=iw*sar:ih,setsar=1 …` if they are to be compared"
        )
    if not (report.pixel_format or "").startswith("gray16"):
        return
    brightest = max((int(frame.to_ndarray().max()) for frame in islice(decode_tolerant(path), SAMPLES)), default=0)
    used = max(8, brightest.bit_length())
    if used <= 14:
        brighter = f"lut=y=val*{1 << 16 - used},format=gray"
        yield f"its values use {used} of 16 bits and are read dark; make a copy with `ffmpeg -i … -vf {brighter} -c:v ffv1 ….mkv`"


def _find_doubts(report: VideoReport, scan: FileScan, packets: _Packets) -> list[str]:
    """Return the reasons why the packets of a file may not be its frames."""
    doubts = []
    if scan.errors or scan.corrupt:
        doubts.append("its packets cannot all be read")
    if not ((report.container or "").startswith(CONTAINERS_OF_FRAMES) and report.codec in CODECS_OF_FRAMES):
        doubts.append(f"packets of {report.codec} in {report.container} are not always frames")
    if not is_strictly_increasing(packets.pts):
        doubts.append("timestamps do not tell its packets apart")
    if report.container_frames and report.container_frames != len(packets.pts) + scan.hidden:
        doubts.append(f"the container claims {report.container_frames} frames and has {len(packets.pts)} packets")
    return doubts


def _probe_samples(path: Path, report: VideoReport, packets: _Packets) -> TimedReport | None:
    """Report a video by its packets; return None if some decoded frames do not agree with them."""
    first = next(decode_tolerant(path), None)
    if first is None or first.pts != packets.pts[0]:
        return None
    width, height = upright_size(first)
    report = replace(
        report,
        width=width,
        height=height,
        rotation=int(first.rotation) % 360,
        interlaced=first.interlaced_frame,
    )
    timed = add_times(report, packets.pts, packets.is_key)
    if missing_end(timed.report) or not _is_random_access_exact(path, timed.report, timed.pts, None):
        return None
    return timed._replace(report=replace(timed.report, random_access=True))


def _probe_all_frames(path: Path, report: VideoReport, packet_pts: Sequence[int | None]) -> TimedReport:
    """Report a video by decoding all of it."""
    scan = scan_frames(path, len(packet_pts), _sample_indices(len(packet_pts)))
    if not scan.pts:
        reason = scan.first_error or "it holds none"
        raise PosemakeError(f"{path}: no frame can be decoded ({reason}); copy the file again or convert it to MP4")
    if len(scan.sizes) > 1:
        (size, _), (other, at), *_ = scan.sizes.items()
        raise PosemakeError(
            f"{path}: its frames change size at frame {at}, from {size[0]} x {size[1]} to {other[0]} x {other[1]}; "
            "cut it there into two videos"
        )
    width, height = next(iter(scan.sizes))
    findings, damaged = _find_damage(report, scan, packet_pts)
    report = replace(
        report,
        decoded_frames=len(scan.pts),
        damaged_frames=damaged,
        width=width,
        height=height,
        rotation=scan.rotation,
        interlaced=scan.interlaced,
        findings=(*report.findings, *findings),
    )
    report, times, pts = add_times(report, scan.pts, scan.is_key)
    if missing := missing_end(report):
        report = replace(report, findings=(*report.findings, f"it ends {missing:.1f} s before the end that the container claims"))
    if len(pts) and not report.damaged_frames:
        report = replace(report, random_access=_is_random_access_exact(path, report, pts, scan.hashes))
    return TimedReport(report, times, pts)


def _find_damage(report: VideoReport, scan: FileScan, packet_pts: Sequence[int | None]) -> tuple[list[str], int]:
    """Return sentences about damage and lost frames of a decoded file, and the number of damaged frames."""
    findings = []
    count, expected = len(scan.pts), len(packet_pts)
    # a packet of interlaced video may be half a frame
    packets_are_frames = report.codec in CODECS_OF_FRAMES and not scan.interlaced
    silently_dropped = 0
    if packets_are_frames:
        # some decoders drop frames that refer to a lost one without an error
        first = scan.pts[0]
        due = sum(time is not None and first is not None and time >= first for time in packet_pts)
        silently_dropped = max(0, due - count - scan.errors)
    if scan.errors:
        findings.append(f"{scan.errors} packets cannot be decoded ({scan.first_error}) and are left out")
    if scan.corrupt:
        findings.append(f"{scan.corrupt} frames are damaged, which the decoder conceals")
    if not report.hidden_frames and report.container_frames > count:
        findings.append(f"the container claims {report.container_frames} frames and {count} can be decoded")
    elif packets_are_frames and expected - count > scan.errors:
        findings.append(f"there are {expected} packets of frames, and {count} can be decoded")
    return findings, scan.corrupt + scan.errors + silently_dropped


def _sample_indices(count: int) -> set[int]:
    return set(np.linspace(0, count - 1, SAMPLES).round().astype(int).tolist()) if count else set()


def _is_random_access_exact(path: Path, report: VideoReport, pts: np.ndarray, hashes: dict[int, str] | None) -> bool:
    """Return whether random access gives the right frames.

    Sampled frames must have the same pixels as in order, and the last stretch must have exactly the frames that were counted.

    Parameters
    ----------
    path
        Video file.
    report
        Its report, complete but for ``random_access``.
    pts
        (frames,) timestamps.
    hashes
        Hash of some frames read in order; None to compare with frames reached from an earlier keyframe instead.
    """
    reading = Reading(size=(report.width, report.height), random_access=True, keyframe_gap=report.keyframe_gap)
    video = VideoReader(path, VideoInfo(**vars(report), reading=reading), pts)

    def hash_by_random_access(index: int, gaps_back: int = 0) -> str:
        return frame_hash(next(frame for number, frame in video.decode_from(index, gaps_back) if number == index))

    try:
        if hashes is None:
            # so near to the start that the earlier keyframe is the first frame, from which all frames are read in order
            near = min(report.keyframe_gap * 3 // 2, report.frames - 1)
            indices = sorted(_sample_indices(report.frames) | {near})
        else:
            indices = sorted(hashes)
        for index in indices:
            expected = hash_by_random_access(index, gaps_back=2) if hashes is None else hashes[index]
            if hash_by_random_access(index) != expected:
                return False
        return max(number for number, _ in video.decode_from(report.frames - 1)) == report.frames - 1
    except (PosemakeError, StopIteration, av.FFmpegError):
        return False


def probe_stack(path: Path) -> TimedReport:
    """Find out what a stack of images holds, as `probe` does. All images are read, to find out whether they can be."""
    stack = ImageStack(path)
    stack.measure_white()
    width, height = 0, 0
    for index in progress(range(stack.count), stack.count, "images"):
        image = stack.read(index)
        if index == 0:
            height, width = image.shape[:2]
        if image.shape[:2] != (height, width):
            raise PosemakeError(
                f"{path}: {stack.name(index)} has {image.shape[1]} x {image.shape[0]} pixels, and the images before have "
                f"{width} x {height}; the frames of a video have one size"
            )
    digest = hashlib.sha256()
    files = [path] if path.is_file() else stack.files
    for file in files:
        digest.update(f"{file.name} {quick_digest(file)}\n".encode())
    report = VideoReport(
        container="tiff" if path.is_file() else "images",
        codec=files[0].suffix.lower().lstrip("."),
        pixel_format=("grey" if image.ndim == 2 else "rgb") + ("" if stack.white is None else "16"),
        width=width,
        height=height,
        bytes=sum(file.stat().st_size for file in files),
        packets=stack.count,
        decoded_frames=stack.count,
        random_access=True,
        white=stack.white,
        digest=f"sha256:{digest.hexdigest()}",
    )
    timed = add_times(report, [None] * stack.count, [True] * stack.count)
    # images have no timestamps; of the findings, only the one about the frame rate is news
    return timed._replace(report=replace(timed.report, findings=(*timed.report.findings[:1], *stack.findings())))
