"""Header of the labelling window: current frame, next action, save state and messages."""

import html
from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from posemake.labelling.gui.theme import BANNER_COLORS


class Banner(QLabel):
    """A coloured line above the image that shows a message."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self._on_link: Callable[[], None] | None = None
        self.linkActivated.connect(lambda link: self._on_link and self._on_link())
        self.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_message(self, text: str, kind: str = "note", link: str = "", on_link: Callable[[], None] | None = None) -> None:
        """Show a message.

        Parameters
        ----------
        text
            The message; an empty one hides the banner.
        kind
            A key of `BANNER_COLORS`.
        link
            Text of a link after the message, or "" for none.
        on_link
            Called when a person clicks the link.
        """
        self._on_link = on_link
        self.setStyleSheet(f"background: {BANNER_COLORS[kind]}; color: white; padding: 6px 10px")
        anchor = f" &nbsp; <a href='act' style='color: white'><b>{html.escape(link)}</b></a>" if link else ""
        self.setText(html.escape(text) + anchor)
        self.setVisible(bool(text))


class FrameField(QLineEdit):
    """Text field for the number of a frame, counted from 1, or a part of its image's name."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the field on Escape, and keep all other keys from the window."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.clearFocus()
        else:
            super().keyPressEvent(event)
        event.accept()  # otherwise Enter would reach the window, which accepts proposals


class Header(QWidget):
    """The line above the image."""

    frame_requested = Signal(str)  # number of a frame or part of its image's name
    help_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(14)
        self.position, self.prompt, self.save_state = QLabel(), QLabel(), QLabel()
        self.frame_field = FrameField()
        self.frame_field.setPlaceholderText("go to …")
        self.frame_field.setToolTip("number of a frame, or a part of its image's name (Ctrl+G)")
        self.frame_field.setFixedWidth(84)
        self.frame_field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.frame_field.returnPressed.connect(self._request_frame)
        button = QPushButton("Keys (F1)")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(self.help_requested.emit)
        self.prompt.setTextFormat(Qt.TextFormat.RichText)
        for widget, stretch in (
            (self.position, 0),
            (self.frame_field, 0),
            (self.prompt, 1),
            (self.save_state, 0),
            (button, 0),
        ):
            row.addWidget(widget, stretch)

    def _request_frame(self) -> None:
        text = self.frame_field.text().strip()
        self.frame_field.clear()
        self.frame_field.clearFocus()
        if text:
            self.frame_requested.emit(text)

    def show_position(self, index: int, total: int, image: str) -> None:
        """Show which frame is the current one.

        Parameters
        ----------
        index
            The frame's index among all frames to label, counted from 0.
        total
            Number of frames to label.
        image
            Name of the frame's image.
        """
        self.position.setText(f"<b>{index + 1}</b> of {total} &nbsp; {html.escape(image)}")

    def show_prompt(self, keypoint: str, color: Sequence[float], action: str) -> None:
        """Show what the next click does.

        Parameters
        ----------
        keypoint
            Name of the selected keypoint; "" shows the action alone.
        color
            (red, green, blue) of the keypoint in 0 … 1.
        action
            What the person may do next.
        """
        disc = ""
        if keypoint:
            disc = f"<span style='color: {QColor.fromRgbF(*color[:3]).name()}'>●</span> <b>{html.escape(keypoint)}</b>: "
        self.prompt.setText(f"{disc}{html.escape(action)}")

    def show_save_state(self, text: str, saved: bool) -> None:
        """Show whether the last change is saved; in red if it is not."""
        self.save_state.setText(text)
        self.save_state.setStyleSheet("" if saved else "color: #e05050; font-weight: bold")
