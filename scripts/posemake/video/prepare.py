"""Stage `prepare_video`: what a video holds and how its frames are read."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from posemake.config.settings import Prepare
from posemake.core.atomic import atomic_write
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.data.geometry import scaled_size
from posemake.video.info import Reading, VideoInfo, VideoReport, write_video_info
from posemake.video.probe import probe
from posemake.video.reader import COPY, PTS
from posemake.video.timestamps import TimedReport
from posemake.video.transcode import write_copy


@dataclass(frozen=True)
class PrepareOutputs:
    """Files that `prepare_video` writes."""

    info: StrPath  # what the video holds and how it is read (JSON, `VideoInfo`)
    times: StrPath  # seconds of each frame (NPY)
    standard: StrPath  # folder of the timestamps and, if there is one, the transcoded copy


@dataclass(frozen=True)
class PrepareRow:
    """Cells of the sheet of videos that say how a video is prepared."""

    pattern: str | None = None  # name of numbered images, as img%04d.png, in the folder that is the video
    downscale: float | None = None  # factor by which the transcoded copy is smaller than the video
    deinterlace: str | None = None  # "yes" to turn interlaced frames into whole ones

    @property
    def scale(self) -> float:
        """Scale of the copy."""
        return self.downscale or 1.0

    @property
    def deinterlaced(self) -> bool:
        """Whether the copy has whole frames in place of interlaced ones."""
        return self.deinterlace == "yes"


def reasons_for_copy(report: VideoReport, settings: Prepare, row: PrepareRow) -> list[str]:
    """Return why a video has to be read from a transcoded copy; nothing if it is read itself.

    Parameters
    ----------
    report
        What the video holds.
    settings
        Which videos are copied.
    row
        What the sheet asks for.

    Raises
    ------
    PosemakeError
        If a copy is needed, and the settings allow none.
    """
    doubts = []
    if report.damaged_frames:
        doubts.append("parts of the file are damaged")
    elif not report.random_access:
        doubts.append("frames cannot be sought exactly")
    elif report.keyframe_gap / report.fps > settings.max_keyframe_gap:
        doubts.append(f"there is no keyframe for {report.keyframe_gap / report.fps:.0f} s")
    if settings.transcode == "never":
        if report.damaged_frames:
            raise PosemakeError(f"{'; '.join(report.findings)}; set `prepare.transcode: auto`, which reads what can be decoded")
        if row.deinterlaced or row.scale != 1:
            raise PosemakeError("deinterlace and downscale need a copy; set `prepare.transcode: auto`, or empty these cells")
        return []
    requests = []
    if row.deinterlaced:
        requests.append("deinterlaced")
    if row.scale != 1:
        requests.append(f"downscaled by {row.scale:g}")
    return requests + doubts or (["all are"] if settings.transcode == "always" else [])


def prepare_video(video: StrPath, outputs: PrepareOutputs, settings: Prepare, row: PrepareRow) -> None:
    """Find out what a video holds and how its frames are read, and transcode it if they cannot be read exactly.

    A video that cannot be read is not an error: ``fault`` in its ``video.json`` says why, and its times are empty.

    Parameters
    ----------
    video
        Video file, TIFF, or folder of images.
    outputs
        Files to write.
    settings
        How frames are counted, and which videos are transcoded.
    row
        What the sheet says of this video.
    """
    source, standard = Path(video, row.pattern or ""), Path(outputs.standard)
    standard.mkdir(parents=True, exist_ok=True)
    fault: str | None = None
    reasons: list[str] = []
    try:
        (report, times, pts), reasons = _probe(source, settings, row)
    except PosemakeError as error:
        fault = " ".join(str(error).removeprefix(f"{source}: ").split())
        logger.warning("the video cannot be read: %s", fault)
        report = VideoReport(bytes=source.stat().st_size if source.is_file() else 0)
        times, pts = np.empty(0), np.empty(0, np.int64)
    if report.interlaced and not row.deinterlaced:
        report = replace(report, findings=(*report.findings, "frames are interlaced; set `deinterlace` to yes in the sheet"))
    for finding in report.findings:
        logger.info("%s", finding)
    size = scaled_size((report.width, report.height), row.scale)
    if reasons:
        logger.info("a transcoded copy is made: %s", "; ".join(reasons))
        pts = write_copy(
            source,
            standard / COPY,
            report,
            size=size,
            deinterlaced=row.deinterlaced,
            quality=settings.quality,
            gop=settings.gop,
        )
        reading = Reading(copy=True, size=size, random_access=True, keyframe_gap=settings.gop)
    else:
        reading = Reading(size=size, random_access=report.random_access, keyframe_gap=report.keyframe_gap, white=report.white)
    with atomic_write(standard / PTS) as part:
        np.save(part, pts)
    with atomic_write(outputs.times) as part:
        np.save(part, times)
    standardised = "; ".join(reasons) or None
    info = VideoInfo(**vars(report), pattern=row.pattern, standardised=standardised, fault=fault, reading=reading)
    write_video_info(outputs.info, info)


def _probe(source: Path, settings: Prepare, row: PrepareRow) -> tuple[TimedReport, list[str]]:
    """Return the report of a video, and the reasons for a copy."""
    timed = probe(source, settings.count == "exact")
    reasons = reasons_for_copy(timed.report, settings, row)
    if reasons and timed.report.decoded_frames is None:  # a copy holds what can be decoded, which packets do not tell
        timed = probe(source, exact=True)
        reasons = reasons_for_copy(timed.report, settings, row)
    return timed, reasons
