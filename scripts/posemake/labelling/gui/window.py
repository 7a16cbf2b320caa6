"""The labeller's window: picture, panel and strip about one session, and what the mouse does there."""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QCloseEvent, QResizeEvent
from qtpy.QtWidgets import QGridLayout, QMainWindow, QWidget

from posemake.core.errors import PosemakeError
from posemake.labelling.gui.commands import Commands
from posemake.labelling.gui.frame_strip import DONE, OPEN, PARTLY, STATES, Strip
from posemake.labelling.gui.header import Banner, Header
from posemake.labelling.gui.image_view import View
from posemake.labelling.gui.panel import Panel
from posemake.labelling.gui.theme import GROUNDS
from posemake.labelling.session import Session
from posemake.labelling.store.store import ChangedOnDisk

WRITE_AFTER = 500  # ms without a change, until the label file is brought up to date; the change itself is safe at once
RETRY_AFTER = 10000  # ms, where that failed
NOTE_FOR = 6000  # ms that a remark stays
CODES = {"open": OPEN, "partly": PARTLY, "done": DONE}


class LabelWindow(QMainWindow):
    """A person's window on a session.

    Parameters
    ----------
    colors
        (red, green, blue) in 0 … 1 of each keypoint.
    theme
        `dark` or `light`.
    """

    def __init__(self, session: Session, colors: Sequence[Sequence[float]], theme: str) -> None:
        super().__init__()
        self.session = session
        self._colors = colors
        self._chosen_by_hand = False  # a decided keypoint is placed anew only where a person chose it
        self._changed_outside = ""  # the sentence, while a change was refused
        self._shown, self._ready = session.frame, False
        self._entered = False
        keypoints = list(session.keypoints)
        edges = [(keypoints.index(a), keypoints.index(b)) for a, b in session.skeleton]
        self._keys = [item.key for item in session.items]
        self.view = View(keypoints, colors, edges)
        self.view.set_ground(GROUNDS[theme])
        self.header, self.banner, self.note = Header(), Banner(), Banner()
        self.panel = Panel(keypoints, colors, [video for _, video in dict.fromkeys(self._keys)])
        self.strip = Strip([item.video for item in session.items], lambda i: self.do(session.go_to, i), self._tell_frame)
        self.strip.states[:] = [CODES[session.state(i)] for i in range(len(session.items))]
        self.commands = Commands(self)
        self._arrange()
        self._connect()
        self._writing, self._noting = QTimer(self), QTimer(self)
        for timer, wait, call in ((self._writing, WRITE_AFTER, self.write), (self._noting, NOTE_FOR, self.note.hide)):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(call)
        session.on_change(self.refresh)
        self.setWindowTitle(f"posemake: labels of {session.store.scorer}")
        self.resize(1280, 800)
        self.refresh()

    def _arrange(self) -> None:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 6)
        grid.setSpacing(0)
        for row, widget in enumerate((self.header, self.banner, self.note, self.view.widget)):
            grid.addWidget(widget, row, 0)
        grid.setRowStretch(3, 1)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.panel, 0, 1, 4, 1)
        grid.addWidget(self.strip, 4, 0, 1, 2)
        self.setCentralWidget(body)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _connect(self) -> None:
        self.view.clicked.connect(self._click)
        self.view.right_clicked.connect(lambda near: self.do(self.session.mark, self._target(near), "occluded"))
        self.view.moved.connect(lambda k, x, y: self.do(self.session.move, k, (x, y)))
        self.panel.chosen.connect(self.choose)
        self.panel.video.connect(self._go_to_video)
        self.panel.looked.connect(self.view.set_look)
        self.panel.sized.connect(self.view.set_point_size)
        self.panel.switched.connect(self.view.switch)
        self.header.jumped.connect(self._jump)
        self.header.helped.connect(lambda: self.commands.run("help"))

    # --- what a person does

    def do(self, action: Callable[..., Any], *arguments: Any) -> bool:
        """Call something that may change labels; what goes wrong is told in the window, and False returned."""
        try:
            action(*arguments)
        except ChangedOnDisk as error:
            self._changed_outside = str(error)
        except PosemakeError as error:
            self.tell(str(error), "warn")
        else:
            return True
        self.refresh()  # a point that was dragged goes back
        return False

    def _target(self, near: int) -> int:
        return near if near >= 0 else self.session.keypoint

    def choose(self, keypoint: int) -> None:
        """Make a keypoint the one that the next click places, also if it is placed already."""
        self._chosen_by_hand = True
        self.session.choose(keypoint)

    def _click(self, x: float, y: float, near: int, anyway: bool) -> None:
        session = self.session
        if near >= 0 and not anyway:
            if np.isnan(session.xy[near, 0]):
                self.do(session.accept, near)
            else:
                self.choose(near)
        elif not self.view.inside(np.array([x, y])):
            self.tell("That is outside the frame.")
        elif session.decisions[session.keypoint] is not None and not (self._chosen_by_hand or anyway):
            self.tell("The frame is done. Drag a point to move it; to place one anew, choose it first.")
        else:
            self._chosen_by_hand = False
            self.do(session.place, (x, y))

    def _jump(self, text: str) -> None:
        index = self.find(text)
        if index is None:
            self.tell(f"There is no frame {text!r}: give a number from 1 to {len(self._keys)}, or a part of an image's name.")
        else:
            self.do(self.session.go_to, index)
        self.view.canvas.setFocus()

    def find(self, text: str) -> int | None:
        """The frame of a number, counted from 1, or the next one whose image's name has the text; None if there is none."""
        count = len(self.session.items)
        if text.isdecimal() and 1 <= int(text) <= count:
            return int(text) - 1
        around = ((self.session.frame + 1 + i) % count for i in range(count))
        return next((i for i in around if text in self.session.items[i].image), None)

    def _go_to_video(self, video: str) -> None:
        there = np.flatnonzero([key[1] == video for key in self._keys])
        waiting = there[self.strip.states[there] != DONE]
        self.do(self.session.go_to, int((waiting if len(waiting) else there)[0]))

    def reload(self) -> None:
        """Take over what another tool wrote."""
        refused: list[Any] = []
        self._changed_outside = ""
        if self.do(lambda: refused.extend(self.session.reload())):
            self._count_all()
            gone = f" {len(refused)} of your changes gave way to it; they are in the history (Ctrl+H)." if refused else ""
            self.tell(f"The label file was read again.{gone}")
        self.refresh()

    def claim(self) -> None:
        """Try again to have the labels for writing."""
        self.do(self.session.go_to, self.session.frame)
        self._count_all()
        self.refresh()

    def write(self) -> None:
        """Bring the label files up to date with the history."""
        if not self.session.read_only:
            self.do(self.session.flush)

    # --- what is shown

    def tell(self, text: str, kind: str = "note") -> None:
        """Show a remark for a while."""
        self.note.say(text, kind)
        self._noting.start()

    def tell_error(self, text: str) -> None:
        """Show an error of the program itself."""
        self.note.say(text, "bad", "Close this line", self.note.hide)
        self._noting.stop()

    def _tell_frame(self, index: int) -> str:
        item = self.session.items[index]
        return f"{index + 1}: {item.video}, {item.image}, {STATES[self.strip.states[index]]}"

    def _count_all(self) -> None:
        self.strip.states[:] = [CODES[self.session.state(i)] for i in range(len(self._keys))]

    def refresh(self) -> None:
        """Bring everything to the state of the session."""
        session = self.session
        for frame in {self._shown, session.frame}:  # the change may have been on the frame that was left
            self.strip.states[frame] = CODES[session.state(frame)]
        if self._shown != session.frame or not self._ready:
            self._show_frame()
        proposals = session.proposals
        self.view.show_points(session.xy, proposals.xy, session.keypoint)
        self.panel.show_keypoints(session.decisions, proposals.xy, proposals.confidence, session.keypoint)
        self.strip.current = session.frame
        self.strip.update()
        self._show_progress()
        self._show_prompt()
        self._show_state()
        if self._entered and self.commands.follow:
            self.view.zoom_to_points()
        self._entered = False

    def _show_state(self) -> None:
        """Whether the labels are safe, and may be changed."""
        session = self.session
        trouble = self._changed_outside or session.trouble
        if trouble:
            self.banner.say(trouble, "bad", "Reload", self.reload)
        elif session.read_only:
            self.banner.say(f"Read only: {session.why_read_only}", "warn", "Try again", self.claim)
        else:
            self.banner.hide()
        if self._changed_outside:
            self.header.show_saved("not saved", False)
        elif session.store.unwritten:
            self._writing.start(RETRY_AFTER if trouble else WRITE_AFTER)
            self.header.show_saved(f"saved {time.strftime('%H:%M:%S')}", True)

    def _show_frame(self) -> None:
        session = self.session
        self._shown, self._ready, self._entered, self._chosen_by_hand = session.frame, True, True, False
        self.header.show_place(session.frame, len(session.items), session.item.image)
        try:
            self.view.show_picture(session.image())
        except PosemakeError as error:
            self.view.show_picture(np.zeros((480, 640, 3), np.uint8))
            self.tell(str(error), "bad")
        following = session.frame + 1
        if following < len(session.items):
            QTimer.singleShot(0, lambda: self._prefetch(following))

    def _prefetch(self, index: int) -> None:
        """Read the frame that is likely wanted next, while the person looks at this one."""
        if index == self.session.frame + 1:
            with contextlib.suppress(PosemakeError):  # is told when the frame is shown
                self.session.image(index)

    def _show_progress(self) -> None:
        states, here = self.strip.states, self.session.item.key
        done: dict[Any, list[int]] = {}
        for key, state in zip(self._keys, states.tolist()):
            count = done.setdefault(key, [0, 0])
            count[0] += state == DONE
            count[1] += 1
        of_video = {key[1]: "{} of {}".format(*count) for key, count in done.items()}
        everywhere = (int((states == DONE).sum()), len(states))
        self.panel.show_progress(here[1], tuple(done[here]), everywhere, self._seconds(), of_video.get)

    def _seconds(self) -> float | None:
        """Mean seconds per done frame of this video, where they are known."""
        items, store = self.session.items, self.session.store
        spent = [store.seconds(item.image) for item in items if item.key == self.session.item.key and store.done(item.image)]
        known = [seconds for seconds in spent if seconds > 0.1]  # less is a frame that was passed by
        return sum(known) / len(known) if known else None

    def _show_prompt(self) -> None:
        session, k = self.session, self.session.keypoint
        state = self.strip.states[session.frame]
        if session.read_only:
            return self.header.show_prompt("", (), "read only")
        if state == DONE and not self._chosen_by_hand:
            open_ones = int((self.strip.states != DONE).sum())
            rest = "N: next open frame" if open_ones else "all frames are done"
            return self.header.show_prompt("", (), f"done — {rest}")
        proposed = not np.isnan(session.proposals.xy).all()
        what = "click its place" if session.decisions[k] is None else "click its new place"
        self.header.show_prompt(session.keypoints[k], self._colors[k], what + (" — Enter: accept all" if proposed else ""))

    # --- Qt

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self.view.resized)  # the picture gets its size after the window

    def closeEvent(self, event: QCloseEvent | None) -> None:
        try:
            self.session.close()
        except PosemakeError as error:
            print(f"posemake: {error}")
        self.commands.close()
        self.view.close()
        super().closeEvent(event)
