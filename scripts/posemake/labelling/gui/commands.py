"""Commands of the labelling window, run by keys wherever the focus is."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QApplication, QLineEdit, QWidget

from posemake.data.visibility import Visibility
from posemake.labelling.gui.dialogs import HelpDialog, HistoryDialog
from posemake.labelling.gui.panel import SWITCHES
from posemake.labelling.gui.shortcuts import BY_KEY
from posemake.labelling.gui.window import LabelWindow

ZOOM_STEP = 1.25  # factor of one step


def key_name(event: QKeyEvent) -> str:
    """Return Qt's name of the pressed key, with modifiers, as in `shortcuts.BY_KEY`.

    Shift is left out where it only produces the character, as for `?`.
    """
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key(event.key())
    text = event.text()
    if text and text.isprintable() and not text.isalnum() and text != " ":
        held &= ~Qt.KeyboardModifier.ShiftModifier
    return QKeySequence(key.value | held.value).toString(QKeySequence.SequenceFormat.PortableText)


class Commands(QObject):
    """The commands of `shortcuts.COMMANDS` on a window, until it is closed."""

    def __init__(self, window: LabelWindow) -> None:
        super().__init__(window)
        self._window = window
        self.help_dialog: HelpDialog | None = None
        session, navigator, view = window.session, window.navigator, window.view
        # these may fail with a message to the person, so the window runs them
        self.session_commands: dict[str, Callable[[], object]] = {
            "occluded": lambda: session.mark(navigator.keypoint, Visibility.OCCLUDED),
            "absent": lambda: session.mark(navigator.keypoint, Visibility.ABSENT),
            "all_absent": session.mark_rest,
            "delete": self._delete,
            "undo": self._undo,
            "redo": self._redo,
            "accept_all": session.accept_all,
            "copy": session.propose_previous,
            "flow": session.propose_flow,
            "withdraw": session.withdraw,
            "next": navigator.next,
            "previous": navigator.previous,
            "next_open": lambda: self._go_to_open(navigator.next_open),
            "previous_open": lambda: self._go_to_open(navigator.previous_open),
            "first": navigator.first,
            "last": navigator.last,
        }
        self.window_commands: dict[str, Callable[[], object]] = {
            "next_keypoint": lambda: window.select(navigator.keypoint + 1),
            "previous_keypoint": lambda: window.select(navigator.keypoint - 1),
            "jump": self._focus_frame_field,
            "zoom": self._zoom_to_animal,
            "follow": self._toggle_follow,
            "fit": view.fit,
            "closer": lambda: view.zoom_by(ZOOM_STEP),
            "farther": lambda: view.zoom_by(1 / ZOOM_STEP),
            "save": self._save,
            "history": self._show_history,
            "help": self._toggle_help,
            "quit": window.close,
        }
        window.header.help_requested.connect(self._toggle_help)
        window.closed.connect(self._close)
        QApplication.instance().installEventFilter(self)

    def _close(self) -> None:
        QApplication.instance().removeEventFilter(self)
        if self.help_dialog:
            self.help_dialog.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take all keys pressed in the window before napari or a button does; text fields keep theirs."""
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) or not isinstance(watched, QWidget):
            return False
        if watched.window() is not self._window or isinstance(watched, QLineEdit):
            return False
        if kind == QEvent.Type.KeyPress:
            self.press(key_name(event), event.isAutoRepeat())
        event.accept()
        return True

    def press(self, key: str, held: bool = False) -> None:
        """Run the command of a key; ``held`` if the event repeats because the key is still down."""
        command = BY_KEY.get(key)
        if command is None or (held and not command.repeats):
            return
        if command.name == "keypoint":
            index = "1234567890".index(key)
            if index < len(self._window.session.keypoints):
                self._window.select(index)
        else:
            self.run(command.name)

    def run(self, name: str) -> None:
        """Run a command by its name."""
        if name in SWITCHES:
            self._window.panel.switches[name].toggle()
        elif name in self.session_commands:
            self._window.run_action(self.session_commands[name])
        else:
            self.window_commands[name]()

    def _undo(self) -> None:
        if not self._window.session.undo():
            self._window.show_note("There is nothing to undo.")

    def _redo(self) -> None:
        if not self._window.session.redo():
            self._window.show_note("There is nothing to redo.")

    def _delete(self) -> None:
        session, hovered = self._window.session, self._window.view.hovered
        labelled = hovered >= 0 and session.labels.decided[hovered]
        session.clear(hovered if labelled else session.navigator.keypoint)

    def _go_to_open(self, go: Callable[[], None]) -> None:
        before = self._window.navigator.frame
        go()
        if self._window.navigator.frame == before:
            self._window.show_note("There is no other open frame.")

    def _focus_frame_field(self) -> None:
        self._window.header.frame_field.setFocus()
        self._window.header.frame_field.selectAll()

    def _zoom_to_animal(self) -> None:
        if not self._window.view.zoom_to_points():
            self._window.show_note("There are no points to zoom to yet.")

    def _toggle_follow(self) -> None:
        self._window.follow_animal = follow = not self._window.follow_animal
        self._window.show_note("The view follows the animal." if follow else "The view no longer follows the animal.")
        if follow:
            self._window.view.zoom_to_points()

    def _save(self) -> None:
        self._window.write()
        self._window.show_note("Each change is saved at once; there is nothing to do.")

    def _show_history(self) -> None:
        session = self._window.session
        dialog = HistoryDialog(self._window, session.history(), session.store.read_only)
        if dialog.exec() and dialog.selected_number is not None:
            self._window.run_action(session.restore, dialog.selected_number)

    def _toggle_help(self) -> None:
        self.help_dialog = self.help_dialog or HelpDialog(self._window)
        self.help_dialog.setVisible(not self.help_dialog.isVisible())
