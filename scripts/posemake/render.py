"""The stage that draws poses into their video."""

from collections import deque
from typing import Any

import cv2
import numpy as np

from posemake.files import replacing
from posemake.log import progress
from posemake.poses import arrays, read_poses
from posemake.settings import Render, make
from posemake.style import color, keypoint_colors
from posemake.video import open_video, window
from posemake.video_writer import video_writer

SHIFT = 4  # OpenCV draws at 1/16 pixel
TRAIL_STRENGTH = 0.6


def _at(point: np.ndarray) -> tuple[int, int]:
    x, y = np.round(point * (1 << SHIFT)).astype(int)
    return int(x), int(y)


def _bytes(rgb: tuple[float, float, float]) -> tuple[int, int, int]:
    return tuple(round(255 * c) for c in rgb)


class Painter:
    """Draws one frame after another: skeleton, trails of the last frames, keypoints.

    A keypoint is a disc where the network is sure of it, and a ring where it is less sure than the threshold, as where the
    filter filled a gap.
    """

    def __init__(self, settings: Render, keypoints: list[str], skeleton: list[list[str]]):
        self.settings = settings
        self.colors = [_bytes(c) for c in keypoint_colors(len(keypoints), settings.colormap)]
        self.line = _bytes(color(settings.skeleton_color))
        self.edges = [(keypoints.index(a), keypoints.index(b)) for a, b in skeleton]
        self.past: deque[np.ndarray] = deque(maxlen=max(1, settings.trail + 1))

    def draw(self, image: np.ndarray, xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        """Draw positions (K, 2) and confidences (K,) into an RGB image, which is changed and returned."""
        s = self.settings
        self.past.append(xy)
        there = np.isfinite(xy).all(1)
        if s.trail and len(self.past) > 1:
            over = image.copy()
            for before, after in zip(self.past, list(self.past)[1:]):
                for k in np.flatnonzero(np.isfinite(before + after).all(1)):
                    cv2.line(over, _at(before[k]), _at(after[k]), self.colors[k], 1, cv2.LINE_AA, SHIFT)
            cv2.addWeighted(over, TRAIL_STRENGTH, image, 1 - TRAIL_STRENGTH, 0, dst=image)
        for a, b in self.edges:
            if there[a] and there[b]:
                cv2.line(image, _at(xy[a]), _at(xy[b]), self.line, 1, cv2.LINE_AA, SHIFT)
        for k in np.flatnonzero(there):
            thickness = -1 if confidence[k] >= s.threshold else 1
            cv2.circle(image, _at(xy[k]), s.radius << SHIFT, self.colors[k], thickness, cv2.LINE_AA, SHIFT)
        return image


def render_video(
    video_file: str,
    info_file: str,
    standard_dir: str,
    poses_file: str,
    out: str,
    poster: str,
    settings: dict[str, Any],
    row: dict[str, Any],
    skeleton: list[list[str]],
) -> None:
    """Write the labelled video (MP4 that browsers play) and one frame of it as PNG, that of its middle.

    ``row`` holds fps, start and stop of the sheet."""
    video = open_video(video_file, info_file, standard_dir)
    info = video.info
    fps = row["fps"] or info["fps"]
    poses, _ = read_poses(poses_file)
    xy, confidence = arrays(poses)
    painter = Painter(make(Render, settings), poses.keypoints.values.tolist(), skeleton)
    start, stop, _ = window(video_file, info, row["start"], row["stop"])
    frames = progress(video.frames(start, stop), stop - start, "frames")
    with video_writer(out, (info["width"], info["height"]), fps, settings["quality"]) as write:
        for index, image in frames:
            drawn = painter.draw(image, xy[index], confidence[index])
            write(drawn)
            if index == (start + stop) // 2:
                middle = drawn
    with replacing(poster) as part:
        cv2.imwrite(str(part), cv2.cvtColor(middle, cv2.COLOR_RGB2BGR))
