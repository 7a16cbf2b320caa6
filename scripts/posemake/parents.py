"""Which run started this process, taken down where the package is first imported: what a job imports after it takes seconds."""

import contextlib
import os
import subprocess
from pathlib import Path

# what may stay between Snakemake and a job: shells that do not give way to their last command, starters of containers
BETWEEN = {"bash", "sh", "dash", "ash", "zsh", "ksh", "busybox", "apptainer", "singularity", "starter", "starter-suid"}
MOST = 16  # of them, one above the other


def _name_and_parent(process: int) -> tuple[str, int]:
    """Of a process; raises OSError, ValueError or SubprocessError where they cannot be found out."""
    with contextlib.suppress(FileNotFoundError):  # macOS has no /proc
        name, _, rest = Path(f"/proc/{process}/stat").read_text(errors="replace").partition("(")[2].rpartition(")")
        return name, int(rest.split()[1])
    command = ["ps", "-o", "ppid=,comm=", "-p", str(process)]
    parent, name = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.split(maxsplit=1)
    return Path(name.strip()).name.removeprefix("-"), int(parent)


def first_beyond(process: int) -> int | None:
    """The first of a process and those above it that is no shell: of a job's parent, Snakemake. None if it is not to be found."""
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        for _ in range(MOST):
            name, above = _name_and_parent(process)
            if name not in BETWEEN:
                return process if process > 1 else None
            process = above
    return None


def is_there(process: int) -> bool:
    """Whether a process exists, be it another user's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


PARENT = os.getppid()
RUN = first_beyond(PARENT)
