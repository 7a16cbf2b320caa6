"""A person before the screen: the labeller as a process of its own, seen by its picture on the screen, moved by X events."""

import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
from fixtures.helpers import SCRIPTS
from gui.scene import MAGENTA
from PIL import ImageGrab

PATIENCE = 60.0  # seconds for what takes a few


def wait_for(what, found):
    """Poll until ``found()`` gives something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = found()
        if result is not None and result is not False:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited for {what} in vain")


def xdotool(*words):
    """Run xdotool and return what it says."""
    return subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True).stdout.split()


def patches():
    """Middle (x, y) and width of each magenta patch of the screen, from left to right."""
    screen = np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("RGB")).astype(int)
    found = (np.abs(screen - MAGENTA).max(-1) < 30).astype(np.uint8)
    count, _, stats, middles = cv2.connectedComponentsWithStats(found)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= 30]
    return sorted((*middles[i], stats[i, cv2.CC_STAT_WIDTH]) for i in large)


def squares():
    """Middles (3, 2) of the magenta squares on the screen from left to right, or None if there are not three."""
    found = np.array(patches())
    return found[:, :2] if len(found) == 3 else None


class Labeller:
    """One process of the labeller; ``squares`` are those of the frame that it opened on."""

    def __init__(self, project, *options):
        command = [sys.executable, "-m", "posemake.labelling.command", "--project", str(project), "--scorer", "anna", *options]
        self.process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, cwd=project)
        self.window = wait_for("the window", self._search)
        xdotool("windowsize", self.window, 1000, 700)
        xdotool("windowmove", self.window, 0, 0)
        xdotool("windowfocus", self.window)
        self.squares = self.still()

    def _search(self):
        assert self.process.poll() is None, "the labeller ended"
        return next(iter(xdotool("search", "--onlyvisible", "--pid", self.process.pid, "--name", "posemake")), None)

    def still(self, look=squares):
        """What is seen, once it stays as it is."""
        last = [None]

        def same():
            before, last[0] = last[0], look()
            time.sleep(0.3)
            return last[0] if before is not None and last[0] is not None and np.array_equal(before, last[0]) else None

        return wait_for("a picture that keeps still", same)

    def pixel(self, xy):
        """The pixel of the screen whose middle is nearest."""
        return np.round(xy).astype(int).tolist()

    def click(self, xy, button=1):
        """Click at a place of the screen."""
        xdotool("mousemove", *self.pixel(xy), "sleep", 0.1, "click", button)

    def drag(self, start, offset):
        """Drag from a place of the screen by some pixels."""
        start = np.array(self.pixel(start))
        xdotool("mousemove", *start, "sleep", 0.1, "mousedown", 1)
        for i in range(1, 6):
            xdotool("mousemove", *np.round(start + np.array(offset) * i / 5).astype(int), "sleep", 0.05)
        xdotool("mouseup", 1)

    def key(self, name):
        """Press a key, by X's name."""
        xdotool("key", name)

    def kill(self):
        """End the process at once, as ``kill -9`` does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        """Close the window as a person does."""
        if self.process.poll() is None:
            self.key("ctrl+q")
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
