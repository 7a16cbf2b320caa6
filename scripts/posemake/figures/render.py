"""The stage that draws poses into their video."""

from contextlib import ExitStack
from itertools import chain
from typing import Any

import numpy as np
from av.video.reformatter import Colorspace

from posemake.config.settings import Render, make
from posemake.core.log import logger, progress
from posemake.data.poses import arrays, frame_times, read_poses
from posemake.figures.viewport import chosen_span, liveliest, window_corners, window_size
from posemake.figures.yuv_canvas import Canvas, blank, fill, smaller, uses_bt709, yuv
from posemake.plotting.style import color, keypoint_colors
from posemake.video.frame import Picture, save_png
from posemake.video.reader import open_video, window
from posemake.video.report import mean_rate
from posemake.video.writer import Encoder, frame_writer, hardware_encoder, software_encoder

TRAIL_STRENGTH = 0.6
FAINTEST = 0.2  # opacity of a point of no confidence, so that it can be seen at all
TEXT_OF = 1000  # rows of the video, in which letters have the size 1 of OpenCV's, 22 pixels
PREVIEW = 4.0  # seconds, as it plays
PREVIEW_WIDTH, PREVIEW_RATE = 360, 30.0  # greatest width in pixels and rate per second, so that a page of many stays small
PREVIEW_QUALITY = 28


class Painter:
    """Draws one frame after another: skeleton, trails of the last frames, keypoints, words.

    A keypoint is a disc where the network is sure of it, and a ring where it is less sure than the threshold, as where the
    filter filled a gap.

    Parameters
    ----------
    settings
        What is drawn.
    keypoints, skeleton
        K names, and pairs of them.
    times
        Seconds of each frame (T,).
    bt709
        Whether that is the video's matrix of colours.
    """

    def __init__(self, settings: Render, keypoints: list[str], skeleton: list[list[str]], times: np.ndarray, bt709: bool = False):
        self.settings, self.keypoints, self.times = settings, keypoints, times
        colors = keypoint_colors(len(keypoints), settings.colormap)
        self.colors = [yuv(rgb, bt709) for rgb in colors]
        self.letters = [yuv(tuple((1 + c) / 2 for c in rgb), bt709) for rgb in colors]
        self.line = yuv(color(settings.skeleton_color), bt709)
        self.white = yuv((1, 1, 1), bt709)
        self.edges = [(keypoints.index(a), keypoints.index(b)) for a, b in skeleton]

    def draw(self, canvas: Canvas, index: int, xy: np.ndarray, confidence: np.ndarray, caption: str = "") -> None:
        """Draw the frame of an index with the positions (T, K, 2) and confidences (T, K) of all frames into a canvas."""
        s, now = self.settings, xy[index]
        there = np.flatnonzero(np.isfinite(now).all(1)).tolist()
        if s.trail:
            self._draw_trails(canvas, xy[max(0, index - s.trail) : index + 1])
        bright, half = canvas.fixed(now)
        edges = [[a, b] for a, b in self.edges if a in there and b in there]
        if edges:
            canvas.lines(list(bright[edges]), list(half[edges]), self.line)
        for k in there:
            ring = not confidence[index, k] >= s.threshold
            if not s.opacity:
                canvas.disc(bright[k].tolist(), half[k].tolist(), s.radius, self.colors[k], ring)
                continue
            opacity = float(np.clip(np.nan_to_num(confidence[index, k]), FAINTEST, 1))
            with canvas.faint(now[k : k + 1], s.radius + 3, opacity) as over:
                places = (place.tolist() for place in over.fixed(now[k]))
                over.disc(*places, s.radius, self.colors[k], ring)
        self._write(canvas, index, now, there if s.names else [], caption)

    def _draw_trails(self, canvas: Canvas, past: np.ndarray) -> None:
        """Lines along the way of each keypoint (n, K, 2)."""
        past = np.ascontiguousarray(past.transpose(1, 0, 2))
        known = np.isfinite(past).all(-1)
        if not known.any():
            return
        with canvas.faint(past[known], 3, TRAIL_STRENGTH) as over:
            bright, half = over.fixed(past)
            for k, rgb in enumerate(self.colors):
                runs = _runs(known[k])
                if runs:
                    over.lines([bright[k, run] for run in runs], [half[k, run] for run in runs], rgb)

    def _write(self, canvas: Canvas, index: int, now: np.ndarray, named: list[int], caption: str) -> None:
        s, height = self.settings, canvas.planes[0].shape[0]
        scale = max(0.4, height / TEXT_OF)
        for k in named:
            if canvas.shows(now[k]):
                canvas.text(self.keypoints[k], now[k] + (s.radius + 1, 0), self.letters[k], scale, (0, 0.5))
        stamps = [str(index)] * s.frame_number + [f"{self.times[index]:.2f} s"] * s.time
        if stamps:
            canvas.text("  ".join(stamps), np.add(canvas.corner, (2, height - 2)), self.white, scale, (0, 1))
        if caption:
            canvas.text(caption, np.add(canvas.corner, (2, 2)), self.white, scale, (0, 0))


