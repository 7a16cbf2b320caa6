"""CPU time of a training and its snapshots, for the runners of bench/training.py.

The runners import it in the environments of three systems, so it needs nothing but psutil.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil


class Spent(Exception):
    """The CPU time that a training may take has been used up."""


def cpu_seconds() -> float:
    """Return the CPU seconds (user and system) of this process and its children, including those that ended."""
    own = psutil.Process()
    times = own.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in own.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


class Clock:
    """Snapshots of a training while it runs, with a line for each in ``snapshots.jsonl``.

    Parameters
    ----------
    folder
        Folder of the snapshots.
    every, budget
        CPU seconds between snapshots, and until the training ends.
    """

    def __init__(self, folder: Path, every: float, budget: float):
        self.folder, self.every, self.budget = folder, every, budget
        self.steps, self.due = 0, every
        self.checked = time.monotonic()

    def step(self, save: Callable[[Path], None]) -> None:
        """Take a snapshot if it is due, after each step of the optimizer; ``save`` writes the weights.

        Raises
        ------
        Spent
            After the last snapshot.
        """
        self.steps += 1
        if time.monotonic() - self.checked < 1:  # listing the processes takes some milliseconds
            return
        self.checked = time.monotonic()
        if (spent := cpu_seconds()) < min(self.due, self.budget):
            return
        self.note("snapshot", save)
        self.due = (spent // self.every + 1) * self.every
        if spent >= self.budget:
            raise Spent

    def note(self, kind: str, save: Callable[[Path], None]) -> None:
        """Write a snapshot. Its kind is ``snapshot``, or ``kept`` for the weights that the user gets at the end."""
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        row = {
            "kind": kind,
            "step": self.steps,
            "cpu_s": round(cpu_seconds(), 1),
            "wall_s": round(time.time() - psutil.Process().create_time(), 1),
            "peak_mb": round(peak / 1024 if sys.platform == "linux" else peak / 1024**2),
        }
        with (self.folder / "snapshots.jsonl").open("a") as file:
            number = sum(1 for _ in (self.folder / "snapshots.jsonl").open())
            row["file"] = f"snapshot-{number:03d}"
            save(self.folder / row["file"])
            file.write(json.dumps(row) + "\n")


def run(prepare: Callable, train: Callable, predict: Callable) -> None:
    """Run the command line ``<runner> prepare|train|predict FOLDER``, whose folder holds ``job.json``.

    ``predict(job, folder, paths)`` yields for each snapshot the positions of the test frames' keypoints as nested lists, with NaN
    for those it does not find.
    """
    command, folder = sys.argv[1], Path(sys.argv[2])
    job: dict[str, Any] = json.loads((folder / "job.json").read_text())
    if command == "prepare":
        prepare(job, folder)
    elif command == "train":
        train(job, folder, Clock(folder, job["every_s"], job["budget_s"]))
    else:
        lines = (folder / "snapshots.jsonl").read_text().splitlines()
        paths = [folder / json.loads(line)["file"] for line in lines]
        (folder / "predicted.json").write_text(json.dumps(list(predict(job, folder, paths))))


def frames_of_part(job: dict[str, Any], part: str) -> list[int]:
    """Return the numbers of the frames of a part of the split."""
    return [i for i, name in enumerate(job["parts"]) if name == part]
