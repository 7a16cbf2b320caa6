"""The stage that settles what a video's frames are, and makes a copy where they cannot be read exactly."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from posemake.config.settings import Prepare, make
from posemake.core.atomic import replacing
from posemake.core.errors import PosemakeError
from posemake.core.json_files import write_json
from posemake.core.log import logger
from posemake.data.geometry import scaled_size
from posemake.video.probe import probe
from posemake.video.reader import COPY, PTS, Reading
from posemake.video.report import Report
from posemake.video.transcode import write_copy


def reasons_for_copy(report: Report, wanted: Prepare, scale: float, whole: bool) -> list[str]:
    """Why a video is to be read from a standardised copy; nothing where the file itself is read.

    Raises
    ------
    PosemakeError
        If there has to be a copy, and the settings allow none.
    """
    doubts = []
    if report.damaged_frames:
        doubts.append("parts of the file are damaged")
    elif not report.random_access:
        doubts.append("frames cannot be sought exactly")
    elif report.keyframe_gap / report.fps > wanted.max_keyframe_gap:
        doubts.append(f"there is no keyframe for {report.keyframe_gap / report.fps:.0f} s")
    if wanted.standardise == "never":
        if report.damaged_frames:
            raise PosemakeError(f"{'; '.join(report.findings)}; set `prepare.standardise: auto`, which reads what can be decoded")
        if whole or scale != 1:
            raise PosemakeError("deinterlace and downscale need a copy; set `prepare.standardise: auto`, or empty these cells")
        return []
    asked = [*(["deinterlaced"] if whole else []), *([f"downscaled by {scale:g}"] if scale != 1 else [])]
    return asked + doubts or (["all are"] if wanted.standardise == "always" else [])


def prepare_video(
    video_file: str, info_file: str, times_file: str, standard_dir: str, settings: dict[str, Any], row: dict[str, Any]
) -> None:
    """Write what a video holds, how its frames are read, each frame's time in seconds (.npy), and what reading needs: the
    timestamps, and the standardised copy where there is one.

    The JSON has the fields of ``probe.Report``, ``standardised`` (why there is a copy), ``fault`` and ``reading``.
    A video that cannot be read is no error: its ``fault`` says why, and its times are empty. ``row`` holds ``pattern`` (the name
    of numbered images in the folder ``video_file``), ``downscale`` and ``deinterlace`` of the sheet.
    """
    wanted = make(Prepare, settings)
    scale, whole = row["downscale"] or 1.0, row["deinterlace"] == "yes"
    source, standard = Path(video_file, row["pattern"] or ""), Path(standard_dir)
    standard.mkdir(parents=True, exist_ok=True)
    fault, reasons, pts = None, [], np.empty(0, np.int64)
    try:
        report, times, pts = probe(source, wanted.count == "exact")
        reasons = reasons_for_copy(report, wanted, scale, whole)
        if reasons and report.decoded_frames is None:  # a copy holds what can be decoded, which packets do not tell
            report, times, pts = probe(source, exact=True)
            reasons = reasons_for_copy(report, wanted, scale, whole)
    except PosemakeError as error:
        fault = " ".join(str(error).removeprefix(f"{source}: ").split())
        logger.warning("the video cannot be read: %s", fault)
        report, times = Report(bytes=source.stat().st_size if source.is_file() else 0), np.empty(0)
    if report.interlaced and not whole:
        report = replace(report, findings=(*report.findings, "frames are interlaced; set `deinterlace` to yes in the sheet"))
    for finding in report.findings:
        logger.info("%s", finding)
    size = scaled_size((report.width, report.height), scale)
    if reasons:
        logger.info("a standardised copy is made: %s", "; ".join(reasons))
        pts = write_copy(source, standard / COPY, report, size, whole, wanted.quality, wanted.gop)
        reading = Reading(True, size, True, wanted.gop)
    else:
        reading = Reading(False, size, report.random_access, report.keyframe_gap, report.white)
    with replacing(standard / PTS) as part:
        np.save(part, pts)
    with replacing(times_file) as part:
        np.save(part, times)
    said = {"pattern": row["pattern"], "standardised": "; ".join(reasons) or None, "fault": fault, "reading": asdict(reading)}
    write_json(info_file, asdict(report) | said)
