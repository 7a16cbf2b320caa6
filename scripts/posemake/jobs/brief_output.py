"""Short output of a run on the terminal: a line for each kind of job, where Snakemake prints ten for each job."""

import logging
import sys
import time
from collections.abc import Callable

EVENTS_OF_JOBS = {
    "workflow_started",
    "run_info",
    "resources_info",
    "job_info",
    "job_started",
    "job_finished",
    "job_error",
    "group_info",
    "group_error",
    "progress",
    "shellcmd",
}
# Beginnings of messages without an event. Unknown ones are shown.
TEXTS_OF_JOBS = (
    "Building DAG of jobs",
    "Conda environments: ignored",
    "DAG of jobs will be updated",
    "Elapsed time",
    "Exiting because a job execution failed",
    "Removing output files of failed job",
    "Select jobs to execute",
    "Shutting down, this might take some time",
    "Singularity containers: ignored",
    "Trying to restart job",
    "Updating checkpoint dependencies",
    "Using shell",
    "WorkflowError:\nAt least one job did not complete successfully",
)
SECONDS_BETWEEN_COUNTS = 30.0


def is_about_jobs(record: logging.LogRecord) -> bool:
    """Return whether a message is one of those that come with every job or run, of which the short output has its own."""
    event, text = record.__dict__.get("event"), record.msg
    # how a job ended is said at the end of the run, by its own sentence
    is_end_of_job = event == "error" and record.__dict__.get("exception") == "RuleException" and "CalledProcessError" in str(text)
    return event in EVENTS_OF_JOBS or is_end_of_job or (isinstance(text, str) and text.lstrip().startswith(TEXTS_OF_JOBS))


class BriefOutput(logging.Handler):
    """A line when the first job of a rule begins, when a job fails, and every half a minute with how far the run is.

    As a filter of the handler that prints on the terminal, it keeps Snakemake's own messages about jobs from it; they stay in
    ``.snakemake/log``.

    Parameters
    ----------
    is_on
        Tells, for each message, whether the output is short: it may depend on what is known only after a run has begun.
    clock
        Seconds.
    """

    def __init__(self, is_on: Callable[[], bool], clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self.is_on = is_on
        self._clock = clock
        self._rules: set[str] = set()
        self._counts: dict[str, int] = {}  # jobs by rule
        self._printed_at = clock()

    def shows(self, record: logging.LogRecord) -> bool:
        """Return whether Snakemake prints a message on the terminal."""
        return not (self.is_on() and is_about_jobs(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line, if there is something new."""
        fields = record.__dict__
        event = fields.get("event")
        if not self.is_on():
            return
        if event == "run_info":
            self._counts = fields.get("stats") or {}
        elif event == "job_info" and fields["rule_name"] not in {*self._rules, "all"}:
            self._rules.add(fields["rule_name"])
            number = self._counts.get(fields["rule_name"], 1)
            self._print(fields["rule_name"] + (f" ({number} jobs)" if number > 1 else ""))
        elif event == "job_error":
            self._print(f"{fields['rule_name']} failed: {next(iter(fields['log']), 'it has no log')}")
        elif event == "progress":
            steps = f"{fields['done']} of {fields['total']} jobs are done"
            if self._clock() - self._printed_at >= SECONDS_BETWEEN_COUNTS:
                self._print(steps)

    def _print(self, text: str) -> None:
        self._printed_at = self._clock()
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
