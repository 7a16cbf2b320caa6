"""What each key of the labeller does, and how keys reach it from wherever the focus is."""

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QApplication, QLineEdit, QWidget

from posemake.labelling.gui.dialogs import Help, History
from posemake.labelling.gui.panel import SHOWN
from posemake.labelling.gui.shortcuts import BY_KEY

CLOSER = 1.25


def key_name(event: QKeyEvent) -> str:
    """The key of an event as the table of keys names it; Shift is left out where it only makes the sign, as in `?`."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key(event.key())
    if event.text() and event.text().isprintable() and not event.text().isalnum() and event.text() != " ":
        held &= ~Qt.KeyboardModifier.ShiftModifier
    return QKeySequence(key.value | held.value).toString(QKeySequence.SequenceFormat.PortableText)


class Commands(QObject):
    """Runs the commands of ``label_keys`` on a ``label_window.LabelWindow``."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._help: Help | None = None
        self.follow = False  # zoom to the animal on every frame
        session, view = window.session, window.view
        self._change: dict[str, Callable[[], object]] = {
            "occluded": lambda: session.mark(session.keypoint, "occluded"),
            "absent": lambda: session.mark(session.keypoint, "absent"),
            "all_absent": session.mark_rest,
            "delete": self._delete,
            "undo": lambda: session.undo() or window.tell("There is nothing to undo."),
            "redo": lambda: session.redo() or window.tell("There is nothing to redo."),
            "accept_all": session.accept_all,
            "copy": session.propose_previous,
            "flow": session.propose_flow,
            "withdraw": session.withdraw,
            "next": session.next,
            "previous": session.previous,
            "next_open": lambda: self._to_open(session.next_open),
            "previous_open": lambda: self._to_open(session.previous_open),
            "first": session.first,
            "last": session.last,
        }
        self._other: dict[str, Callable[[], object]] = {
            "next_keypoint": lambda: window.choose(session.keypoint + 1),
            "previous_keypoint": lambda: window.choose(session.keypoint - 1),
            "jump": self._jump,
            "zoom": self._zoom,
            "follow": self._follow,
            "fit": view.fit,
            "closer": lambda: view.zoom_by(CLOSER),
            "farther": lambda: view.zoom_by(1 / CLOSER),
            "save": self._save,
            "history": self._history,
            "help": self._show_help,
            "quit": window.close,
        }
        QApplication.instance().installEventFilter(self)

    def close(self) -> None:
        """Let go of the keys."""
        QApplication.instance().removeEventFilter(self)
        if self._help:
            self._help.close()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take the keys that reach a part of the window, before napari or a button does; a field keeps its own."""
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) or not isinstance(watched, QWidget):
            return False
        if watched.window() is not self._window or isinstance(watched, QLineEdit):
            return False
        if kind == QEvent.Type.KeyPress:
            self.press(key_name(event), event.isAutoRepeat())
        event.accept()
        return True

    def press(self, key: str, again: bool = False) -> None:
        """Run the command of a key; ``again`` if it is held."""
        command = BY_KEY.get(key)
        if command is None or (again and not command.repeats):
            return
        if command.name == "keypoint":
            k = "1234567890".index(key)
            if k < len(self._window.session.keypoints):
                self._window.choose(k)
        else:
            self.run(command.name)

    def run(self, name: str) -> None:
        """Run a command of the table, by its name."""
        if name in SHOWN:
            self._window.panel.switches[name].toggle()
        elif name in self._change:
            self._window.do(self._change[name])
        else:
            self._other[name]()

    def _delete(self) -> None:
        session, near = self._window.session, self._window.view.hovered
        decided = near >= 0 and session.decisions[near] is not None
        session.clear(near if decided else session.keypoint)

    def _to_open(self, go: Callable[[], None]) -> None:
        before = self._window.session.frame
        go()
        if self._window.session.frame == before:
            self._window.tell("There is no other open frame.")

    def _jump(self) -> None:
        self._window.header.jump.setFocus()
        self._window.header.jump.selectAll()

    def _zoom(self) -> None:
        if not self._window.view.zoom_to_points():
            self._window.tell("No points yet to zoom to.")

    def _follow(self) -> None:
        self.follow = not self.follow
        self._window.tell("The picture follows the animal." if self.follow else "The picture stays where it is.")
        if self.follow:
            self._window.view.zoom_to_points()

    def _save(self) -> None:
        self._window.write()
        self._window.tell("Each change is saved at once; there is nothing to do.")

    def _history(self) -> None:
        session = self._window.session
        dialog = History(self._window, session.history(), session.read_only)
        if dialog.exec() and dialog.number is not None:
            self._window.do(session.restore, dialog.number)

    def _show_help(self) -> None:
        self._help = self._help or Help(self._window)
        self._help.setVisible(not self._help.isVisible())
