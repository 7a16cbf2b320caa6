"""How a stage speaks: one log file per job, progress that fits a terminal and a log, errors in one sentence."""

import gc
import logging
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

from posemake.faults import how_it_ended, sentence_of
from posemake.inputs import changed, stamps
from posemake.parents import PARENT, RUN, is_there

T = TypeVar("T")
logger = logging.getLogger("posemake")

ERROR_MARK = "ERROR: "  # starts the line of a log that the end of a run repeats
FAILED = "(check log file(s) for error details)"  # Snakemake, after the names of a failed job's logs
SECONDS_BETWEEN_LINES = 15.0
SECONDS_ALONE = 1.0  # that a job may outlive the run that started it
# in Snakemake's log: how the command of a job ended, and the script that it ran
SIGNALLED = re.compile(r"died with (?:<Signals\.\w+: |unknown signal )(\d+)|non-zero exit status (\d+)")
SCRIPT = re.compile(r"scripts/tmp\w+\.(\w+)\.py")
SIGNALS = {*map(int, signal.Signals)}


class PosemakeError(Exception):
    """Something the user gave or did: the message says what is wrong, where, and what to do."""


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


def fail(error: BaseException) -> NoReturn:
    """Write the error as sentences, one a line, and its traceback into the log, then end the job with status 1."""
    sentence = str(error) if isinstance(error, PosemakeError) else sentence_of(error) or f"{type(error).__name__}: {error}"
    logger.error("%s", "".join(traceback.format_exception(error)).rstrip())
    for line in filter(None, (" ".join(part.split()) for part in sentence.splitlines())):
        logger.error("%s%s", ERROR_MARK, line)
    logging.shutdown()
    sys.exit(1)


@contextmanager
def unchanged(paths: Iterable[str]) -> Iterator[None]:
    """Fail if one of some files changes meanwhile: by the times, what is made of the old one would pass for that of the new."""
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
    """End this process once what started it is gone: the next run would do the job a second time beside it.

    Between its ``run`` and the job may stand a shell as its ``parent``, which outlives the run.
    """
    while os.getppid() == parent and (run is None or is_there(run)):
        time.sleep(SECONDS_ALONE)
    logger.info("the run that started this job is gone, so the job ends")
    os.kill(os.getpid(), signal.SIGTERM)


def run_job(main, snakemake) -> None:
    """Run ``main(input, output, params, log)`` of a rule's script with its log file and its way to fail."""
    if not gc.isenabled():  # see posemake/__init__.py
        gc.freeze()
        gc.enable()
    try:
        log_to(snakemake.log[0])
    except OSError as error:
        sys.exit(f"posemake: {sentence_of(error) or error}")
    threading.Thread(target=_end_with, args=(PARENT, RUN), daemon=True).start()
    try:
        with unchanged(snakemake.input):
            before = sum(os.times()[:4])  # CPU seconds of this process and its children
            main(snakemake.input, snakemake.output, snakemake.params, snakemake.log)
            logger.info("CPU: %.1f s, and %.1f s before that to begin", sum(os.times()[:4]) - before, before)
    except KeyboardInterrupt as error:
        fail(PosemakeError(f"interrupted ({type(error).__name__})"))
    except Exception as error:
        fail(error)


def error_sentences(snakemake_log: str | Path, scripts: Mapping[str, str] | None = None) -> list[str]:
    """Collect the sentences of the jobs that failed in a run.

    Parameters
    ----------
    snakemake_log
        Snakemake's own log of the run, which names the log file of each failed job.
    scripts
        Names of the scripts of rules; of a rule that is not in it, its own name.

    Returns
    -------
    list of str
        ``<log file>: <sentence>``, further lines of it indented, each once, in the order of failure; of a job that could not say
        anything, how it ended. Then what SLURM said of jobs that it ended and that have not succeeded since.
    """
    sentences: dict[str, None] = {}
    silent: dict[str, str] = {}  # jobs that a cluster ended before they could say a word: its message, by their number
    ends: dict[str, deque[int | None]] = defaultdict(deque)  # of the jobs of each script: jobs at once tell theirs interleaved
    rule, status, job, message = "", None, "", ""
    for line in Path(snakemake_log).read_text(encoding="utf-8", errors="replace").splitlines():
        if ended := SIGNALLED.search(line):
            number = int(ended[1] or ended[2])
            # a shell adds 128 to a signal; 255 and others are statuses that a program chose
            number = number if ended[1] else number - 128 if number - 128 in SIGNALS else None
            ends[script[1] if (script := SCRIPT.search(line)) else ""].append(number)
        label, _, rest = line.strip().partition(":")
        if label in ("jobid", "Finished jobid"):
            job = rest.split("(")[0].strip()
            silent.pop(job, None)
        elif label == "message":
            message = rest.split("For further error details")[0].strip()
        elif label.startswith("Error in rule "):
            rule = label.removeprefix("Error in rule ")
            waiting = ends[(scripts or {}).get(rule, rule)] or ends[""]
            status = waiting.popleft() if waiting else None
        if label != "log" or FAILED not in rest:
            continue
        paths = [Path(part.strip()) for part in rest.replace(FAILED, "").split(", ")]
        # of a job that was killed, what stands in its log is of the run before
        told = [sentence for path in paths for sentence in _told(path)] if status is None else []
        if told or not message.startswith("SLURM-job"):
            first = told[0] if told else how_it_ended(rule, status, paths[0])
            sentences |= dict.fromkeys([f"{paths[0]}: {first}", *(f"  {line}" for line in told[1:])])
        elif not any(each.endswith(message) for each in silent.values()):
            silent[job] = f"{paths[0]}: {message}"
        rule, status = "", None
    return [*sentences, *silent.values()]


def _told(log: Path) -> list[str]:
    """The sentences in the log of a job that failed."""
    if not log.is_file():
        return []
    entries = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [sentence for _, mark, sentence in (entry.partition(ERROR_MARK) for entry in entries) if mark]


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
