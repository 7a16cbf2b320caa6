"""What the workers of the tests share: the cores of the machine, and projects that take minutes to make."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

# Two trainings at once on two cores take four to five times as long with two threads each as with one: the threads of one wait
# for each other without leaving the core to those of the other.
CORES = max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """A project that the first worker makes that needs it, and that nobody changes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    project, made = folder / "project", folder / "made"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(project, ignore_errors=True)
            make(project)
            made.touch()
    return project
