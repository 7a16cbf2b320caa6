"""Anything in any order."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from fixtures.label_sessions import NAN, Project, cells, here
from fixtures.labelling import KEYPOINTS
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_labels
from posemake.data.visibility import Visibility

# --- anything in any order


POINT = st.tuples(st.integers(-8, 700).map(lambda v: v / 10), st.integers(-8, 500).map(lambda v: v / 10))
KEYPOINT = st.integers(0, 2)
HIDDEN = st.sampled_from([Visibility.OCCLUDED, Visibility.ABSENT])
FRAMES = (("m1", 3), ("m2", 2))
PREDICTED = {1: [10, 20, 0.9, 90, 20, 0.5, NAN, NAN, NAN]}


class Labelling(RuleBasedStateMachine):
    """A session beside a list of cells for each frame, and a list of what can be undone."""

    template = None

    @initialize()
    def open(self):
        if Labelling.template is None:
            Labelling.template = tempfile.TemporaryDirectory()
            made = Project(Path(Labelling.template.name))
            made.choose("m1", range(3), predicted=PREDICTED).choose("m2", range(2))
        self.folder = Path(tempfile.mkdtemp())
        os.symlink(Path(Labelling.template.name) / "results", self.folder / "results")
        self.session = Project(self.folder).open()
        self.model = [[None] * 3 for _ in range(5)]
        self.offered = [[None] * 3 for _ in range(5)]
        self.offered[1] = [(10, 20), (90, 20), None]
        self.undoable, self.redoable = [], []
        self.frame = self.keypoint = 0

    def teardown(self):
        if hasattr(self, "session"):
            self.session.close()
            shutil.rmtree(self.folder)

    def show(self, frame):
        self.frame = frame
        self.keypoint = next((k for k in range(3) if self.model[frame][k] is None), 0)

    def search(self, step):
        order = [(self.frame + step * i) % 5 for i in range(1, 5)]
        return next((i for i in order if None in self.model[i]), self.frame)

    def change(self, wanted):
        """What {keypoint: cell} does; False if a point lies outside, which refuses all."""
        if any(isinstance(c, tuple) and not (-0.5 <= c[0] <= 63.5 and -0.5 <= c[1] <= 47.5) for c in wanted.values()):
            return False
        before = self.model[self.frame]
        after = [wanted.get(k, before[k]) for k in range(3)]
        if after == before:
            return True
        self.undoable.append((self.frame, next(iter(wanted)), before, after))
        self.redoable = []
        self.model[self.frame] = after
        decided = before[self.keypoint] is None and after[self.keypoint] is not None
        if decided or (None in before and None not in after):
            rest = [(self.keypoint + i) % 3 for i in (1, 2) if after[(self.keypoint + i) % 3] is None]
            if rest:
                self.keypoint = rest[0]
            elif self.search(1) != self.frame:
                self.show(self.search(1))
        return True

    def both(self, wanted, call, *arguments):
        if self.change(wanted):
            call(*arguments)
        else:
            with pytest.raises(PosemakeError, match="would lie outside"):
                call(*arguments)

    @rule(point=POINT)
    def place(self, point):
        self.both({self.keypoint: (*point, "placed")}, self.session.place, point)

    @rule(k=KEYPOINT, point=POINT)
    def move(self, k, point):
        self.both({k: (*point, "placed")}, self.session.move, k, point)

    @rule(k=KEYPOINT)
    def clear(self, k):
        self.both({k: None}, self.session.clear, k)
        self.keypoint = k

    @rule(k=KEYPOINT, hidden=HIDDEN)
    def mark(self, k, hidden):
        self.both({k: hidden.name.lower()}, self.session.mark, k, hidden)

    @rule(hidden=HIDDEN)
    def mark_all(self, hidden):
        self.both(dict.fromkeys(range(3), hidden.name.lower()), self.session.mark_all, hidden)

    @rule(hidden=HIDDEN)
    def mark_rest(self, hidden):
        rest = [k for k in range(3) if self.model[self.frame][k] is None]
        self.both(dict.fromkeys(rest, hidden.name.lower()), self.session.mark_rest, hidden)

    def proposed(self, k):
        return None if self.model[self.frame][k] is not None else self.offered[self.frame][k]

    @rule(k=KEYPOINT)
    def accept(self, k):
        if self.proposed(k) is None:
            with pytest.raises(PosemakeError, match="no point is proposed"):
                self.session.accept(k)
        else:
            self.both({k: (*self.proposed(k), "accepted")}, self.session.accept, k)

    @rule()
    def accept_all(self):
        wanted = {k: (*self.proposed(k), "accepted") for k in range(3) if self.proposed(k) and self.proposed(k)[0] < 64}
        if wanted:
            self.both(wanted, self.session.accept_all)
        else:
            with pytest.raises(PosemakeError, match="no points are proposed"):
                self.session.accept_all()

    @rule()
    def propose_previous(self):
        points = [cell[:2] if isinstance(cell, tuple) else None for cell in self.model[self.frame - 1]]
        if self.frame in (0, 3) or not any(points):
            with pytest.raises(PosemakeError, match=r"first frame|no points"):
                self.session.propose_previous()
        else:
            self.session.propose_previous()
            self.offered[self.frame] = [new or old for new, old in zip(points, self.offered[self.frame])]

    @rule(turn=st.sampled_from(["undo", "redo"]))
    def step_back(self, turn):
        stack, other = (self.undoable, self.redoable) if turn == "undo" else (self.redoable, self.undoable)
        getattr(self.session, turn)()
        if stack:
            frame, k, before, after = stack.pop()
            assert self.model[frame] == after
            self.model[frame] = before
            other.append((frame, k, after, before))
            self.frame, self.keypoint = frame, k

    @rule(index=st.integers(-2, 7))
    def go_to(self, index):
        self.session.navigator.go_to(index)
        self.show(min(max(index, 0), 4))

    @rule(name=st.sampled_from(["next", "previous", "first", "last", "next_open", "previous_open"]))
    def go(self, name):
        getattr(self.session.navigator, name)()
        places = {"next": min(self.frame + 1, 4), "previous": max(self.frame - 1, 0), "first": 0, "last": 4}
        self.show(places.get(name, self.search(-1 if name == "previous_open" else 1)))

    @rule(k=KEYPOINT)
    def choose(self, k):
        self.session.navigator.select_keypoint(k)
        self.keypoint = k

    @rule()
    def flush(self):
        self.session.navigator.flush()
        for video, first, count in (("m1", 0, 3), ("m2", 3, 2)):
            labelled = [f"img{i:04d}.png" for i in range(count) if any(self.model[first + i])]
            path = Project(self.folder).labels(video)
            assert path.exists() == bool(labelled)
            assert not labelled or list(read_labels(path).images) == labelled

    @precondition(lambda self: any(self.undoable))
    @rule(data=st.data())
    def restore(self, data):
        """Any state of a frame of this video, from its history."""
        entries = self.session.history()
        if not entries:
            return
        number = data.draw(st.integers(1, len(entries)))
        image, row = entries[number - 1].image, [None] * 3
        for entry in entries[:number]:
            for keypoint, label in entry.after.items() if entry.image == image else ():
                row[KEYPOINTS.index(keypoint)] = (*label.position, label.word) if label.position else label.word or None
        self.session.restore(number)
        self.show(int(image[3:7]) + (3 if self.frame > 2 else 0))
        before = self.model[self.frame]
        if row != before:
            self.undoable.append((self.frame, 0, before, row))
            self.redoable = []
            self.model[self.frame] = row

    @rule(crash=st.booleans())
    def reopen(self, crash):
        if crash:
            self.session.store._journal.close()
            self.session.store._lock.release()
        else:
            self.session.close()
        self.session = Project(self.folder).open()
        self.undoable, self.redoable = [], []
        self.offered = [[None] * 3 for _ in range(5)]
        self.offered[1] = [(10, 20), (90, 20), None]
        self.show(next((i for i in range(5) if None in self.model[i]), 0))

    @invariant()
    def agree(self):
        if not hasattr(self, "session"):
            return
        session = self.session
        assert [cells(session, i) for i in range(5)] == self.model
        assert here(session) == (self.frame, self.keypoint)
        offered = [tuple(point) if point[0] == point[0] else None for point in session.proposals.xy.tolist()]
        assert offered == [self.proposed(k) for k in range(3)]
        done = sum(None not in row for row in self.model)
        untouched = sum(not any(row) for row in self.model)
        progress = session.progress()
        assert (progress.done, progress.open, progress.total) == (done, untouched, 5)
        assert session.navigator.write_error == "" and not session.store.read_only


TestLabelling = Labelling.TestCase
TestLabelling.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
