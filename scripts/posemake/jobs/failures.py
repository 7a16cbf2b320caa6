"""Failed jobs, and what the user is told about them at the end of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from posemake.core.machine_errors import describe_job_end

ERROR_MARK = "ERROR: "  # precedes, in the log of a job, the sentences that are repeated at the end of the run
DETAILS = "For further error details"  # begins the part of a cluster's message that names its log files


@dataclass(frozen=True)
class Failure:
    """One job that failed, as Snakemake reported it."""

    rule: str
    logs: tuple[str, ...]  # the job's own log, then those of the cluster
    signal: int | None = None  # that ended the job
    message: str = ""  # of the cluster
    group_log: str = ""  # of the cluster, if the job shared one with others

    @property
    def log(self) -> str:
        """Return the log that is named to the user."""
        return next(iter(self.logs), "") or self.group_log

    def logged_sentences(self) -> list[str]:
        """Return the sentences that the job wrote into its log before it failed; none if it was killed.

        What stands in the log of a job that was killed may be of an earlier run.
        """
        return [sentence for log in self.logs for sentence in _read_sentences(Path(log))] if self.signal is None else []


def _read_sentences(log: Path) -> list[str]:
    if not log.is_file():
        return []
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [sentence for _, mark, sentence in (line.partition(ERROR_MARK) for line in lines) if mark]


def failure_sentences(failures: Iterable[Failure]) -> list[str]:
    """Say why jobs failed.

    Returns
    -------
    list of str
        ``<log file>: <sentence>`` for each job, with the further lines of its error indented below. Equal sentences are given
        once. A job that was killed, or that left no sentence, is described by how it ended.
    """
    failures = list(failures)
    logged = [failure.logged_sentences() for failure in failures]
    explained_groups = {failure.group_log for failure, sentences in zip(failures, logged) if sentences}
    lines: dict[str, None] = {}
    for failure, sentences in zip(failures, logged):
        if sentences:
            first, *further = sentences
            lines |= dict.fromkeys([f"{failure.log}: {first}", *(f"  {line}" for line in further)])
        elif failure.message:
            lines[f"{failure.log}: {failure.message.split(DETAILS)[0].strip()}"] = None
        elif not failure.group_log:
            lines[f"{failure.log}: {describe_job_end(failure.rule, failure.signal, Path(failure.log))}"] = None
        elif failure.group_log not in explained_groups:
            explained_groups.add(failure.group_log)
            lines[f"{failure.group_log}: {describe_job_end('the job of the cluster', None, Path(failure.group_log))}"] = None
    return list(lines)
