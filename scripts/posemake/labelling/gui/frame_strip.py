"""The strip of all frames under the labeller's picture: done, partly done, open; a click goes there."""

from collections.abc import Callable, Sequence

import numpy as np
from qtpy.QtCore import QPoint, QPointF, QRect, QSize, Qt
from qtpy.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

OPEN, PARTLY, DONE = 0, 1, 2
STATES = ("open", "partly done", "done")
COLORS = {PARTLY: (224, 160, 48), DONE: (46, 160, 103)}
HEIGHT, NAMES, MARK = 22, 16, 6  # pixels: of the bars, of the row of names under them, of the mark of the current frame above
SHARE = (0.25, 0.6, 1.0)  # of the height, by state, so that the strip reads without its colours


def columns(states: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """For each of ``width`` columns, the first frame and the frame after the last that it stands for, at least one each."""
    edges = np.arange(width + 1) * len(states) // width
    first = np.minimum(edges[:-1], len(states) - 1)
    return first, np.maximum(edges[1:], first + 1)


def bars(states: np.ndarray, width: int, ground: tuple[int, int, int]) -> np.ndarray:
    """The strip as a picture (HEIGHT, width, 3) uint8; a column that stands for several frames shows the shares of their states.

    ``states`` (N,) holds OPEN, PARTLY or DONE. Gaps between frames are left where a frame has four pixels or more.
    """
    first, end = columns(states, width)
    picture = np.full((HEIGHT, width, 3), ground, np.uint8)
    height = np.arange(HEIGHT)[::-1, None]  # 0 at the bottom
    idle = tuple((np.array(ground) * 0.72 + 127 * 0.28).astype(int))
    below = np.zeros(width)
    for state in (DONE, PARTLY, OPEN):
        counts = np.r_[0, np.cumsum(states == state)]
        share = (counts[end] - counts[first]) / (end - first)
        top = below + share * HEIGHT
        several = end - first > 1
        full = np.where(several, top, share * SHARE[state] * HEIGHT)
        bottom = np.where(several, below, 0)
        inside = (height >= bottom) & (height < full)
        picture[inside] = COLORS.get(state, idle)
        below = np.where(several, top, below)
    if width >= 4 * len(states):
        last = np.r_[np.diff(first) > 0, True]
        picture[:, last] = ground
    return picture


class Strip(QWidget):
    """Paints ``states``, a mark at the current frame, and the names of the videos; calls ``on_choose(index)`` on a click."""

    def __init__(self, videos: Sequence[str], on_choose: Callable[[int], None], tell: Callable[[int], str]) -> None:
        super().__init__()
        self._starts = [(i, name) for i, name in enumerate(videos) if not i or videos[i - 1] != name]
        self.states = np.zeros(len(videos), np.uint8)
        self.current = 0
        self._on_choose, self._tell = on_choose, tell
        self._drawn: tuple[bytes, QImage] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("frames")

    def sizeHint(self) -> QSize:
        return QSize(400, MARK + HEIGHT + NAMES)

    def at(self, x: float) -> int:
        """The frame under a column."""
        return int(np.clip(x * len(self.states) // max(1, self.width()), 0, len(self.states) - 1))

    def x_of(self, index: int) -> float:
        """The middle of a frame's column."""
        return (index + 0.5) * self.width() / max(1, len(self.states))

    def _bars(self, ground: QColor) -> QImage:
        key = self.states.tobytes() + repr((self.width(), ground.name())).encode()
        if self._drawn is None or self._drawn[0] != key:
            picture = bars(self.states, self.width(), ground.getRgb()[:3])
            image = QImage(picture.tobytes(), picture.shape[1], HEIGHT, 3 * picture.shape[1], QImage.Format.Format_RGB888)
            self._drawn = key, image.copy()
        return self._drawn[1]

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if not len(self.states) or self.width() < 2:
            return
        painter = QPainter(self)
        palette = self.palette()
        painter.drawImage(QPoint(0, MARK), self._bars(palette.window().color()))
        painter.setPen(palette.placeholderText().color())
        metrics = painter.fontMetrics()
        free = -1
        for i, name in self._starts:
            x = round(i * self.width() / len(self.states))
            painter.drawLine(x, MARK, x, MARK + HEIGHT + 4)
            if x > free:
                room = QRect(x + 4, MARK + HEIGHT, self.width() - x - 4, NAMES)
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, min(160, room.width()))
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
                free = x + metrics.horizontalAdvance(text) + 12
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.text())
        x = self.x_of(self.current)
        painter.drawPolygon(QPolygonF([QPointF(x - 5, 0), QPointF(x + 5, 0), QPointF(x, MARK)]))
        painter.drawRect(QRect(round(x) - 1, MARK, 2, HEIGHT))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._on_choose(self.at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        index = self.at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            if index != self.current:
                self._on_choose(index)
        elif len(self.states):
            QToolTip.showText(event.globalPosition().toPoint(), self._tell(index), self)
