"""Events of a run, as Snakemake's logger reports them to its handlers."""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from posemake.core.errors import PosemakeError
from posemake.jobs.failures import Failure, failure_sentences

PLAN_BEGINS, NOTHING_TO_DO, DRY_RUN_ENDS = "Building DAG of jobs", "Nothing to be done", "This was a dry-run"  # Snakemake's words
SIGNALS = {*map(int, signal.Signals)}


def _signal_of(error: BaseException | None) -> int | None:
    """Return the signal that ended the command of a job, from the error that it brought about; None if there was none."""
    while error is not None:
        if isinstance(error, subprocess.CalledProcessError):
            if error.returncode < 0:
                return -error.returncode
            # a shell adds 128 to the signal that ended its command; other statuses are those that a program chose
            return error.returncode - 128 if error.returncode - 128 in SIGNALS else None
        error = error.__cause__ or error.__context__
    return None


class RunEvents(logging.Handler):
    """What happened in a run, whatever `--quiet` hides from the terminal.

    Snakemake sends records with an attribute ``event`` (``LogEvent`` of snakemake-interface-logger-plugins) to all handlers of
    its logger. A handler that the Snakefile adds needs no installation, unlike a plugin, and no option on the command line.

    Parameters
    ----------
    refuse
        Called when a run, a dry-run or a touch begins, before Snakemake locks the folder. It returns why the run must not begin,
        or nothing. `--unlock`, `--lint`, `--report` and the like never get there.
    error
        Raised with the reason. It ends the run.
    refuse_plan
        Called when jobs are planned without a run, as for `--summary`. It returns why there is no plan, or nothing.
    on_end
        Called at the end of a dry-run, and of a run that has nothing to do, for which the Snakefile's own handlers are not
        called; with whether it is a dry-run.
    """

    def __init__(
        self,
        refuse: Callable[[], str] = str,
        error: type[Exception] = PosemakeError,
        refuse_plan: Callable[[], str] = str,
        on_end: Callable[[bool], object] = bool,
    ):
        super().__init__()
        self.refuse = refuse
        self.error = error
        self.refuse_plan = refuse_plan
        self.on_end = on_end
        self._is_run = False
        self.rules_run: set[str] = set()
        self._failures: dict[int, Failure] = {}  # by job; of those that were tried again, the last
        self._group_logs: dict[int, str] = {}  # by job

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of one record."""
        fields = record.__dict__
        event = fields.get("event")
        if event == "workflow_started":
            self._is_run = True
            if reason := self.refuse():
                raise self.error(reason)
        elif event is None and isinstance(record.msg, str):
            self._note_text(record.msg)
        elif event == "job_info":
            self.rules_run.add(fields["rule_name"])
        elif event == "job_finished":
            self._failures.pop(fields["job_id"], None)
        elif event == "group_error":
            log = next(iter(fields["aux_logs"]), f"group {fields['groupid']}")
            self._group_logs |= dict.fromkeys((job["jobid"] for job in fields["job_error_info"]), log)
        elif event == "job_error":
            self._note_failure(fields)

    def _note_text(self, text: str) -> None:
        """Take note of a message that Snakemake sends without an event."""
        if text.startswith(PLAN_BEGINS) and not self._is_run and (reason := self.refuse_plan()):
            raise self.error(reason)
        if text.startswith((NOTHING_TO_DO, DRY_RUN_ENDS)):
            self.on_end(text.startswith(DRY_RUN_ENDS))

    def _note_failure(self, fields: dict[str, Any]) -> None:
        """Keep a failure. Snakemake reports it while it handles the error of the job's command."""
        job = fields["jobid"]
        self._failures.pop(job, None)  # a job that is tried again stands where it failed last
        self._failures[job] = Failure(
            rule=fields["rule_name"],
            logs=tuple(fields["log"]),
            signal=_signal_of(sys.exc_info()[1]),
            message=fields["rule_msg"] or "",
            group_log=self._group_logs.pop(job, ""),
        )

    def failure_sentences(self) -> list[str]:
        """Say why jobs failed that have not succeeded since."""
        return failure_sentences(self._failures.values())
