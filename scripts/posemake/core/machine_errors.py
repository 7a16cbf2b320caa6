"""Errors of the machine, such as a full disk, too little memory or a killed process, in sentences with their cure."""

import contextlib
import errno
import os
import signal
from pathlib import Path

from posemake.core.paths import StrPath

NEARLY_FULL = 64 << 10  # bytes; libraries write pieces of about this size, and stop at one that does not fit
DISK_ERRORS = {
    errno.ENOSPC: "there is no space left on the disk of {}; make space there and run again: what was finished stays",
    errno.EDQUOT: "your share (quota) of the disk of {} is used up; make space there and run again: what was finished stays",
    errno.EFBIG: "{} grew larger than this system allows (ulimit -f, or the disk's format); raise the limit and run again",
    errno.EROFS: "the disk of {} has become read-only, as disks do after a fault; have it mended and mounted for writing "
    "(`mount` and `dmesg` tell more), and run again: what was finished stays",
    errno.EIO: "the disk of {} gives errors; have it looked at (`dmesg` tells more) before you run again",
}
USE_LESS = "close other programs, run fewer jobs at once (--cores 1), or let the job hold less (batch_size or scale of the model)"
OUT_OF_MEMORY = f"there was not enough memory for the job; {USE_LESS}, and run again"
# Libraries in C++ raise errors without a type of their own if memory is short; these words occur in their messages.
MEMORY_WORDS = ("allocate memory", "bad_alloc", "insufficient memory", "bad allocation")
CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE")


def is_disk_full(folder: StrPath) -> bool:
    """Return whether the disk of a folder has no room for a file, or for next to nothing in one."""
    try:
        disk = os.statvfs(folder)
    except (OSError, AttributeError):
        return False
    # some network drives do not know their size and state 0 for everything
    short_of_bytes = disk.f_blocks > 0 and disk.f_bavail * disk.f_frsize < NEARLY_FULL
    return short_of_bytes or (disk.f_files > 0 and disk.f_favail == 0)


def describe_disk(folder: StrPath, name: StrPath) -> str | None:
    """Return what is wrong with the disk of a folder, with the name to use for it; None if it can be written."""
    with contextlib.suppress(OSError, AttributeError):
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return DISK_ERRORS[errno.EROFS].format(name)
    return DISK_ERRORS[errno.ENOSPC].format(name) if is_disk_full(folder) else None


def as_disk_error(error: Exception, path: StrPath) -> Exception:
    """Return an error that names the file and its cause, if the disk caused an error while the file was written.

    Libraries report a full disk in many ways: NumPy without a number, Pillow without a name, HDF5 in a text of its own. Any other
    error is returned as it is.
    """
    number = getattr(error, "errno", None)
    if number is None and is_disk_full(Path(path).parent):
        number = errno.ENOSPC
    return OSError(number, os.strerror(number), str(path)) if number in DISK_ERRORS else error


def describe_error(error: BaseException) -> str | None:
    """Return the sentence for an error that the machine caused; None for any other."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return DISK_ERRORS[error.errno].format(os.fspath(error.filename) if error.filename else "a temporary file")
    message = str(error).lower()
    is_memory_error = isinstance(error, RuntimeError | OSError) and any(words in message for words in MEMORY_WORDS)
    return OUT_OF_MEMORY if isinstance(error, MemoryError) or is_memory_error else None


def describe_job_end(rule: str, signal_number: int | None, log: Path) -> str:
    """Return why a job failed that wrote no reason into its log.

    Parameters
    ----------
    rule
        Rule of the job.
    signal_number
        Signal that ended the job; None if it ended by itself.
    log
        Log file of the job.
    """
    if sentence := describe_disk(log.parent, log):
        return sentence
    if signal_number is None:
        return f"{rule} failed and left no reason here; what it printed stands above"
    name = signal.Signals(signal_number).name if signal_number in {*signal.Signals} else f"signal {signal_number}"
    if name == "SIGKILL":
        return (
            f"{rule} was killed (SIGKILL). If you did not do that, the machine most likely ran out of memory (`dmesg` tells): "
            f"{USE_LESS}, and run again"
        )
    if name in CRASHES:
        return f"{rule} crashed ({name}), which no job should; run again, and if it comes again, report it with this log"
    return f"{rule} was ended from outside ({name}); run again"
