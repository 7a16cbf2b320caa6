"""Logging and progress of a job."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from posemake.core.paths import StrPath

T = TypeVar("T")
logger = logging.getLogger("posemake")
SECONDS_BETWEEN_LINES = 15.0


class _QuietFileHandler(logging.FileHandler):
    """Log file that keeps silent on a full disk, which is reported at the end of the run."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def log_to(path: StrPath) -> None:
    """Write the package's messages and Python's warnings to a new file."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = _QuietFileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    warnings_logger = logging.getLogger("py.warnings")
    warnings_logger.handlers = [handler]
    warnings_logger.propagate = False


def progress(items: Iterable[T], total: int | None, description: str) -> Iterator[T]:
    """Yield items and show how many are done: as a bar on a terminal, and as a line in the log now and then.

    Parameters
    ----------
    items
        Items to pass through.
    total
        Number of items, None if unknown.
    description
        What the items are, in the plural.
    """
    from tqdm import tqdm

    last = start = time.monotonic()
    done = 0
    for item in tqdm(items, total=total, desc=description, disable=not sys.stderr.isatty(), leave=False):
        yield item
        done += 1
        now = time.monotonic()
        if now - last > SECONDS_BETWEEN_LINES:
            of_total = f" of {total}" if total else ""
            logger.info("%s: %d%s, %.1f per second", description, done, of_total, done / (now - start))
            last = now
    logger.info("%s: %d in %.1f s", description, done, time.monotonic() - start)
