"""Mouse and key events for a labelling window in the process of the test."""

import gc

import numpy as np
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from posemake.labelling.gui.commands import Commands
from posemake.labelling.gui.theme import apply_theme
from posemake.labelling.gui.window import LabelWindow
from posemake.labelling.project import open_project, read_project

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL, SHIFT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("No", "Control", "Shift"))


class WindowDriver:
    """Opens a window and sends it the events that the system would send."""

    def __init__(self, project, scorer="anna", theme="dark", size=(1000, 700)):
        self.app = QApplication.instance() or QApplication(["tests"])
        apply_theme(self.app, theme)
        self.session = open_project(project, scorer)
        self.window = LabelWindow(self.session, read_project(project).colors, theme)
        self.commands = Commands(self.window)
        self.window.resize(*size)
        self.window.show()
        assert QTest.qWaitForWindowExposed(self.window)
        self.view, self.canvas = self.window.view, self.window.view.canvas
        self.wait()

    def wait(self, ms=50):
        """Let the window paint and its timers run."""
        QTest.qWait(ms)

    def screen_position(self, xy):
        """Return the pixel of the canvas that shows (x, y) of the frame."""
        camera = self.view._viewer.scene.camera
        center = np.array(camera.center[-2:])[::-1]
        middle = np.array([self.canvas.width(), self.canvas.height()]) / 2
        return QPoint(*np.floor((np.asarray(xy, float) - center) * camera.zoom + middle).astype(int).tolist())

    def click(self, xy, button=LEFT, modifiers=NONE):
        """Click at (x, y) of the frame."""
        QTest.mouseMove(self.canvas, self.screen_position(xy))
        QTest.mouseClick(self.canvas, button, modifiers, self.screen_position(xy))
        self.wait(QApplication.doubleClickInterval() // 40)
        QTest.qWait(20)

    def drag(self, start, end, button=LEFT):
        """Press at a position of the frame, move in steps, and release at another."""
        first, last = self.screen_position(start), self.screen_position(end)
        QTest.mouseMove(self.canvas, first)
        QTest.mousePress(self.canvas, button, NONE, first)
        for i in range(1, 6):
            QTest.mouseMove(self.canvas, first + (last - first) * (i / 5))
            self.wait(20)
        QTest.mouseRelease(self.canvas, button, NONE, last)
        self.wait()

    def press_key(self, key, modifiers=NONE):
        """Press a key, by its letter or Qt's name, with the focus on the image."""
        QTest.keyClick(self.canvas, getattr(Qt.Key, f"Key_{key}"), modifiers)
        self.wait(20)

    def type_text(self, text):
        """Type a text and Enter into the widget that has the focus."""
        for letter in text:
            QTest.keyClick(self.window.focusWidget(), letter)
        QTest.keyClick(self.window.focusWidget(), Qt.Key.Key_Return)
        self.wait(20)

    def wait_until_written(self):
        """Wait until the label file is up to date."""
        self.wait(700)

    @property
    def tolerance(self):
        """Pixels of the frame by which a click may be off: one screen pixel, as a click hits whole pixels."""
        return 1 / self.view.zoom

    def close(self):
        """Close the window, and let Qt and OpenGL finish with it before the next one opens."""
        self.window.close()
        self.window.deleteLater()
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            self.app.processEvents()
        del self.window, self.commands, self.view, self.canvas, self.session
        gc.collect()
