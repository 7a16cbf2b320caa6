"""Side panel of the labelling window: progress, list of keypoints, what is shown, and display settings."""

from collections.abc import Mapping, Sequence

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

from posemake.core.plural import count_noun
from posemake.labelling.gui.image_display import DisplaySettings

WIDTH = 290  # pixels
NO_FOCUS = Qt.FocusPolicy.NoFocus  # keys go to the window, never to a part of the panel
SWITCHES = {"points": "H", "names": "T", "skeleton": "K", "others": "Shift+H"}  # what can be shown or hidden: key
SLIDERS = ("brightness", "contrast", "gamma")
DECISION_ICONS = {"placed": "disc", "accepted": "disc", "occluded": "half", "absent": "cross"}


def keypoint_icon(color: Sequence[float], shape: str, size: int = 14) -> QIcon:
    """Draw the icon of a keypoint in the list.

    Parameters
    ----------
    color
        (red, green, blue) in 0 … 1.
    shape
        `disc` (placed), `ring` (proposed), `half` (occluded), `cross` (absent) or `dot` (no decision).
    size
        Width and height in pixels.
    """
    pixmap = QPixmap(2 * size, 2 * size)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor.fromRgbF(*color[:3])
    painter.setPen(QPen(ink, 2))
    center, radius = QPointF(size / 2, size / 2), size / 2 - 2
    if shape in ("disc", "half"):
        painter.setBrush(ink)
    if shape in ("disc", "ring"):
        painter.drawEllipse(center, radius, radius)
    elif shape == "half":
        painter.drawPie(2, 2, size - 4, size - 4, 0, 180 * 16)
    elif shape == "cross":
        painter.drawLine(3, 3, size - 3, size - 3)
        painter.drawLine(3, size - 3, size - 3, 3)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(center, 2.5, 2.5)
    painter.end()
    return QIcon(pixmap)


