"""A person's hand and eye on the labeller's window, inside its process: events go to Qt as the system sends them."""

import gc

import numpy as np
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from posemake.labelling.gui.theme import use_theme
from posemake.labelling.gui.window import LabelWindow
from posemake.labelling.project import colors_of, open_project

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL, SHIFT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("No", "Control", "Shift"))


class Hand:
    """Opens a window; ``canvas`` is its picture."""

    def __init__(self, project, scorer="anna", theme="dark", size=(1000, 700)):
        self.app = QApplication.instance() or QApplication(["tests"])
        use_theme(self.app, theme)
        self.session = open_project(project, scorer)
        self.window = LabelWindow(self.session, colors_of(project), theme)
        self.window.resize(*size)
        self.window.show()
        assert QTest.qWaitForWindowExposed(self.window)
        self.view, self.canvas = self.window.view, self.window.view.canvas
        self.settle()

    def settle(self, ms=50):
        """Let the window paint and its timers run."""
        QTest.qWait(ms)

    def pixel(self, xy):
        """The screen pixel, in the canvas, that shows a place of the frame."""
        camera = self.view._viewer.scene.camera
        center = np.array(camera.center[-2:])[::-1]
        place = (np.asarray(xy, float) - center) * camera.zoom + np.array([self.canvas.width(), self.canvas.height()]) / 2
        return QPoint(*np.floor(place).astype(int).tolist())

    def click(self, xy, button=LEFT, held=NONE):
        """Click at (x, y) of the frame."""
        QTest.mouseMove(self.canvas, self.pixel(xy))
        QTest.mouseClick(self.canvas, button, held, self.pixel(xy))
        self.settle(QApplication.doubleClickInterval() // 40)
        QTest.qWait(20)

    def drag(self, start, end, button=LEFT):
        """Press at a place of the frame, move in steps, and let go at another."""
        first, last = self.pixel(start), self.pixel(end)
        QTest.mouseMove(self.canvas, first)
        QTest.mousePress(self.canvas, button, NONE, first)
        for i in range(1, 6):
            QTest.mouseMove(self.canvas, first + (last - first) * (i / 5))
            self.settle(20)
        QTest.mouseRelease(self.canvas, button, NONE, last)
        self.settle()

    def key(self, key, held=NONE):
        """Press a key, by its letter or by Qt's name, with the focus on the picture."""
        QTest.keyClick(self.canvas, getattr(Qt.Key, f"Key_{key}"), held)
        self.settle(20)

    def type(self, text):
        """Type into what has the focus in the window."""
        for letter in text:
            QTest.keyClick(self.window.focusWidget(), letter)
        QTest.keyClick(self.window.focusWidget(), Qt.Key.Key_Return)
        self.settle(20)

    def written(self):
        """Wait until the label file is up to date."""
        self.settle(700)

    @property
    def near(self):
        """How far off a click may be in pixels of the frame: one pixel of the screen, of which half is the click's."""
        return 1 / self.view.zoom

    def close(self):
        """Close the window, and let Qt and OpenGL be done with it before the next one opens."""
        self.window.close()
        self.window.deleteLater()
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            self.app.processEvents()
        del self.window, self.view, self.canvas, self.session
        gc.collect()
