"""Stage that draws the poses of a video into it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

import numpy as np
from av.video.reformatter import Colorspace

from posemake.config.settings import Render
from posemake.core.log import logger, progress
from posemake.core.paths import StrPath
from posemake.data.frame_times import frame_times
from posemake.data.png import write_png
from posemake.data.poses import Poses, read_poses
from posemake.figures.pose_painter import PosePainter
from posemake.figures.viewport import choose_span, most_active_span, viewport_corners, viewport_size
from posemake.figures.yuv_canvas import Canvas, copy_region, downscale_frame, new_frame, uses_bt709
from posemake.video.bounds import frame_range
from posemake.video.encoders import hardware_encoder, software_encoder
from posemake.video.frame import Frame
from posemake.video.reader import VideoReader, open_video
from posemake.video.timestamps import mean_rate
from posemake.video.writer import Encoder, frame_writer

PREVIEW_SECONDS = 4.0  # as it plays
PREVIEW_WIDTH, PREVIEW_RATE = 360, 30.0  # greatest width in pixels and rate per second, so that a page of many stays small
PREVIEW_QUALITY = 28  # constant rate factor of H.264


@dataclass(frozen=True)
class RenderInputs:
    """Files that `render_video` reads."""

    video: StrPath
    info: StrPath  # video.json
    standard: StrPath  # folder of the timestamps and of the transcoded copy
    times: StrPath  # seconds of each frame (NPY)
    raw: StrPath  # raw poses (HDF5)
    poses: StrPath  # filtered poses (HDF5)


@dataclass(frozen=True)
class RenderOutputs:
    """Files that `render_video` writes."""

    video: StrPath  # labelled video (MP4)
    preview: StrPath  # short and small part of it in which the animal moves (MP4)
    poster: StrPath  # its middle frame (PNG)


@dataclass(frozen=True)
class RenderRow:
    """What the sheet of videos states about a video; None where its cell is empty."""

    fps: float | None = None
    start: int | None = None  # first frame
    stop: int | None = None  # the frame after the last


@dataclass(frozen=True)
class Panel:
    """Poses that are drawn into one copy of the frame."""

    poses: Poses
    caption: str = ""


@dataclass(frozen=True)
class Layout:
    """What is shown of the frames start … stop, the second excluded."""

    start: int
    stop: int
    corners: np.ndarray  # (frames, 2) upper left pixels of the viewport
    size: tuple[int, int]  # of the labelled video, even
    rate: float  # frames per second
    preview: range  # frames of the preview
    preview_size: tuple[int, int]  # even


def choose_encoder(settings: Render, size: tuple[int, int]) -> Encoder:
    """Return the encoder for a video of a size (width, height).

    With ``auto`` it is an encoder in hardware that works here, if there is one, else the one in software.
    """
    hardware = hardware_encoder(settings.codec, settings.quality, size) if settings.encoder == "auto" else None
    encoder = hardware or software_encoder(settings.codec, settings.quality, settings.preset)
    logger.info("encoder: %s", encoder.name)
    return encoder


def render_video(
    inputs: RenderInputs, outputs: RenderOutputs, settings: Render, skeleton: Sequence[Sequence[str]], row: RenderRow
) -> None:
    """Write the labelled video, its preview and its poster.

    The filtered poses are drawn, and with ``side_by_side`` the raw ones beside them. All frames are kept: another speed is
    another frame rate.

    Parameters
    ----------
    inputs, outputs
        Files to read and to write.
    settings
        What is drawn, and how it is encoded.
    skeleton
        Pairs of keypoints that are joined by lines.
    row
        Frame rate and bounds by the sheet of videos.
    """
    video, times = open_video(inputs.video, inputs.info, inputs.standard), frame_times(inputs.times, row.fps)
    panels = [Panel(read_poses(inputs.poses))]
    if settings.side_by_side:
        panels = [Panel(read_poses(inputs.raw), "raw"), Panel(panels[0].poses, "filtered")]
    layout = _plan(inputs.video, video, settings, panels, times, row)
    _draw(video, outputs, settings, skeleton, panels, times, layout)


def _plan(
    video_file: StrPath, video: VideoReader, settings: Render, panels: Sequence[Panel], times: np.ndarray, row: RenderRow
) -> Layout:
    """Decide what is shown.

    Parameters
    ----------
    video_file
        Path of the video, for messages.
    video
        Reader of the video.
    settings
        Span, speed, viewport and threshold.
    panels
        Poses side by side, the last of which are the filtered ones.
    times
        Seconds of each frame (T,).
    row
        Frame rate and bounds by the sheet of videos.
    """
    info, frame = video.info, (video.info.width, video.info.height)
    fps = row.fps or mean_rate(info.fps, info.real_fps)
    rate = fps * settings.speed
    start, stop = frame_range(video_file, info, row.start, row.stop)
    start, stop = choose_span(start, stop, settings.span, settings.span_unit, times)
    filtered = panels[-1].poses
    trusted = filtered.confidence_of() >= settings.threshold
    xy, trusted = np.where(trusted[..., None], filtered.xy(), np.nan)[start:stop], trusted[start:stop]
    shown = viewport_size(settings.follow, frame)
    corners = viewport_corners(xy, shown, frame, fps) if settings.follow else np.zeros((stop - start, 2), int)
    size = (len(panels) * shown[0], shown[1])

    first, last = most_active_span(xy, trusted, max(1, round(PREVIEW_SECONDS * rate)))
    every = max(1, round(rate / PREVIEW_RATE))
    fraction = -(-size[0] // PREVIEW_WIDTH)
    width, height = (max(2, side // fraction // 2 * 2) for side in size)
    return Layout(start, stop, corners, size, rate, range(start + first, start + last, every), (width, height))


def _draw(
    video: VideoReader,
    outputs: RenderOutputs,
    settings: Render,
    skeleton: Sequence[Sequence[str]],
    panels: Sequence[Panel],
    times: np.ndarray,
    layout: Layout,
) -> None:
    """Draw and encode all frames."""
    frames = video.frames(layout.start, layout.stop)
    first = next(frames)
    colors = first[1].decoded
    bt709 = uses_bt709(colors)
    encoder = choose_encoder(settings, layout.size)
    painter = PosePainter(settings, panels[-1].poses.keypoints, skeleton, times, bt709)
    with ExitStack() as stack:
        write = stack.enter_context(frame_writer(outputs.video, layout.size, layout.rate, encoder, colors, bt709))
        preview_encoder = software_encoder("h264", PREVIEW_QUALITY, "ultrafast")
        preview_rate = layout.rate / layout.preview.step
        write_preview = stack.enter_context(
            frame_writer(outputs.preview, layout.preview_size, preview_rate, preview_encoder, colors, bt709)
        )
        for index, source in progress(chain([first], frames), layout.stop - layout.start, "frames"):
            if index == layout.start or not encoder.copies_frames:
                drawn, planes = new_frame(layout.size)  # new memory costs as much as drawing
                drawn.colorspace = Colorspace.ITU709 if bt709 else Colorspace.ITU601
            drawn.pts = None
            x, y = layout.corners[index - layout.start].tolist()
            source_planes = source.yuv_planes()
            for number, panel in enumerate(panels):
                part = [_panel_part(plane, number, len(panels)) for plane in planes]
                copy_region(part, source_planes, (x, y))
                painter.draw(Canvas(part, (x, y)), index, panel.poses.xy(), panel.poses.confidence_of(), panel.caption)
            if index == (layout.start + layout.stop) // 2:
                poster = Frame(drawn).rgb().copy()
            if index in layout.preview:
                write_preview(downscale_frame(planes, layout.preview_size))
            write(drawn)
    write_png(outputs.poster, poster)


def _panel_part(plane: np.ndarray, number: int, panels: int) -> np.ndarray:
    """Return the part of a plane that a panel takes."""
    width = plane.shape[1]
    return plane[:, number * width // panels : (number + 1) * width // panels]