class Panel(QWidget):
    """The panel; its signals report what a person does here.

    Parameters
    ----------
    keypoints
        Names of the keypoints (K).
    colors
        (red, green, blue) in 0 … 1 of each keypoint.
    videos
        Names of the videos, in the order of their frames.
    """

    keypoint_chosen = Signal(int)  # index of the keypoint
    shown_changed = Signal(str, bool)  # a key of SWITCHES, whether it is shown
    display_changed = Signal(object)  # DisplaySettings
    point_size_changed = Signal(int)  # diameter of points in screen pixels
    video_chosen = Signal(str)  # name of the video

    def __init__(self, keypoints: Sequence[str], colors: Sequence[Sequence[float]], videos: Sequence[str]) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self._colors = colors
        self._icons: dict[tuple[int, str], QIcon] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._make_progress(videos))
        column.addWidget(self._make_list(keypoints), 1)
        column.addWidget(self._make_switches())
        column.addWidget(self._make_display_sliders())

    def _make_progress(self, videos: Sequence[str]) -> QWidget:
        box = QGroupBox("Progress")
        rows = QGridLayout(box)
        self.videos = QComboBox()
        self.videos.setFocusPolicy(NO_FOCUS)
        self.videos.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.videos.setToolTip("go to the first frame of a video that is not done")
        for name in videos:
            self.videos.addItem(name, name)
        self.videos.activated.connect(lambda row: self.video_chosen.emit(self.videos.itemData(row)))
        self.video_bar, self.total_bar = QProgressBar(), QProgressBar()
        self.time = QLabel()
        self.time.setEnabled(False)
        rows.addWidget(self.videos, 0, 0, 1, 2)
        for row, (name, bar) in enumerate((("this video", self.video_bar), ("all videos", self.total_bar)), 1):
            rows.addWidget(QLabel(name), row, 0)
            rows.addWidget(bar, row, 1)
        rows.addWidget(self.time, 3, 0, 1, 2)
        for column in (0, 1):
            rows.itemAtPosition(2, column).widget().setVisible(len(videos) > 1)
        return box

    def _make_list(self, keypoints: Sequence[str]) -> QWidget:
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
        self.list.itemClicked.connect(lambda item: self.keypoint_chosen.emit(self.list.indexOfTopLevelItem(item)))
        return self.list

    def _make_switches(self) -> QWidget:
        box = QGroupBox("Show")
        rows = QGridLayout(box)
        self.switches: dict[str, QCheckBox] = {}
        for i, (name, key) in enumerate(SWITCHES.items()):
            switch = self.switches[name] = QCheckBox(f"{name} ({key})")
            switch.setFocusPolicy(NO_FOCUS)
            switch.setChecked(name != "names")
            switch.toggled.connect(lambda on, name=name: self.shown_changed.emit(name, on))
            rows.addWidget(switch, i // 2, i % 2)
        self.point_size = self._make_slider(4, 24, 10)
        self.point_size.valueChanged.connect(self.point_size_changed.emit)
        rows.addWidget(QLabel("size of points"), 2, 0)
        rows.addWidget(self.point_size, 2, 1)
        return box

    def _make_display_sliders(self) -> QWidget:
        box = QGroupBox("Image (display only)")
        rows = QGridLayout(box)
        self.sliders: dict[str, QSlider] = {}
        for row, name in enumerate(SLIDERS):
            slider = self.sliders[name] = self._make_slider(-100, 100, 0)
            slider.valueChanged.connect(self._emit_display)
            rows.addWidget(QLabel(name), row, 0)
            rows.addWidget(slider, row, 1)
        reset = QPushButton("reset")
        reset.setFocusPolicy(NO_FOCUS)
        reset.clicked.connect(lambda: [slider.setValue(0) for slider in self.sliders.values()])
        rows.addWidget(reset, len(SLIDERS), 1)
        return box

    @staticmethod
    def _make_slider(low: int, high: int, value: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setValue(value)
        slider.setFocusPolicy(NO_FOCUS)
        return slider

    def _emit_display(self) -> None:
        values = {name: slider.value() / 100 for name, slider in self.sliders.items()}
        self.display_changed.emit(DisplaySettings(**values))

    def show_keypoints(self, decisions: Sequence[str], proposals: np.ndarray, confidence: np.ndarray, selected: int) -> None:
        """Show the state of each keypoint in the current frame.

        Parameters
        ----------
        decisions
            Decision on each keypoint (K) in a word, empty where there is none.
        proposals
            Proposed positions (K, 2), NaN where there is none.
        confidence
            Confidence of the proposals (K,), NaN where it is unknown.
        selected
            Index of the selected keypoint.
        """
        for i, decision in enumerate(decisions):
            item = self.list.topLevelItem(i)
            if decision:
                shape, text = DECISION_ICONS[decision], decision
            elif not np.isnan(proposals[i, 0]):
                shape, text = "ring", "proposed" + (f" {confidence[i]:.2f}" if np.isfinite(confidence[i]) else "")
            else:
                shape, text = "dot", "–"
            if (i, shape) not in self._icons:
                self._icons[i, shape] = keypoint_icon(self._colors[i], shape)
            item.setIcon(1, self._icons[i, shape])
            item.setText(2, text)
            item.setForeground(2, self.palette().text() if decision else self.palette().placeholderText())
        if self.list.currentItem() is not self.list.topLevelItem(selected):
            self.list.setCurrentItem(self.list.topLevelItem(selected))

    def show_progress(self, video: str, counts: Mapping[str, tuple[int, int]], seconds: float | None) -> None:
        """Show how many frames are done.

        Parameters
        ----------
        video
            The current video.
        counts
            (frames that are done, all frames) of each video.
        seconds
            Mean seconds spent on a frame that is done, or None if unknown.
        """
        done, total = (sum(numbers) for numbers in zip(*counts.values()))
        for bar, (done_here, total_here) in ((self.video_bar, counts[video]), (self.total_bar, (done, total))):
            bar.setRange(0, max(1, total_here))
            bar.setValue(done_here)
            bar.setFormat(f"{done_here} of {total_here}")
        for row in range(self.videos.count()):
            name = self.videos.itemData(row)
            text = "{}  ({} of {})".format(name, *counts[name])
            if self.videos.itemText(row) != text:
                self.videos.setItemText(row, text)
        self.videos.setCurrentIndex(self.videos.findData(video))
        remaining = total - done
        if seconds:
            estimate = f", about {seconds * remaining / 60:.0f} min to go" if remaining else ""
            self.time.setText(f"{seconds:.1f} s per frame{estimate}")
        else:
            self.time.setText(f"{count_noun(remaining, 'frame')} to go" if remaining else "all done")
