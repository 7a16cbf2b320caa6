"""Strip of all frames below the image: done, partly done or open; a click goes to a frame."""

from collections.abc import Callable, Sequence

import numpy as np
from qtpy.QtCore import QPoint, QPointF, QRect, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from posemake.labelling.progress import FrameState

OPEN, PARTLY, DONE = FrameState.OPEN, FrameState.PARTLY, FrameState.DONE
STATE_NAMES = ("open", "partly done", "done")
COLORS = {PARTLY: (224, 160, 48), DONE: (46, 160, 103)}
BAR_HEIGHT = 22  # pixels
NAMES_HEIGHT = 16  # pixels; row of the videos' names below the bars
MARKER_HEIGHT = 6  # pixels; marker of the current frame above the bars
HEIGHT_SHARE = (0.25, 0.6, 1.0)  # by state; bars differ in height so that the strip can be read without colours
MAX_NAME_WIDTH = 160  # pixels


def column_ranges(frames: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames that each pixel column of the strip stands for, at least one per column.

    Returns
    -------
    first, stop : (width,) int
        First frame of each column, and the frame after its last.
    """
    edges = np.arange(width + 1) * frames // width
    first = np.minimum(edges[:-1], frames - 1)
    return first, np.maximum(edges[1:], first + 1)


def draw_bars(states: np.ndarray, width: int, background: tuple[int, int, int]) -> np.ndarray:
    """Draw the bars of the strip.

    A column that stands for several frames is divided by the shares of their states. There are gaps between frames that
    are four pixels wide or wider.

    Parameters
    ----------
    states
        State of each frame (N,): OPEN, PARTLY or DONE.
    width
        Width of the strip in pixels.
    background
        (red, green, blue) in 0 … 255.

    Returns
    -------
    (BAR_HEIGHT, width, 3) uint8
    """
    first, stop = column_ranges(len(states), width)
    image = np.full((BAR_HEIGHT, width, 3), background, np.uint8)
    height = np.arange(BAR_HEIGHT)[::-1, None]  # 0 at the bottom
    open_color = tuple((np.array(background) * 0.72 + 127 * 0.28).astype(int))
    several = stop - first > 1  # columns that stand for several frames
    base = np.zeros(width)
    for state in (DONE, PARTLY, OPEN):
        counts = np.r_[0, np.cumsum(states == state)]
        share = (counts[stop] - counts[first]) / (stop - first)
        stacked_top = base + share * BAR_HEIGHT
        top = np.where(several, stacked_top, share * HEIGHT_SHARE[state] * BAR_HEIGHT)
        bottom = np.where(several, base, 0)
        image[(height >= bottom) & (height < top)] = COLORS.get(state, open_color)
        base = np.where(several, stacked_top, base)
    if width >= 4 * len(states):
        last_column = np.r_[np.diff(first) > 0, True]
        image[:, last_column] = background
    return image


class FrameStrip(QWidget):
    """The strip, with a marker at the current frame and the names of the videos.

    Parameters
    ----------
    videos
        Video of each frame (N).
    on_choose
        Called with a frame's index when a person clicks it or drags to it.
    describe
        Returns the tooltip of a frame, by its index.
    """

    def __init__(self, videos: Sequence[str], on_choose: Callable[[int], object], describe: Callable[[int], str]) -> None:
        super().__init__()
        self._starts = [(i, name) for i, name in enumerate(videos) if not i or videos[i - 1] != name]
        self.states = np.zeros(len(videos), np.uint8)
        self.current = 0
        self._on_choose, self._describe = on_choose, describe
        self._drawn: tuple[bytes, QImage] | None = None  # what the last bars were drawn from, and the bars
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("frames")

    def sizeHint(self) -> QSize:
        """Return the preferred size, for Qt's layout."""
        return QSize(400, MARKER_HEIGHT + BAR_HEIGHT + NAMES_HEIGHT)

    def frame_at(self, x: float) -> int:
        """Return the index of the frame at an x position in pixels."""
        return int(np.clip(x * len(self.states) // max(1, self.width()), 0, len(self.states) - 1))

    def center_x(self, index: int) -> float:
        """Return the x position in pixels of the middle of a frame's bar."""
        return (index + 0.5) * self.width() / max(1, len(self.states))

    def _bars(self, background: QColor) -> QImage:
        """Return the bars, drawn again only if states, width or background changed."""
        key = self.states.tobytes() + repr((self.width(), background.name())).encode()
        if self._drawn is None or self._drawn[0] != key:
            bars = draw_bars(self.states, self.width(), background.getRgb()[:3])
            image = QImage(bars.tobytes(), bars.shape[1], BAR_HEIGHT, 3 * bars.shape[1], QImage.Format.Format_RGB888)
            self._drawn = key, image.copy()
        return self._drawn[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars, the names of the videos and the marker, when Qt asks for it."""
        if not len(self.states) or self.width() < 2:
            return
        painter = QPainter(self)
        palette = self.palette()
        painter.drawImage(QPoint(0, MARKER_HEIGHT), self._bars(palette.window().color()))
        painter.setPen(palette.placeholderText().color())
        self._draw_names(painter, painter.fontMetrics())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.text())
        x = self.center_x(self.current)
        painter.drawPolygon(QPolygonF([QPointF(x - 5, 0), QPointF(x + 5, 0), QPointF(x, MARKER_HEIGHT)]))
        painter.drawRect(QRect(round(x) - 1, MARKER_HEIGHT, 2, BAR_HEIGHT))

    def _draw_names(self, painter: QPainter, metrics: QFontMetrics) -> None:
        """Draw each video's name below its first frame, except where the previous name leaves no room."""
        end_of_name = -1
        for i, name in self._starts:
            x = round(i * self.width() / len(self.states))
            painter.drawLine(x, MARKER_HEIGHT, x, MARKER_HEIGHT + BAR_HEIGHT + 4)
            if x > end_of_name:
                room = QRect(x + 4, MARKER_HEIGHT + BAR_HEIGHT, self.width() - x - 4, NAMES_HEIGHT)
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, min(MAX_NAME_WIDTH, room.width()))
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
                end_of_name = x + metrics.horizontalAdvance(text) + 12

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame that is clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._on_choose(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer while the button is held; otherwise show its tooltip."""
        index = self.frame_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            if index != self.current:
                self._on_choose(index)
        elif len(self.states):
            QToolTip.showText(event.globalPosition().toPoint(), self._describe(index), self)
