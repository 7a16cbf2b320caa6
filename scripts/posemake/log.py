"""How a stage speaks: one log file per job, progress that fits a terminal and a log, errors in one sentence."""

import logging
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

T = TypeVar("T")
logger = logging.getLogger("posemake")

ERROR_MARK = "ERROR: "  # starts the line of a log that the end of a run repeats
SECONDS_BETWEEN_LINES = 15.0


class PosemakeError(Exception):
    """Something the user gave or did: the message says what is wrong, where, and what to do."""


def log_to(path: str | Path) -> None:
    """Send the package's messages to a file, beginning it anew."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
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


def fail(error: BaseException) -> NoReturn:
    """Write the error as sentences, one a line, and its traceback into the log, then end the job with status 1."""
    sentence = str(error) if isinstance(error, PosemakeError) else f"{type(error).__name__}: {error}"
    logger.error("%s", "".join(traceback.format_exception(error)).rstrip())
    for line in filter(None, (" ".join(part.split()) for part in sentence.splitlines())):
        logger.error("%s%s", ERROR_MARK, line)
    logging.shutdown()
    sys.exit(1)


def run_job(main, snakemake) -> None:
    """Run ``main(input, output, params, log)`` of a rule's script with its log file and its way to fail."""
    log_to(snakemake.log[0])
    try:
        main(snakemake.input, snakemake.output, snakemake.params, snakemake.log)
    except KeyboardInterrupt as error:
        fail(PosemakeError(f"interrupted ({type(error).__name__})"))
    except Exception as error:
        fail(error)


def error_sentences(snakemake_log: str | Path) -> list[str]:
    """Collect the sentences of the jobs that failed in a run.

    Parameters
    ----------
    snakemake_log
        Snakemake's own log of the run, which names the log file of each failed job.

    Returns
    -------
    list of str
        ``<log file>: <sentence>``, further lines of it indented, each once, in the order of failure.
    """
    sentences: dict[str, None] = {}
    for line in Path(snakemake_log).read_text(encoding="utf-8", errors="replace").splitlines():
        label, _, rest = line.strip().partition(":")
        if label != "log" or "(check log file(s) for error details)" not in rest:
            continue
        path = Path(rest.replace("(check log file(s) for error details)", "").strip())
        if not path.is_file():
            continue
        entries = path.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [sentence for _, mark, sentence in (entry.partition(ERROR_MARK) for entry in entries) if mark]
        sentences |= dict.fromkeys([f"{path}: {told[0]}", *(f"  {line}" for line in told[1:])] if told else [])
    return list(sentences)


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
