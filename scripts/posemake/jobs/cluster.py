"""Checks before jobs go to other machines: file names that a shell would change, and jobs of an earlier run in the queue."""

import os
import re
import subprocess
from collections.abc import Callable, Iterable

from posemake.core.paths import StrPath

SUBMITTED_NAME = re.compile(r"(?:.+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # names that the SLURM plugin gives to jobs
MAX_LISTED = 50  # jobs in a message


def describe_unsafe_names(paths: Iterable[StrPath]) -> list[str]:
    """Return a sentence for each path that the shell of a job would take for another name, or run as a command.

    Snakemake writes names into the command as Python spells them, in the quotes that Python chooses.
    """
    return [
        f"{path}: there is ', \\ or a sign that cannot be printed in this name, which jobs on other machines cannot be given; "
        "rename it, or link to it by another name"
        for path in dict.fromkeys(map(str, paths))
        if repr(path) != f"'{path}'"
    ]


def _run_command(*command: str) -> str:
    """Return what a command prints; nothing if it is not installed or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, errors="replace").stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def find_leftover_jobs(folder: StrPath, run_command: Callable[..., str] = _run_command) -> list[str]:
    """Return the ids of jobs of any user in SLURM's queue that earlier runs in a folder submitted.

    Parameters
    ----------
    folder
        Folder of the project.
    run_command
        Function that runs a command, given as words, and returns what it prints.
    """
    output = run_command("squeue", "--noheader", "--format=%A|%j|%Z")
    entries = [line.split("|", 2) for line in output.splitlines()]
    own_job, folder = os.environ.get("SLURM_JOB_ID"), os.path.realpath(folder)
    return [
        job
        for job, name, work_folder in (entry for entry in entries if len(entry) == 3)
        if job != own_job and SUBMITTED_NAME.fullmatch(name) and os.path.realpath(work_folder) == folder
    ]


def describe_leftover_jobs(jobs: list[str]) -> list[str]:
    """Return one sentence that says what to do about jobs that an earlier run left in the queue; none without such jobs."""
    if not jobs:
        return []
    listed = f"{' '.join(jobs[:MAX_LISTED])}{' …' if len(jobs) > MAX_LISTED else ''}"
    return [
        f"jobs of an earlier run, which was killed, are still in the queue, and would write the same files: {listed}; "
        "cancel them by `scancel` (trainings go on from their checkpoints), or wait for their end, and run again"
    ]
