"""Drawing of poses into a frame (T frames, K keypoints)."""

from collections.abc import Sequence

import numpy as np

from posemake.config.settings import Render
from posemake.figures.yuv_canvas import Canvas, rgb_to_yuv
from posemake.plotting.colors import keypoint_colors, parse_color

TRAIL_OPACITY = 0.6
MIN_OPACITY = 0.2  # opacity of a point with confidence 0, so that it can still be seen
TEXT_ROWS = 1000  # rows of a video in which letters have the size 1 of OpenCV's, 22 pixels
MIN_TEXT_SCALE = 0.4  # size of letters in a small video


class PosePainter:
    """Draws skeleton, trails of the last frames, keypoints and text into one frame after another.

    A keypoint is a disc where the network is sure of it. It is a ring where its confidence is below the threshold, as where the
    filter filled a gap.

    Parameters
    ----------
    settings
        What is drawn.
    keypoints
        K names.
    skeleton
        Pairs of names that are joined by lines.
    times
        Seconds of each frame (T,).
    bt709
        Whether the colours of the video are those of BT.709.
    """

    def __init__(
        self,
        settings: Render,
        keypoints: Sequence[str],
        skeleton: Sequence[Sequence[str]],
        times: np.ndarray,
        bt709: bool = False,
    ):
        self.settings, self.keypoints, self.times = settings, keypoints, times
        colors = keypoint_colors(len(keypoints), settings.colormap)
        self.colors = [rgb_to_yuv(rgb, bt709) for rgb in colors]
        self.text_colors = [rgb_to_yuv(((1 + r) / 2, (1 + g) / 2, (1 + b) / 2), bt709) for r, g, b in colors]
        self.line_color = rgb_to_yuv(parse_color(settings.skeleton_color), bt709)
        self.white = rgb_to_yuv((1, 1, 1), bt709)
        self.edges = [(keypoints.index(a), keypoints.index(b)) for a, b in skeleton]

    def draw(self, canvas: Canvas, index: int, xy: np.ndarray, confidence: np.ndarray, caption: str = "") -> None:
        """Draw the poses of one frame.

        Parameters
        ----------
        canvas
            Canvas to draw into.
        index
            Index of the frame.
        xy, confidence
            Positions (T, K, 2) in pixels, and confidences (T, K), of all frames.
        caption
            Text in the upper left corner.
        """
        settings, now = self.settings, xy[index]
        known = np.flatnonzero(np.isfinite(now).all(1)).tolist()
        if settings.trail:
            self._draw_trails(canvas, xy[max(0, index - settings.trail) : index + 1])
        bright, half = canvas.to_fixed_point(now)
        edges = [[a, b] for a, b in self.edges if a in known and b in known]
        if edges:
            canvas.draw_lines(list(bright[edges]), list(half[edges]), self.line_color)
        for k in known:
            ring = not confidence[index, k] >= settings.threshold
            if not settings.opacity:
                canvas.draw_disc(bright[k].tolist(), half[k].tolist(), settings.radius, self.colors[k], ring)
                continue
            opacity = float(np.clip(np.nan_to_num(confidence[index, k]), MIN_OPACITY, 1))
            with canvas.blended(now[k : k + 1], settings.radius + 3, opacity) as over:
                over_bright, over_half = over.to_fixed_point(now[k])
                over.draw_disc(over_bright.tolist(), over_half.tolist(), settings.radius, self.colors[k], ring)
        self._draw_texts(canvas, index, now, known if settings.names else [], caption)

    def _draw_trails(self, canvas: Canvas, past: np.ndarray) -> None:
        """Draw lines through the positions (n, K, 2) of the last frames."""
        past = np.ascontiguousarray(past.transpose(1, 0, 2))
        known = np.isfinite(past).all(-1)
        if not known.any():
            return
        with canvas.blended(past[known], 3, TRAIL_OPACITY) as over:
            bright, half = over.to_fixed_point(past)
            for k, color in enumerate(self.colors):
                runs = _known_runs(known[k])
                if runs:
                    over.draw_lines([bright[k, run] for run in runs], [half[k, run] for run in runs], color)

    def _draw_texts(self, canvas: Canvas, index: int, now: np.ndarray, named: Sequence[int], caption: str) -> None:
        """Draw the names of keypoints, the number and time of the frame, and the caption.

        Parameters
        ----------
        canvas
            Canvas to draw into.
        index
            Index of the frame.
        now
            Positions (K, 2) in the frame.
        named
            Keypoints whose names are drawn.
        caption
            Text in the upper left corner.
        """
        settings, height = self.settings, canvas.planes[0].shape[0]
        scale = max(MIN_TEXT_SCALE, height / TEXT_ROWS)
        for k in named:
            if canvas.contains(now[k]):
                at = now[k] + (settings.radius + 1, 0)
                canvas.draw_text(self.keypoints[k], at, self.text_colors[k], scale, (0, 0.5))
        stamps = [str(index)] * settings.frame_number + [f"{self.times[index]:.2f} s"] * settings.time
        if stamps:
            canvas.draw_text("  ".join(stamps), np.add(canvas.corner, (2, height - 2)), self.white, scale, (0, 1))
        if caption:
            canvas.draw_text(caption, np.add(canvas.corner, (2, 2)), self.white, scale, (0, 0))


def _known_runs(known: np.ndarray) -> list[slice]:
    """Return the runs of two or more known frames in a mask (n,)."""
    if known.all():
        return [slice(0, len(known))] if len(known) > 1 else []
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False)).reshape(-1, 2)
    return [slice(begin, end) for begin, end in edges.tolist() if end - begin > 1]
