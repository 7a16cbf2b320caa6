"""What a runner of bench/rendering.py spends."""

import resource
import time
from collections.abc import Callable


def cpu_seconds() -> float:
    """Of this process and its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def spent(work: Callable[[], None]) -> dict[str, float]:
    """CPU seconds and seconds of the clock."""
    cpu, clock = cpu_seconds(), time.monotonic()
    work()
    return {"cpu_s": cpu_seconds() - cpu, "clock_s": time.monotonic() - clock}
