"""What a video holds, and whether its frames can be read exactly.

A fast probe counts packets, and decodes only the end and some samples; an exact one decodes everything. A file that gives
reason to doubt is always probed exactly.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from posemake.core.digests import quick_digest
from posemake.core.errors import PosemakeError
from posemake.core.log import logger, progress
from posemake.video.decoding import decode_all, decode_tolerant, frame_hash, scan_packets
from posemake.video.frame import upright_size
from posemake.video.image_stack import Stack, is_stack
from posemake.video.reader import Reading, Video, open_stream
from posemake.video.report import Report, short_by, tells_apart, with_times

SHORT = 2000  # frames that are always decoded: it takes seconds
SAMPLES = 6  # frames read by random access, and compared with what comes in order
# Pairs of container and codec in which each packet is one frame, with its timestamp: their packets may be counted.
COUNTED_BY_PACKETS = ("mov", "matroska")
ONE_FRAME_A_PACKET = (
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


def _samples(count: int) -> set[int]:
    return set(np.linspace(0, count - 1, SAMPLES).round().astype(int).tolist()) if count else set()


def _facts(path: Path) -> dict[str, Any]:
    with open_stream(path) as (container, stream):
        context = stream.codec_context
        ratio = stream.sample_aspect_ratio
        audio = [s.codec_context.name for s in container.streams.audio if s.codec_context is not None]
        return {
            "container": container.format.name,
            "codec": context.name,
            "profile": context.profile,
            "pixel_format": context.pix_fmt or "unknown",
            "sample_aspect_ratio": str(ratio).replace("/", ":") if ratio and ratio != 1 else None,
            "audio": audio[0] if audio else None,
            "fps": float(stream.average_rate or stream.base_rate or stream.guessed_rate or 0),
            "container_frames": stream.frames,
            "container_duration": container.duration / av.time_base if container.duration else None,
            "time_base": str(stream.time_base),
        }


def _of_pixels(path: Path, facts: dict[str, Any]) -> Iterator[str]:
    """What is to be said of pixels that are not square, and of grey in 16 bits of which the camera used 14 or fewer."""
    if ratio := facts["sample_aspect_ratio"]:
        yield (
            f"its pixels are not square (width to height {ratio}): distances along x and y differ; "
            "make a copy with `ffmpeg -i … -vf scale=iw*sar:ih,setsar=1 …` if they are to be compared"
        )
    if not facts["pixel_format"].startswith("gray16"):
        return
    brightest = max((int(frame.to_ndarray().max()) for frame in islice(decode_tolerant(path), SAMPLES)), default=0)
    used = max(8, brightest.bit_length())
    if used <= 14:
        brighter = f"lut=y=val*{1 << 16 - used},format=gray"
        yield f"its values use {used} of 16 bits and are read dark; make a copy with `ffmpeg -i … -vf {brighter} -c:v ffv1 ….mkv`"


def _same_by_random_access(path: Path, report: Report, pts: np.ndarray, hashes: dict[int, str] | None) -> bool:
    """Whether samples that are sought have the pixels that they have in order (``hashes``), or, where that is not known, from an
    earlier keyframe; and whether the last stretch has exactly the frames that were counted."""
    reading = Reading(size=(report.width, report.height), random_access=True, keyframe_gap=report.keyframe_gap)
    video = Video(path, vars(report), reading, pts)
    try:
        # one is so near the start that its earlier keyframe is the first frame, from which all come in order
        near = min(report.keyframe_gap * 3 // 2, report.frames - 1)
        for index in sorted(_samples(report.frames) | {near} if hashes is None else hashes):
            sought = frame_hash(next(frame for number, frame in video.decode_to(index) if number == index))
            if hashes is None:
                other = frame_hash(next(frame for number, frame in video.decode_to(index, further=2) if number == index))
            else:
                other = hashes[index]
            if sought != other:
                return False
        return max(number for number, _ in video.decode_to(report.frames - 1)) == report.frames - 1
    except (PosemakeError, StopIteration, av.FFmpegError):
        return False


def probe_file(path: Path, exact: bool) -> tuple[Report, np.ndarray, np.ndarray]:
    """Probe a video file; as `probe`."""
    facts = _facts(path)
    packets = scan_packets(path)
    report = Report(
        **facts,
        bytes=path.stat().st_size,
        packets=len(packets.pts),
        hidden_frames=packets.hidden,
        findings=tuple(_of_pixels(path, facts)),
        digest=quick_digest(path, exact),
    )
    doubts = []
    if packets.errors or packets.corrupt:
        doubts.append("its packets cannot all be read")
    if not (report.container.startswith(COUNTED_BY_PACKETS) and report.codec in ONE_FRAME_A_PACKET):
        doubts.append(f"packets of {report.codec} in {report.container} are not always frames")
    order = np.argsort([-1 if p is None else p for p in packets.pts], kind="stable")
    pts, keys = [packets.pts[i] for i in order], [packets.keys[i] for i in order]
    if not tells_apart(pts):
        doubts.append("timestamps do not tell its packets apart")
    if report.container_frames and report.container_frames != len(pts) + packets.hidden:
        doubts.append(f"the container claims {report.container_frames} frames and has {len(pts)} packets")
    if not exact and not doubts and len(pts) > SHORT:
        quick = _probe_samples(path, report, pts, keys)
        if quick is not None:
            return quick
        doubts.append("samples are not what was counted")
    for doubt in doubts:
        logger.info("all frames are decoded: %s", doubt)
    return _probe_exactly(path, report, pts)


def _probe_samples(path: Path, report: Report, pts: list, keys: list) -> tuple[Report, np.ndarray, np.ndarray] | None:
    first = next(decode_tolerant(path), None)
    if first is None or first.pts != pts[0]:
        return None
    size = upright_size(first)
    report = replace(
        report,
        width=size[0],
        height=size[1],
        rotation=int(first.rotation) % 360,
        interlaced=first.interlaced_frame,
    )
    report, times, stamps = with_times(report, pts, keys)
    if short_by(report) or not _same_by_random_access(path, report, stamps, None):
        return None
    return replace(report, random_access=True), times, stamps


def _probe_exactly(path: Path, report: Report, pts: list[int | None]) -> tuple[Report, np.ndarray, np.ndarray]:
    expected = len(pts)
    found = decode_all(path, expected, _samples(expected))
    count = len(found.pts)
    if not count:
        raise PosemakeError(
            f"{path}: no frame can be decoded ({found.error or 'it holds none'}); copy the file again or convert it to MP4"
        )
    if len(found.sizes) > 1:
        (size, _), (other, at), *_ = found.sizes.items()
        raise PosemakeError(
            f"{path}: its frames change size at frame {at}, from {size[0]} x {size[1]} to {other[0]} x {other[1]}; "
            "cut it there into two videos"
        )
    size = next(iter(found.sizes))
    findings = list(report.findings)
    counted = report.codec in ONE_FRAME_A_PACKET and not found.interlaced  # interlaced, a packet may be half a frame
    # some decoders leave out what refers to a lost frame, and say nothing
    first = found.pts[0]
    silent = sum(p is not None and first is not None and p >= first for p in pts) - count - found.errors if counted else 0
    if found.errors:
        findings.append(f"{found.errors} packets cannot be decoded ({found.error}) and are left out")
    if found.corrupt:
        findings.append(f"{found.corrupt} frames are damaged, which the decoder conceals")
    if not report.hidden_frames and report.container_frames > count:
        findings.append(f"the container claims {report.container_frames} frames and {count} can be decoded")
    elif counted and expected - count > found.errors:
        findings.append(f"there are {expected} packets of frames, and {count} can be decoded")
    report = replace(
        report,
        decoded_frames=count,
        damaged_frames=found.corrupt + found.errors + max(0, silent),
        width=size[0],
        height=size[1],
        rotation=found.rotation,
        interlaced=found.interlaced,
        findings=tuple(findings),
    )
    report, times, stamps = with_times(report, found.pts, found.keys)
    if short := short_by(report):
        report = replace(report, findings=(*report.findings, f"it ends {short:.1f} s before the end that the container claims"))
    if len(stamps) and not report.damaged_frames:
        report = replace(report, random_access=_same_by_random_access(path, report, stamps, found.hashes))
    return report, times, stamps


def probe_stack(path: Path) -> tuple[Report, np.ndarray, np.ndarray]:
    """Probe images; as `probe`. All of them are read, as nothing else tells whether they can be."""
    stack = Stack(path)
    stack.measure_white()
    size = None
    for index in progress(range(stack.count), stack.count, "images"):
        image = stack.read(index)
        size = size or image.shape[1::-1]
        if image.shape[1::-1] != size:
            raise PosemakeError(
                f"{path}: {stack.name(index)} has {image.shape[1]} x {image.shape[0]} pixels, and the images before have "
                f"{size[0]} x {size[1]}; the frames of a video have one size"
            )
    digest = hashlib.sha256()
    files = [path] if path.is_file() else stack.files
    for file in files:
        digest.update(f"{file.name} {quick_digest(file)}\n".encode())
    report = Report(
        container="tiff" if path.is_file() else "images",
        codec=files[0].suffix.lower().lstrip("."),
        pixel_format=("grey" if image.ndim == 2 else "rgb") + ("" if stack.white is None else "16"),
        width=size[0],
        height=size[1],
        bytes=sum(file.stat().st_size for file in files),
        packets=stack.count,
        decoded_frames=stack.count,
        random_access=True,
        white=stack.white,
        digest=f"sha256:{digest.hexdigest()}",
    )
    report, times, stamps = with_times(report, [None] * stack.count, [True] * stack.count)
    return replace(report, findings=report.findings[:1]), times, stamps


def probe(path: str | Path, exact: bool = False) -> tuple[Report, np.ndarray, np.ndarray]:
    """Tell what a video holds.

    Parameters
    ----------
    path
        A video file, a folder of images, a numbered pattern, or a TIFF.
    exact
        Decode every frame, and digest all of the file, also where nothing gives reason to doubt.

    Returns
    -------
    report
        What was found.
    times
        (frames,) float64, seconds of each frame's own timestamp.
    pts
        (frames,) int64, the timestamps in the file's time base; empty where they do not tell frames apart.

    Raises
    ------
    PosemakeError
        If there is no decodable frame, or frames differ in size.
    """
    return probe_stack(Path(path)) if is_stack(path) else probe_file(Path(path), exact)
