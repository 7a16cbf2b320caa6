"""The labelling window as a process of its own, seen through pixels of the screen and moved by X events."""

import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
from fixtures.helpers import SCRIPTS
from gui.drawn_project import MAGENTA
from PIL import ImageGrab

TIMEOUT = 60.0  # seconds; what is waited for takes a few


def wait_for(description, poll):
    """Call ``poll`` until it returns something else than None or False, and return that."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        result = poll()
        if result is not None and result is not False:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited for {description} in vain")


def xdotool(*arguments):
    """Run xdotool and return the words that it prints."""
    return subprocess.run(["xdotool", *map(str, arguments)], capture_output=True, text=True).stdout.split()


def find_patches():
    """Return centre x, y and width of each magenta patch on the screen, from left to right."""
    screen = np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("RGB")).astype(int)
    mask = (np.abs(screen - MAGENTA).max(-1) < 30).astype(np.uint8)
    count, _, stats, centers = cv2.connectedComponentsWithStats(mask)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= 30]
    return sorted((*centers[i], stats[i, cv2.CC_STAT_WIDTH]) for i in large)


def find_squares():
    """Return the centres (3, 2) of the magenta squares on the screen from left to right, or None if there are not three."""
    patches = np.array(find_patches())
    return patches[:, :2] if len(patches) == 3 else None


class LabellerProcess:
    """One process of the labelling window; ``squares`` are those of the first frame that it showed."""

    def __init__(self, project, *options):
        command = [sys.executable, "-m", "posemake.labelling.command", "--project", str(project), "--scorer", "anna", *options]
        self.process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, cwd=project)
        self.window = wait_for("the window", self._find_window)
        xdotool("windowsize", self.window, 1000, 700)
        xdotool("windowmove", self.window, 0, 0)
        xdotool("windowfocus", self.window)
        self.squares = self.wait_until_still()

    def _find_window(self):
        assert self.process.poll() is None, "the labeller ended"
        return next(iter(xdotool("search", "--onlyvisible", "--pid", self.process.pid, "--name", "posemake")), None)

    def wait_until_still(self, look=find_squares):
        """Return what ``look`` sees on the screen, once it sees the same twice."""
        last = [None]

        def poll():
            before, last[0] = last[0], look()
            time.sleep(0.3)
            return last[0] if before is not None and last[0] is not None and np.array_equal(before, last[0]) else None

        return wait_for("an unchanging image", poll)

    def nearest_pixel(self, xy):
        """Return the screen pixel whose centre is nearest to a position."""
        return np.round(xy).astype(int).tolist()

    def click(self, xy, button=1):
        """Click at a position of the screen."""
        xdotool("mousemove", *self.nearest_pixel(xy), "sleep", 0.1, "click", button)

    def drag(self, start, offset):
        """Drag from a position of the screen by some pixels."""
        start = np.array(self.nearest_pixel(start))
        xdotool("mousemove", *start, "sleep", 0.1, "mousedown", 1)
        for i in range(1, 6):
            xdotool("mousemove", *np.round(start + np.array(offset) * i / 5).astype(int), "sleep", 0.05)
        xdotool("mouseup", 1)

    def press_key(self, name):
        """Press a key, by X's name."""
        xdotool("key", name)

    def kill(self):
        """End the process at once, as ``kill -9`` does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        """Close the window as a person does."""
        if self.process.poll() is None:
            self.press_key("ctrl+q")
            try:
                self.process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
