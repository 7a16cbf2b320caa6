"""Running of a job: its log, its errors, and its end when the run that started it is gone."""

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
from pathlib import Path
from typing import Any, NoReturn

import psutil

from posemake.core.errors import PosemakeError
from posemake.core.log import log_to, logger
from posemake.core.machine_errors import describe_error
from posemake.core.paths import StrPath
from posemake.jobs.failures import ERROR_MARK
from posemake.jobs.input_checks import changed_files, file_states
from posemake.jobs.processes import find_launcher

PACKAGE = Path(__file__).resolve().parents[1]
CHECK_INTERVAL = 1.0  # seconds between checks of the run that started the job
# New objects between garbage collections. Imports make hundreds of thousands of objects that stay; with Python's 700, collections
# take a tenth of a job's start.
GC_THRESHOLD = 50_000


def _fail(error: BaseException) -> NoReturn:
    """Write an error into the log, with its traceback and in sentences, and end the job with status 1."""
    sentences = str(error) if isinstance(error, PosemakeError) else describe_error(error) or f"{type(error).__name__}: {error}"
    logger.error("%s", "".join(traceback.format_exception(error)).rstrip())
    for line in filter(None, (" ".join(part.split()) for part in sentences.splitlines())):
        logger.error("%s%s", ERROR_MARK, line)
    logging.shutdown()
    sys.exit(1)


@contextmanager
def forbid_changes(paths: Iterable[str]) -> Iterator[None]:
    """Raise an error if a file changes meanwhile, as Snakemake would take a result of the old content for one of the new.

    Raises
    ------
    PosemakeError
        If a file changed; the message names the first.
    """
    before, cause = file_states(paths), None
    try:
        yield
    except Exception as error:
        cause = error
    if changed := changed_files(before):
        others = f", and {len(changed) - 1} more were," if len(changed) > 1 else ""
        raise PosemakeError(
            f"{changed[0]}: was changed{others} while this job read it, so nothing is kept of it; run again once it is whole"
        ) from cause
    if cause:
        raise cause


def _check_package(script_folder: StrPath | None) -> None:
    """Refuse another posemake than that of the workflow, as the digests of the rules' code would not be of what runs."""
    expected = Path(script_folder or "") / "posemake"
    if script_folder and expected.is_dir() and expected.resolve() != PACKAGE:
        raise PosemakeError(
            f"{PACKAGE}: Python imports this package instead of {expected.resolve()}, which belongs to the workflow; "
            f"remove it (pip uninstall posemake), or install that of the workflow (pip install -e)"
        )


def _end_with_run(parent: int, run: int | None) -> None:
    """End this process once the run that started it is gone, as the next run would start the same job beside it.

    Parameters
    ----------
    parent
        Process that started this one. It may be a shell, which outlives the run.
    run
        Process of the run, None if unknown.
    """
    while os.getppid() == parent and (run is None or psutil.pid_exists(run)):
        time.sleep(CHECK_INTERVAL)
    logger.info("the run that started this job is gone, so the job ends")
    os.kill(os.getpid(), signal.SIGTERM)


def run_job(main: Callable[[Any, Any, Any, Any], None], snakemake: Any) -> None:
    """Run the main function of a rule's script; write its errors into the log of the job.

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
        sys.exit(f"posemake: {describe_error(error) or error}")
    threading.Thread(target=_end_with_run, args=(parent, run), daemon=True).start()
    try:
        _check_package(getattr(snakemake, "scriptdir", None))
        with forbid_changes(snakemake.input):
            before = sum(os.times()[:4])  # CPU seconds of this process and its children
            main(snakemake.input, snakemake.output, snakemake.params, snakemake.log)
            logger.info("CPU: %.1f s, and %.1f s before that to begin", sum(os.times()[:4]) - before, before)
    except KeyboardInterrupt as error:
        _fail(PosemakeError(f"interrupted ({type(error).__name__})"))
    except Exception as error:
        _fail(error)
