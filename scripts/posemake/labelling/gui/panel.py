"""The labeller's panel: progress, the list of keypoints with their state, what is shown, and how bright."""

from collections.abc import Callable, Sequence

import numpy as np
from qtpy.QtCore import QPointF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from posemake.labelling.gui.image_display import Look

WIDTH = 290
NO_FOCUS = Qt.FocusPolicy.NoFocus  # the keys belong to the window
SHOWN = {"points": ("points", "H"), "names": ("names", "T"), "skeleton": ("skeleton", "K"), "others": ("others", "Shift+H")}
LOOKS = {"brightness": "brightness", "contrast": "contrast", "gamma": "gamma"}


def mark(color: Sequence[float], kind: str, size: int = 14) -> QIcon:
    """A keypoint's mark in its colour: `disc` placed, `ring` proposed, `half` occluded, `cross` absent, `dot` open."""
    pixmap = QPixmap(2 * size, 2 * size)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shade = QColor.fromRgbF(*color[:3])
    painter.setPen(QPen(shade, 2))
    middle, radius = QPointF(size / 2, size / 2), size / 2 - 2
    if kind in ("disc", "half"):
        painter.setBrush(shade)
    if kind == "disc" or kind == "ring":
        painter.drawEllipse(middle, radius, radius)
    elif kind == "half":
        painter.drawPie(2, 2, size - 4, size - 4, 0, 180 * 16)
    elif kind == "cross":
        painter.drawLine(3, 3, size - 3, size - 3)
        painter.drawLine(3, size - 3, size - 3, 3)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawEllipse(middle, 2.5, 2.5)
    painter.end()
    return QIcon(pixmap)


