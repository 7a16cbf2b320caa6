"""Time that a runner of bench/rendering.py takes."""

import resource
import time
from collections.abc import Callable


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def measure(work: Callable[[], None]) -> dict[str, float]:
    """Return the CPU seconds and the seconds of the clock that some work takes."""
    cpu, clock = cpu_seconds(), time.monotonic()
    work()
    return {"cpu_s": cpu_seconds() - cpu, "clock_s": time.monotonic() - clock}
