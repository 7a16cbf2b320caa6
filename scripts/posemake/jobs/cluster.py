"""What has to be right before jobs go to other machines: names that a shell takes as they are, and a queue without other jobs."""

import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

OF_A_RUN = re.compile(r"(?:.+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # names of the jobs that the plugin submits


def unsafe_names(paths: Iterable[str | Path]) -> list[str]:
    """A sentence for each path that the shell of a job would take for something else, or run a part of.

    Snakemake hands names to it as Python spells them, between quotes of Python's choice.
    """
    return [
        f"{path}: there is ', \\ or a sign that cannot be printed in this name, which jobs on other machines cannot be given; "
        "rename it, or link to it by another name"
        for path in dict.fromkeys(map(str, paths))
        if repr(path) != f"'{path}'"
    ]


def _ask(*command: str) -> str:
    """What a command prints; nothing if it is not here or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, errors="replace").stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def jobs_left(folder: str | Path, ask: Callable[..., str] = _ask) -> list[str]:
    """Ids of the jobs in SLURM's queue that runs of a folder left there, those of all users."""
    told = [line.split("|", 2) for line in ask("squeue", "--noheader", "--format=%A|%j|%Z").splitlines()]
    own, here = os.environ.get("SLURM_JOB_ID"), os.path.realpath(folder)
    return [
        job
        for job, name, at in (line for line in told if len(line) == 3)
        if job != own and OF_A_RUN.fullmatch(name) and os.path.realpath(at) == here
    ]


def left_behind(jobs: list[str]) -> list[str]:
    """What is to be done about jobs that a run left in the queue, as a sentence; nothing without any."""
    if not jobs:
        return []
    which = f"{' '.join(jobs[:50])}{' …' if len(jobs) > 50 else ''}"
    return [
        f"jobs of an earlier run, which was killed, are still in the queue, and would write the same files: {which}; "
        "cancel them by `scancel` (trainings go on from their checkpoints), or wait for their end, and run again"
    ]
