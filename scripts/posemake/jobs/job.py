"""The frame of every job: its log file, its errors, and its end when the run that started it is gone."""

import gc
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import psutil

from posemake.core.errors import PosemakeError
from posemake.core.log import log_to, logger
from posemake.core.machine_errors import sentence_of
from posemake.jobs.failures import ERROR_MARK
from posemake.jobs.input_checks import changed, stamps
from posemake.jobs.processes import find_launcher

CHECK_INTERVAL = 1.0  # seconds between looks at the run that started the job
GC_THRESHOLD = (
    50_000  # new objects: imports make hundreds of thousands that stay, and Python's 700 costs a tenth of a job's start
)


def fail(error: BaseException) -> NoReturn:
    """Write an error into the log, as sentences and with its traceback, and end the job with status 1."""
    sentence = str(error) if isinstance(error, PosemakeError) else sentence_of(error) or f"{type(error).__name__}: {error}"
    logger.error("%s", "".join(traceback.format_exception(error)).rstrip())
    for line in filter(None, (" ".join(part.split()) for part in sentence.splitlines())):
        logger.error("%s%s", ERROR_MARK, line)
    logging.shutdown()
    sys.exit(1)


@contextmanager
def unchanged(paths: Iterable[str]) -> Iterator[None]:
    """Fail if one of some files changes meanwhile: by its time, a result of the old content would pass for one of the new.

    Raises
    ------
    PosemakeError
        If a file changed; it names the first.
    """
    before, fault = stamps(paths), None
    try:
        yield
    except Exception as error:
        fault = error
    if found := changed(before):
        more = f", and {len(found) - 1} more were," if len(found) > 1 else ""
        raise PosemakeError(
            f"{found[0]}: was changed{more} while this job read it, so nothing is kept of it; run again once it is whole"
        ) from fault
    if fault:
        raise fault


def _end_with(parent: int, run: int | None) -> None:
    """End this process once the run that started it is gone: the next run would do the job a second time beside it.

    Parameters
    ----------
    parent
        The process that started this one. It may be a shell, which outlives the run.
    run
        The process of the run, None if unknown.
    """
    while os.getppid() == parent and (run is None or psutil.pid_exists(run)):
        time.sleep(CHECK_INTERVAL)
    logger.info("the run that started this job is gone, so the job ends")
    os.kill(os.getpid(), signal.SIGTERM)


def run_job(main: Callable[[Any, Any, Any, Any], None], snakemake: Any) -> None:
    """Run the function of a rule's script with its log file and its way to fail.

    Parameters
    ----------
    main
        Function of (input, output, params, log). It imports what it needs itself: heavy imports come after this call has recorded
        which run started the job.
    snakemake
        The object that Snakemake gives to a script.
    """
    gc.set_threshold(GC_THRESHOLD)
    parent = os.getppid()
    run = find_launcher(parent)
    try:
        log_to(snakemake.log[0])
    except OSError as error:
        sys.exit(f"posemake: {sentence_of(error) or error}")
    threading.Thread(target=_end_with, args=(parent, run), daemon=True).start()
    try:
        with unchanged(snakemake.input):
            before = sum(os.times()[:4])  # CPU seconds of this process and its children
            main(snakemake.input, snakemake.output, snakemake.params, snakemake.log)
            logger.info("CPU: %.1f s, and %.1f s before that to begin", sum(os.times()[:4]) - before, before)
    except KeyboardInterrupt as error:
        fail(PosemakeError(f"interrupted ({type(error).__name__})"))
    except Exception as error:
        fail(error)
