"""The Snakemake process that started a job."""

import psutil

# Programs that may stand between Snakemake and a job: shells that stay until their last command ends, starters of containers.
BETWEEN = {"bash", "sh", "dash", "ash", "zsh", "ksh", "busybox", "apptainer", "singularity", "starter", "starter-suid"}
MAX_DEPTH = 16  # of such programs, one started by the other


def find_launcher(pid: int) -> int | None:
    """Return the first process from ``pid`` upwards that is no shell; None if it cannot be found.

    Of a job's parent process, this is Snakemake.
    """
    try:
        process: psutil.Process | None = psutil.Process(pid)
        for _ in range(MAX_DEPTH):
            if process is None:
                return None
            if process.name() not in BETWEEN:
                return process.pid if process.pid > 1 else None
            process = process.parent()
    except psutil.Error:
        return None
    return None
