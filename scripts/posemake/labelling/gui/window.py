"""Labelling window: image, header, panel and frame strip of one session."""

import contextlib
import time
from collections.abc import Callable, Sequence

import numpy as np
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QCloseEvent, QResizeEvent
from qtpy.QtWidgets import QGridLayout, QMainWindow, QWidget

from posemake.core.errors import PosemakeError
from posemake.data.visibility import Visibility
from posemake.labelling.gui.frame_strip import STATE_NAMES, FrameStrip
from posemake.labelling.gui.header import Banner, Header
from posemake.labelling.gui.image_view import ImageView
from posemake.labelling.gui.panel import Panel
from posemake.labelling.gui.theme import BACKGROUNDS
from posemake.labelling.progress import MIN_SECONDS, FrameState
from posemake.labelling.session import Session
from posemake.labelling.store.store import ChangedOnDisk

WRITE_DELAY = 500  # ms without a change before the label file is updated; the change itself is saved at once
RETRY_DELAY = 10000  # ms before a failed update is tried again
NOTE_DURATION = 6000  # ms that a note is shown


class LabelWindow(QMainWindow):
    """The window in which a person labels.

    Parameters
    ----------
    session
        The frames to label and the person's work on them.
    colors
        (red, green, blue) in 0 … 1 of each keypoint.
    theme
        `dark` or `light`.
    """

    closed = Signal()

    def __init__(self, session: Session, colors: Sequence[Sequence[float]], theme: str) -> None:
        super().__init__()
        self.session, self.navigator = session, session.navigator
        self.follow_animal = False  # zoom to the animal on every frame
        self._colors = colors
        self._selected_by_person = False  # a click moves a keypoint that has a decision only if a person selected it
        self._refusal = ""  # why the last change was refused, until the label file is reloaded
        self._displayed: int | None = None  # index of the displayed frame
        self._frame_changed = False  # whether the next refresh shows another frame than the last
        self._videos = [task.video for task in self.navigator.tasks]
        numbers = {video: number for number, video in enumerate(dict.fromkeys(self._videos))}
        self._video_numbers = np.array([numbers[video] for video in self._videos])
        keypoints = list(session.keypoints)
        self.view = ImageView(keypoints, colors, [(keypoints.index(a), keypoints.index(b)) for a, b in session.skeleton])
        self.view.set_background(BACKGROUNDS[theme])
        self.header, self.banner, self.note = Header(), Banner(), Banner()
        self.panel = Panel(keypoints, colors, list(numbers))
        self.strip = FrameStrip(self._videos, lambda index: self.run_action(self.navigator.go_to, index), self._describe_frame)
        self._update_all_states()
        self._write_timer = self._make_timer(WRITE_DELAY, self.write)
        self._note_timer = self._make_timer(NOTE_DURATION, self.note.hide)
        self._arrange()
        self._connect()
        self.setWindowTitle(f"posemake: labels of {session.store.scorer}")
        self.resize(1280, 800)
        self.refresh()

    def _make_timer(self, milliseconds: int, action: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(action)
        return timer

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
        self.navigator.on_change(self.refresh)
        self.view.clicked.connect(self._on_click)
        self.view.right_clicked.connect(self._on_right_click)
        self.view.moved.connect(lambda keypoint, x, y: self.run_action(self.session.move, keypoint, (x, y)))
        self.panel.keypoint_chosen.connect(self.select)
        self.panel.video_chosen.connect(self._go_to_video)
        self.panel.display_changed.connect(self.view.set_display)
        self.panel.point_size_changed.connect(self.view.set_point_size)
        self.panel.shown_changed.connect(self.view.set_shown)
        self.header.frame_requested.connect(self._go_to_frame)

    # --- actions of a person

    def run_action(self, action: Callable[..., object], *arguments: object) -> bool:
        """Call something that may change labels; show its error, if any, and return whether it succeeded."""
        try:
            action(*arguments)
        except ChangedOnDisk as error:
            self._refusal = str(error)
        except PosemakeError as error:
            self.show_note(str(error), "warning")
        else:
            return True
        self.refresh()  # moves a dragged point back
        return False

    def select(self, keypoint: int) -> None:
        """Select a keypoint, so that the next click places it even if it has a decision."""
        self._selected_by_person = True
        self.navigator.select_keypoint(keypoint)

    def _on_click(self, x: float, y: float, keypoint: int, shift: bool) -> None:
        session = self.session
        if keypoint >= 0 and not shift:
            if np.isnan(session.labels.xy[keypoint, 0]):
                self.run_action(session.accept, keypoint)
            else:
                self.select(keypoint)
        elif not self.view.contains(x, y):
            self.show_note("This position is outside the frame.")
        elif session.labels.decided[self.navigator.keypoint] and not (self._selected_by_person or shift):
            self.show_note("The frame is done. Drag a point to move it; to place a keypoint again, select it first.")
        else:
            self._selected_by_person = False
            self.run_action(session.place, (x, y))

    def _on_right_click(self, keypoint: int) -> None:
        self.run_action(self.session.mark, keypoint if keypoint >= 0 else self.navigator.keypoint, Visibility.OCCLUDED)

    def _go_to_frame(self, text: str) -> None:
        index = self.find_frame(text)
        if index is None:
            self.show_note(
                f"There is no frame {text!r}: give a number from 1 to {len(self._videos)}, or a part of an image's name."
            )
        else:
            self.run_action(self.navigator.go_to, index)
        self.view.canvas.setFocus()

    def find_frame(self, text: str) -> int | None:
        """Return the index of a frame.

        Parameters
        ----------
        text
            The frame's number, counted from 1, or a part of its image's name; the search begins after the current frame.

        Returns
        -------
        int or None
            None if there is no such frame.
        """
        count = len(self.navigator.tasks)
        if text.isdecimal() and 1 <= int(text) <= count:
            return int(text) - 1
        indices = ((self.navigator.frame + 1 + i) % count for i in range(count))
        return next((i for i in indices if text in self.navigator.tasks[i].image), None)

    def _go_to_video(self, video: str) -> None:
        frames = np.flatnonzero([name == video for name in self._videos])
        not_done = frames[self.strip.states[frames] != FrameState.DONE]
        self.run_action(self.navigator.go_to, int((not_done if len(not_done) else frames)[0]))

    def reload(self) -> None:
        """Read the label file again after another program changed it."""
        refused: list[object] = []
        self._refusal = ""
        if self.run_action(lambda: refused.extend(self.session.reload())):
            self._update_all_states()
            lost = f" It replaced {len(refused)} of your changes; they are in the history (Ctrl+H)." if refused else ""
            self.show_note(f"The label file was read again.{lost}")
        self.refresh()

    def claim(self) -> None:
        """Try again to open the labels for writing."""
        self.run_action(self.navigator.go_to, self.navigator.frame)
        self._update_all_states()
        self.refresh()

    def write(self) -> None:
        """Update the label files from the history."""
        if not self.session.store.read_only:
            self.run_action(self.navigator.flush)

    # --- display

    def show_note(self, text: str, kind: str = "note") -> None:
        """Show a message for a few seconds."""
        self.note.show_message(text, kind)
        self._note_timer.start()

    def show_internal_error(self, text: str) -> None:
        """Show an error of the program itself until the person dismisses it."""
        self.note.show_message(text, "error", "Dismiss", self.note.hide)
        self._note_timer.stop()

    def _describe_frame(self, index: int) -> str:
        task = self.navigator.tasks[index]
        return f"{index + 1}: {task.video}, {task.image}, {STATE_NAMES[self.strip.states[index]]}"

    def _update_all_states(self) -> None:
        self.strip.states[:] = [self.navigator.state(i) for i in range(len(self._videos))]

    def refresh(self) -> None:
        """Show the current state of the session."""
        session = self.session
        previous = self.navigator.frame if self._displayed is None else self._displayed
        for frame in {previous, self.navigator.frame}:  # the last change may be on the frame that was left
            self.strip.states[frame] = self.navigator.state(frame)
        if self._displayed != self.navigator.frame:
            self._show_frame()
        proposals = session.proposals
        self.view.show_points(session.labels.xy, proposals.xy, self.navigator.keypoint)
        self.panel.show_keypoints(session.labels.words, proposals.xy, proposals.confidence, self.navigator.keypoint)
        self.strip.current = self.navigator.frame
        self.strip.update()
        self._show_progress()
        self._show_prompt()
        self._show_save_state()
        if self._frame_changed and self.follow_animal:
            self.view.zoom_to_points()
        self._frame_changed = False

    def _show_save_state(self) -> None:
        """Show whether the labels are saved, and whether they can be changed."""
        session = self.session
        problem = self._refusal or self.navigator.write_error
        if problem:
            self.banner.show_message(problem, "error", "Reload", self.reload)
        elif session.store.read_only:
            self.banner.show_message(f"Read only: {session.store.why_read_only}", "warning", "Try again", self.claim)
        else:
            self.banner.hide()
        if self._refusal:
            self.header.show_save_state("not saved", False)
        elif session.store.unwritten:
            self._write_timer.start(RETRY_DELAY if problem else WRITE_DELAY)
            self.header.show_save_state(f"saved {time.strftime('%H:%M:%S')}", True)

    def _show_frame(self) -> None:
        session = self.session
        self._displayed, self._frame_changed, self._selected_by_person = self.navigator.frame, True, False
        self.header.show_position(self.navigator.frame, len(self.navigator.tasks), self.navigator.task.image)
        try:
            self.view.show_frame(session.image())
        except PosemakeError as error:
            self.view.show_frame(np.zeros((480, 640, 3), np.uint8))
            self.show_note(str(error), "error")
        following = self.navigator.frame + 1
        if following < len(self.navigator.tasks):
            QTimer.singleShot(0, lambda: self._prefetch(following))

    def _prefetch(self, index: int) -> None:
        """Read the next frame while the person looks at this one."""
        if index == self.navigator.frame + 1:
            with contextlib.suppress(PosemakeError):  # the error is shown when the frame is
                self.session.image(index)

    def _show_progress(self) -> None:
        done = np.bincount(self._video_numbers, self.strip.states == FrameState.DONE).astype(int).tolist()
        total = np.bincount(self._video_numbers).tolist()
        counts = dict(zip(dict.fromkeys(self._videos), zip(done, total)))
        self.panel.show_progress(self.navigator.task.video, counts, self._seconds_per_frame())

    def _seconds_per_frame(self) -> float | None:
        """Return the mean seconds per done frame of this video, or None if they are not known."""
        here = self._video_numbers == self._video_numbers[self.navigator.frame]
        done = np.flatnonzero(here & (self.strip.states == FrameState.DONE)).tolist()
        spent = [self.session.store.seconds(self.navigator.tasks[i].image) for i in done]
        known = [seconds for seconds in spent if seconds > MIN_SECONDS]
        return sum(known) / len(known) if known else None

    def _show_prompt(self) -> None:
        session, keypoint = self.session, self.navigator.keypoint
        if session.store.read_only:
            self.header.show_prompt("", (), "read only")
        elif self.strip.states[self.navigator.frame] == FrameState.DONE and not self._selected_by_person:
            all_done = bool((self.strip.states == FrameState.DONE).all())
            self.header.show_prompt("", (), f"done — {'all frames are done' if all_done else 'N: next open frame'}")
        else:
            action = "click its new position" if session.labels.decided[keypoint] else "click its position"
            if not np.isnan(session.proposals.xy).all():
                action += " — Enter: accept all"
            self.header.show_prompt(session.keypoints[keypoint], self._colors[keypoint], action)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the image, once the view has its new size."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self.view.on_resize)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Write all labels and close the view."""
        try:
            self.session.close()
        except PosemakeError as error:
            print(f"posemake: {error}")
        self.closed.emit()
        self.view.close()
        super().closeEvent(event)
