"""The line over the labeller's picture: where one is, what a click does, whether all is saved; and what is not as usual."""

import html
from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from posemake.labelling.gui.theme import BANNERS


class Banner(QLabel):
    """A line over the picture that says what is not as usual."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self._act: Callable[[], None] | None = None
        self.linkActivated.connect(lambda link: self._act and self._act())
        self.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def say(self, text: str, kind: str = "note", action: str = "", act: Callable[[], None] | None = None) -> None:
        """Show a sentence, of one of the kinds of BANNERS, with a link ``action`` that calls ``act``; an empty one hides it."""
        self._act = act
        self.setStyleSheet(f"background: {BANNERS[kind]}; color: white; padding: 6px 10px")
        link = f" &nbsp; <a href='act' style='color: white'><b>{html.escape(action)}</b></a>" if action else ""
        self.setText(html.escape(text) + link)
        self.setVisible(bool(text))


class Jump(QLineEdit):
    """The field for a frame: its place in the row, counted from 1, or a part of its image's name."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.clearFocus()
        else:
            super().keyPressEvent(event)
        event.accept()  # else Enter would go on to the window, and accept proposals


class Header(QWidget):
    """Shows; ``jumped`` and ``helped`` tell what a person does here."""

    jumped = Signal(str)
    helped = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(14)
        self.place, self.prompt, self.saved = QLabel(), QLabel(), QLabel()
        self.jump = Jump()
        self.jump.setPlaceholderText("go to …")
        self.jump.setToolTip("a frame's place in the row, or a part of its image's name (Ctrl+G)")
        self.jump.setFixedWidth(84)
        self.jump.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.jump.returnPressed.connect(self._jump)
        button = QPushButton("Keys (F1)")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(self.helped.emit)
        self.prompt.setTextFormat(Qt.TextFormat.RichText)
        for widget, stretch in ((self.place, 0), (self.jump, 0), (self.prompt, 1), (self.saved, 0), (button, 0)):
            row.addWidget(widget, stretch)

    def _jump(self) -> None:
        text = self.jump.text().strip()
        self.jump.clear()
        self.jump.clearFocus()
        if text:
            self.jumped.emit(text)

    def show_place(self, index: int, total: int, image: str) -> None:
        """Where one is, counted from 1."""
        self.place.setText(f"<b>{index + 1}</b> of {total} &nbsp; {html.escape(image)}")

    def show_prompt(self, name: str, color: Sequence[float], what: str) -> None:
        """What the next click does with the chosen keypoint; without a name only ``what``."""
        disc = f"<span style='color: {QColor.fromRgbF(*color[:3]).name()}'>●</span> <b>{html.escape(name)}</b>: " if name else ""
        self.prompt.setText(f"{disc}{html.escape(what)}")

    def show_saved(self, text: str, good: bool) -> None:
        """Whether the last change is on the disk."""
        self.saved.setText(text)
        self.saved.setStyleSheet("" if good else "color: #e05050; font-weight: bold")
