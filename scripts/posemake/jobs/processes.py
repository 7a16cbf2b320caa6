"""Processes above a job."""

import psutil

# Programs that may run between Snakemake and a job: shells that wait for their last command, and launchers of containers.
WRAPPERS = {"bash", "sh", "dash", "ash", "zsh", "ksh", "busybox", "apptainer", "singularity", "starter", "starter-suid"}
MAX_DEPTH = 16  # wrappers within each other


def find_launcher(pid: int) -> int | None:
    """Return the first process from ``pid`` upwards that is no wrapper; None if it cannot be found.

    For the parent process of a job, this is Snakemake.
    """
    try:
        process: psutil.Process | None = psutil.Process(pid)
        for _ in range(MAX_DEPTH):
            if process is None:
                return None
            if process.name() not in WRAPPERS:
                return process.pid if process.pid > 1 else None
            process = process.parent()
    except psutil.Error:
        return None
    return None