def _runs(known: np.ndarray) -> list[slice]:
    """The stretches of two or more that are known (n,)."""
    if known.all():
        return [slice(0, len(known))] if len(known) > 1 else []
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False)).reshape(-1, 2)
    return [slice(begin, end) for begin, end in edges.tolist() if end - begin > 1]


def choose_encoder(settings: Render, size: tuple[int, int]) -> Encoder:
    """The encoder that the settings want: with `auto`, one in hardware that works here, else software."""
    found = hardware_encoder(settings.codec, settings.quality, size) if settings.encoder == "auto" else None
    found = found or software_encoder(settings.codec, settings.quality, settings.preset)
    logger.info("encoder: %s", found.name)
    return found


def render_video(
    video_file: str,
    info_file: str,
    standard_dir: str,
    times_file: str,
    raw_file: str,
    poses_file: str,
    out: str,
    preview: str,
    poster: str,
    settings: dict[str, Any],
    row: dict[str, Any],
    skeleton: list[list[str]],
) -> None:
    """Write the labelled video (MP4), a short and small part of it in which the animal moves, and its middle frame as PNG.

    The filtered poses are drawn, and with ``side_by_side`` the raw ones beside them. ``row`` holds fps, start and stop of the
    sheet. Frames keep their number: another speed is another rate.
    """
    video, wanted = open_video(video_file, info_file, standard_dir), make(Render, settings)
    info, times = video.info, frame_times(times_file, row["fps"])
    fps = row["fps"] or mean_rate(info["fps"], info["real_fps"])
    rate = fps * wanted.speed
    poses, _ = read_poses(poses_file)
    keypoints, (xy, confidence) = poses.keypoints.values.tolist(), arrays(poses)
    tracks = [(xy, confidence, "filtered" if wanted.side_by_side else "")]
    if wanted.side_by_side:
        tracks.insert(0, (*arrays(read_poses(raw_file)[0]), "raw"))

    start, stop, _ = window(video_file, info, row["start"], row["stop"])
    start, stop = chosen_span(start, stop, wanted.span, wanted.span_unit, times)
    frame = (info["width"], info["height"])
    part = window_size(wanted.follow, frame)
    trusted = confidence >= wanted.threshold
    followed = np.where(trusted[..., None], xy, np.nan)[start:stop]
    corners = window_corners(followed, part, frame, fps) if wanted.follow else np.zeros((stop - start, 2), int)
    size = (len(tracks) * part[0], part[1])
    every = max(1, round(rate / PREVIEW_RATE))
    lively = range(*liveliest(followed, trusted[start:stop], max(1, round(PREVIEW * rate))))
    fraction = -(-size[0] // PREVIEW_WIDTH)
    small = tuple(max(2, side // fraction // 2 * 2) for side in size)

    pictures = video.pictures(start, stop)
    first = next(pictures)
    bt709 = uses_bt709(first[1].colors())
    encoder = choose_encoder(wanted, size)
    painter = Painter(wanted, keypoints, skeleton, times, bt709)
    with ExitStack() as stack:
        write = stack.enter_context(frame_writer(out, size, rate, encoder, first[1].colors(), bt709))
        light = software_encoder("h264", PREVIEW_QUALITY, "ultrafast")
        write_small = stack.enter_context(frame_writer(preview, small, rate / every, light, first[1].colors(), bt709))
        for index, picture in progress(chain([first], pictures), stop - start, "frames"):
            if index == start or not encoder.copies:
                made, planes = blank(size)  # new memory costs as much as drawing
                made.colorspace = Colorspace.ITU709 if bt709 else Colorspace.ITU601
            made.pts = None
            source, corner = picture.planes(), tuple(corners[index - start].tolist())
            for number, (track, sure, caption) in enumerate(tracks):
                half = [p[:, number * p.shape[1] // len(tracks) : (number + 1) * p.shape[1] // len(tracks)] for p in planes]
                fill(half, source, corner)
                painter.draw(Canvas(half, corner), index, track, sure, caption)
            if index == (start + stop) // 2:
                middle = Picture(made).rgb().copy()
            if index - start in lively and (index - start - lively.start) % every == 0:
                write_small(smaller(planes, small))
            write(made)
    save_png(middle, poster)
