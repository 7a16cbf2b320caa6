"""What a machine does to a job - a full disk, no memory, a kill - as a sentence with its cure."""

import contextlib
import errno
import os
import signal
from pathlib import Path

NEARLY_FULL = 64 << 10  # bytes: libraries write in pieces of about this size, and stop at one that does not fit
DISK = {
    errno.ENOSPC: "there is no space left on the disk of {}; make space there and run again: what was finished stays",
    errno.EDQUOT: "your share (quota) of the disk of {} is used up; make space there and run again: what was finished stays",
    errno.EFBIG: "{} grew larger than this system allows (ulimit -f, or the disk's format); raise the limit and run again",
    errno.EROFS: "the disk of {} has become read-only, as disks do after a fault; have it mended and mounted for writing "
    "(`mount` and `dmesg` tell more), and run again: what was finished stays",
    errno.EIO: "the disk of {} gives errors; have it looked at (`dmesg` tells more) before you run again",
}
FEWER = "close other programs, run fewer jobs at once (--cores 1), or let the job hold less (batch_size or scale of the model)"
MEMORY = f"there was not enough memory for the job; {FEWER}, and run again"
NO_MEMORY = ("allocate memory", "bad_alloc", "insufficient memory", "bad allocation")  # in errors of C++, of no type of their own
CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE")


def is_full(folder: str | Path) -> bool:
    """Whether the disk of a folder takes no more files, or next to nothing more in them."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):
        return False
    # a disk that tells no size, as some of networks, has 0 of all
    short_of_bytes = found.f_blocks > 0 and found.f_bavail * found.f_frsize < NEARLY_FULL
    return short_of_bytes or (found.f_files > 0 and found.f_favail == 0)


def disk_sentence(folder: str | Path, name: str | Path) -> str | None:
    """The sentence for a disk that takes nothing, with what is to be ``name``d; None for one that does."""
    with contextlib.suppress(OSError, AttributeError):
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return DISK[errno.EROFS].format(name)
    return DISK[errno.ENOSPC].format(name) if is_full(folder) else None


def as_disk_fault(error: Exception, path: str | Path) -> Exception:
    """An error that came while a file was written; where it is the disk's, one that says so and names the file.

    Libraries tell of a full disk in many ways: NumPy without a number, Pillow without a name, HDF5 in a text of its own.
    """
    number = getattr(error, "errno", None)
    if number is None and is_full(Path(path).parent):
        number = errno.ENOSPC
    return OSError(number, os.strerror(number), str(path)) if number in DISK else error


def sentence_of(error: BaseException) -> str | None:
    """The sentence for an error that the machine brought about; None for any other."""
    if isinstance(error, OSError) and error.errno in DISK:
        return DISK[error.errno].format(os.fspath(error.filename) if error.filename else "a temporary file")
    told = str(error).lower()
    short = isinstance(error, RuntimeError | OSError) and any(words in told for words in NO_MEMORY)
    return MEMORY if isinstance(error, MemoryError) or short else None


def how_it_ended(rule: str, status: int | None, log: Path) -> str:
    """What is to be said of a job that could say nothing itself in its log.

    ``status`` is the number of the signal that ended it; None if it ended by itself.
    """
    if sentence := disk_sentence(log.parent, log):
        return sentence
    if status is None:
        return f"{rule} failed and left no reason here; what it printed stands above"
    name = signal.Signals(status).name if status in {*signal.Signals} else f"signal {status}"
    if name == "SIGKILL":
        return (
            f"{rule} was killed (SIGKILL). If you did not do that, the machine most likely ran out of memory (`dmesg` tells): "
            f"{FEWER}, and run again"
        )
    if name in CRASHES:
        return f"{rule} crashed ({name}), which no job should; run again, and if it comes again, report it with this log"
    return f"{rule} was ended from outside ({name}); run again"
