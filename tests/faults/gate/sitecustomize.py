"""Python's own start, with this folder on its path: a job of the workflow waits for a test before it begins, and at its end.

The test lets it begin by removing ``<process>.<script>``. If there is ``<process>.end`` then, the job makes ``<process>.ended``
of it when all is done, and stays until that is removed.
"""

import atexit
import os
import re
import sys
import time
from pathlib import Path

PATIENCE = 120  # seconds, after which the test is gone


def wait_for_removal(path):
    until = time.monotonic() + PATIENCE
    while path.exists() and time.monotonic() < until:
        time.sleep(0.005)


if job := re.search(r"\.snakemake/scripts/tmp\w+\.(\w+)\.py$", sys.orig_argv[-1]):
    held = Path(os.environ["GATE"]) / f"{os.getpid()}.{job[1]}"
    held.touch()
    wait_for_removal(held)
    end = held.with_suffix(".end")
    if end.exists():
        atexit.register(lambda: wait_for_removal(end.rename(end.with_suffix(".ended"))))
