"""jobs.failures."""

import re
import signal
from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path

from posemake.core.machine_errors import how_it_ended

ERROR_MARK = "ERROR: "  # starts the line of a log that the end of a run repeats
FAILED = "(check log file(s) for error details)"  # Snakemake, after the names of a failed job's logs
# in Snakemake's log: how the command of a job ended, and the script that it ran
SIGNALLED = re.compile(r"died with (?:<Signals\.\w+: |unknown signal )(\d+)|non-zero exit status (\d+)")
SCRIPT = re.compile(r"scripts/tmp\w+\.(\w+)\.py")
SIGNALS = {*map(int, signal.Signals)}


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