class Panel(QWidget):
    """Shows; what a person does here is told by signals."""

    chosen = Signal(int)  # keypoint
    switched = Signal(str, bool)  # one of SHOWN
    looked = Signal(object)  # Look
    sized = Signal(int)  # diameter of points in screen pixels
    video = Signal(str)

    def __init__(self, keypoints: Sequence[str], colors: Sequence[Sequence[float]], videos: Sequence[str]) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self._colors = colors
        self._icons: dict[tuple[int, str], QIcon] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._progress(videos))
        column.addWidget(self._list(keypoints), 1)
        column.addWidget(self._view())
        column.addWidget(self._look())

    def _progress(self, videos: Sequence[str]) -> QWidget:
        box = QGroupBox("Progress")
        rows = QGridLayout(box)
        self.videos = QComboBox()
        self.videos.setFocusPolicy(NO_FOCUS)
        self.videos.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.videos.setToolTip("go to a video's first open frame")
        for name in videos:
            self.videos.addItem(name, name)
        self.videos.activated.connect(lambda row: self.video.emit(self.videos.itemData(row)))
        self.here, self.all = QProgressBar(), QProgressBar()
        self.time = QLabel()
        self.time.setEnabled(False)
        rows.addWidget(self.videos, 0, 0, 1, 2)
        for row, (name, bar) in enumerate((("this video", self.here), ("all", self.all)), 1):
            rows.addWidget(QLabel(name), row, 0)
            rows.addWidget(bar, row, 1)
        rows.addWidget(self.time, 3, 0, 1, 2)
        self.all_row = [rows.itemAtPosition(2, i).widget() for i in (0, 1)]
        for widget in self.all_row:
            widget.setVisible(len(videos) > 1)
        return box

    def _list(self, keypoints: Sequence[str]) -> QWidget:
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(NO_FOCUS)
        self.list.setAccessibleName("keypoints")
        self.list.setStyleSheet("QTreeView { selection-background-color: palette(mid); selection-color: palette(text) }")
        for i, name in enumerate(keypoints):
            item = QTreeWidgetItem(self.list, [f"{(i + 1) % 10}" if i < 10 else "", name, ""])
            item.setTextAlignment(0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(1, name)
            item.setSizeHint(0, QSize(24, 24))
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        for i, mode in enumerate(("Fixed", "Stretch", "ResizeToContents")):
            header.setSectionResizeMode(i, getattr(QHeaderView.ResizeMode, mode))
        header.resizeSection(0, 24)
        self.list.itemClicked.connect(lambda item: self.chosen.emit(self.list.indexOfTopLevelItem(item)))
        return self.list

    def _view(self) -> QWidget:
        box = QGroupBox("Show")
        rows = QGridLayout(box)
        self.switches: dict[str, QCheckBox] = {}
        for i, (name, (text, key)) in enumerate(SHOWN.items()):
            switch = self.switches[name] = QCheckBox(f"{text} ({key})")
            switch.setFocusPolicy(NO_FOCUS)
            switch.setChecked(name != "names")
            switch.toggled.connect(lambda on, name=name: self.switched.emit(name, on))
            rows.addWidget(switch, i // 2, i % 2)
        self.point_size = self._slider(4, 24, 10)
        self.point_size.valueChanged.connect(self.sized.emit)
        rows.addWidget(QLabel("size of points"), 2, 0)
        rows.addWidget(self.point_size, 2, 1)
        return box

    def _look(self) -> QWidget:
        box = QGroupBox("Picture (for the eye only)")
        rows = QGridLayout(box)
        self.looks: dict[str, QSlider] = {}
        for row, (name, text) in enumerate(LOOKS.items()):
            slider = self.looks[name] = self._slider(-100, 100, 0)
            slider.valueChanged.connect(self._tell_look)
            rows.addWidget(QLabel(text), row, 0)
            rows.addWidget(slider, row, 1)
        reset = QPushButton("as it is")
        reset.setFocusPolicy(NO_FOCUS)
        reset.clicked.connect(lambda: [slider.setValue(0) for slider in self.looks.values()])
        rows.addWidget(reset, len(LOOKS), 1)
        return box

    @staticmethod
    def _slider(low: int, high: int, value: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setValue(value)
        slider.setFocusPolicy(NO_FOCUS)
        return slider

    def _tell_look(self) -> None:
        self.looked.emit(Look(**{name: slider.value() / 100 for name, slider in self.looks.items()}))

    def show_keypoints(
        self, decisions: Sequence[str | None], proposals: np.ndarray, confidence: np.ndarray | None, chosen: int
    ) -> None:
        """Bring the list to the current frame; ``proposals`` (K, 2) with NaN, ``confidence`` (K,) of them or None."""
        kinds = {"placed": "disc", "accepted": "disc", "occluded": "half", "absent": "cross"}
        for i, decision in enumerate(decisions):
            proposed = not np.isnan(proposals[i, 0])
            kind = kinds.get(decision, "ring" if proposed else "dot")
            sure = f" {confidence[i]:.2f}" if confidence is not None and np.isfinite(confidence[i]) else ""
            text = decision or (f"proposed{sure}" if proposed else "–")
            item = self.list.topLevelItem(i)
            if (i, kind) not in self._icons:
                self._icons[i, kind] = mark(self._colors[i], kind)
            item.setIcon(1, self._icons[i, kind])
            item.setText(2, text)
            item.setForeground(2, self.palette().text() if decision else self.palette().placeholderText())
        if self.list.currentItem() is not self.list.topLevelItem(chosen):
            self.list.setCurrentItem(self.list.topLevelItem(chosen))

    def show_progress(
        self, video: str, here: tuple[int, int], everywhere: tuple[int, int], seconds: float | None, counts: Callable[[str], str]
    ) -> None:
        """Frames done and in all, of this video and of all; median seconds per frame; ``counts`` words a video's entry."""
        for bar, (done, total) in ((self.here, here), (self.all, everywhere)):
            bar.setRange(0, max(1, total))
            bar.setValue(done)
            bar.setFormat(f"{done} of {total}")
        for row in range(self.videos.count()):
            name = self.videos.itemData(row)
            text = f"{name}  ({counts(name)})"
            if self.videos.itemText(row) != text:
                self.videos.setItemText(row, text)
        self.videos.setCurrentIndex(self.videos.findData(video))
        rest = everywhere[1] - everywhere[0]
        if seconds:
            left = f", about {seconds * rest / 60:.0f} min to go" if rest else ""
            self.time.setText(f"{seconds:.1f} s per frame{left}")
        else:
            self.time.setText(f"{rest} to go" if rest else "all done")
