"""How a stage speaks: one log file per job, progress that fits a terminal and a log, errors in one sentence."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
logger = logging.getLogger("posemake")
SECONDS_BETWEEN_LINES = 15.0


class _Handler(logging.FileHandler):
    """A log that a full disk makes no noise of: the end of the run says it (`error_sentences`)."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def log_to(path: str | Path) -> None:
    """Send the package's messages to a file, beginning it anew."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = _Handler(path, mode="w", encoding="utf-8")
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


def progress(items: Iterable[T], total: int | None, what: str) -> Iterator[T]:
    """Pass items through: a bar where a person watches, a line now and then in the log."""
    from tqdm import tqdm

    last = start = time.monotonic()
    done = 0
    for item in tqdm(items, total=total, desc=what, disable=not sys.stderr.isatty(), leave=False):
        yield item
        done += 1
        now = time.monotonic()
        if now - last > SECONDS_BETWEEN_LINES:
            of = f" of {total}" if total else ""
            logger.info("%s: %d%s, %.1f per second", what, done, of, done / (now - start))
            last = now
    logger.info("%s: %d in %.1f s", what, done, time.monotonic() - start)
