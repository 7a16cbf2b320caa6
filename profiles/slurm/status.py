"""What became of the jobs of a run on a cluster: ``python <posemake>/profiles/slurm/status.py [project]``, also while it goes on.

It reads Snakemake's log of the latest run that used SLURM, asks ``squeue`` (and, where that has forgotten a job, ``sacct``,
if there is accounting), and takes what jobs used from ``benchmarks/``. Nothing is locked or changed; it needs Python alone.
"""

from __future__ import annotations  # the Python of a login node may be an old one

import argparse
import csv
import heapq
import os
import re
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

STATES = ("waiting", "queued", "running", "done", "failed")
QUEUED = ("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT", "PREEMPTED", "SUSPENDED")
ENDED_BADLY = ("BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT")
SENTENCE = "ERROR: "  # begins the lines of a job's log that say what was wrong (posemake.jobs.failures)
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://snakemake.readthedocs.io")  # of the names of groups of jobs
ASKED = re.compile(r"\b(mem_mb|runtime|gpu)=(\d+)")
NEWEST = 100  # files of each rule in benchmarks/ that are read
RUN = "SLURM run ID: "
BLOCK = re.compile(r"(local)?(rule|checkpoint|Error in rule) (\w+):")


@dataclass
class Job:
    """A job as the log of a run shows it."""

    number: str = ""
    rule: str = ""
    local: bool = False
    wildcards: str = ""
    logs: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    slurm: str = ""  # its id in the queue, once it is there
    state: str = "waiting"
    message: str = ""  # what SLURM said of its last failure
    tries: int = 0

    def uuid(self) -> str:
        """By which Snakemake names a group of which this is the last job."""
        pairs = sorted(":".join(part.strip().split("=", 1)) for part in self.wildcards.split(", ") if part)
        return str(uuid.uuid5(NAMESPACE, f"{self.rule}:{','.join(pairs)}"))


@dataclass
class Run:
    """A run as its log shows it."""

    name: str = ""  # of its jobs in the queue
    ended: bool = False
    steps: str = ""
    planned: dict[str, int] = field(default_factory=dict)  # jobs by rule, as known at the start
    jobs: dict[str, Job] = field(default_factory=dict)


def blocks(lines: list[str]) -> Iterator[tuple[re.Match | None, str, dict[str, str]]]:
    """Lines one by one, as ``(match, line, values)``; where a job is described, with the ``key: value`` lines below it."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        found = BLOCK.fullmatch(line.strip())
        values: dict[str, str] = {}
        if found:
            indent = len(line) - len(line.lstrip()) + 4
            while at < len(lines) and re.match(rf" {{{indent}}}\S", lines[at]):
                key, _, value = lines[at].strip().partition(": ")
                values[key] = value
                at += 1
        yield found, line, values


class LogReader:
    """Reads the log that Snakemake writes of a run, line by line."""

    def __init__(self) -> None:
        self.run = Run()
        self.group: list[str] = []  # jobs of the group that is being described
        self.groups: dict[str, list[str]] = {}  # jobs of each group, by the names of groups
        self.in_table = False  # between the head of the table of planned jobs and its total

    def begin_job(self, found: re.Match, values: dict[str, str], in_group: bool) -> None:
        """Take note of a job that Snakemake starts or submits."""
        number = values.get("jobid", "")
        job = self.run.jobs.setdefault(number, Job(number, found[3], bool(found[1])))
        job.wildcards, job.state = values.get("wildcards", ""), "running" if found[1] else "waiting"
        job.logs = [path for path in values.get("log", "").split(", ") if path]
        job.asked = {key: int(value) for key, value in ASKED.findall(values.get("resources", ""))}
        job.tries += 1
        self.group = [*self.group, number] if in_group else []
        if self.group:
            self.groups[job.uuid()] = self.group
        for member in self.group:  # the last one is known only when all of them are
            self.groups[self.run.jobs[member].uuid()] = self.group

    def fail_job(self, job: Job, values: dict[str, str]) -> None:
        """Take note of the failure of a job, and of the log files that it names."""
        job.state, job.message = "failed", values.get("message", "").split("For further")[0].strip() or job.message
        more = values.get("log", "").replace("(check log file(s) for error details)", "").split(", ")
        job.logs = list(dict.fromkeys([*job.logs, *(path.strip() for path in more if path.strip())]))

    def set_state(self, name: str, state: str, slurm: str | None = None) -> None:
        """Set the state of a job, or of all jobs of a group."""
        for number in self.groups.get(name, [name]):
            if number in self.run.jobs:
                job = self.run.jobs[number]
                job.state, job.slurm = state, job.slurm if slurm is None else slurm

    def read_table(self, line: str) -> bool:
        """Read a line of the table of planned jobs; False for any other line."""
        if line == "Job stats:":
            self.in_table = True
        elif self.in_table and (row := re.fullmatch(r"(\w+) +(\d+)", line)):
            self.run.planned[row[1]] = int(row[2])
            self.in_table = row[1] != "total"
        else:
            return False
        return True

    def read_line(self, line: str) -> None:
        """Read a line that describes no job."""
        if self.read_table(line):
            return
        if found := re.match(RUN + r"(\S+)", line):
            self.run.name = found[1]
        elif "Group job " in line:
            self.group = []
        elif found := re.match(r"Job (\S+) has been submitted with SLURM jobid (\d+)", line):
            self.set_state(found[1], "submitted", found[2])
        elif found := re.match(r"Finished jobid: (\d+)", line):
            self.set_state(found[1], "done")
        elif found := re.match(r"Trying to restart job (\S+)\.$", line):
            self.set_state(found[1], "waiting")
        elif found := re.match(r"(\d+ of \d+) steps", line):
            self.run.steps = found[1]
        self.run.ended |= line.startswith("Complete log")

    def read(self, text: str) -> Run:
        """Read the whole log."""
        for found, line, values in blocks(text.splitlines()):
            if found and found[2] != "Error in rule":
                self.begin_job(found, values, line.startswith(" "))
            elif found and (job := self.run.jobs.get(values.get("jobid", ""))):
                self.fail_job(job, values)
            else:
                self.read_line(line.strip())
        return self.run


def read_log(text: str) -> Run:
    """Read the log that Snakemake writes of a run."""
    return LogReader().read(text)


def ask(*command: str) -> str | None:
    """What a command prints; none if it is not here or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def ask_slurm(run: Run, ask: Callable[..., str | None] = ask) -> str:
    """Set the states of submitted jobs to what SLURM says; returns a sentence where it says nothing."""
    open_jobs = [job for job in run.jobs.values() if job.state == "submitted"]
    if not open_jobs:
        return ""
    answers = [ask("squeue", "--noheader", "--states=all", f"--name={run.name}", "--format=%i|%T")]
    told = dict(line.strip().split("|")[:2] for line in (answers[0] or "").splitlines() if "|" in line)
    forgotten = sorted({job.slurm for job in open_jobs} - set(told))
    if forgotten:
        columns = ("--noheader", "--parsable2", "--allocations", "--format=JobIDRaw,State")
        answers.append(ask("sacct", *columns, f"--jobs={','.join(forgotten)}"))
        told |= dict(line.strip().split("|")[:2] for line in (answers[1] or "").splitlines() if "|" in line)
    for job in open_jobs:
        state = told.get(job.slurm, "").split(" ")[0].rstrip("+")
        if state in ENDED_BADLY:
            job.state, job.message = "failed", f"SLURM says {state}"
        elif state == "COMPLETED":
            job.state = "done"
        else:
            job.state = "running" if state and state not in QUEUED else "queued"
    if all(answer is None for answer in answers):
        return "Neither squeue nor sacct answers here: jobs shown as queued may be running, or have ended."
    return ""


def newest_of(folder: Path) -> list[Path]:
    """The newest files of a folder and those below it; they are not opened, as there may be many, on a drive in the network."""
    dated, folders = [], [folder]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(Path(entry.path))
                elif entry.name.endswith(".tsv"):
                    dated.append((entry.stat().st_mtime, Path(entry.path)))
    return [path for _, path in heapq.nlargest(NEWEST, dated)]


def used(folder: Path) -> dict[str, tuple[float, float]]:
    """The most memory (MB) and time (minutes) that a job of each rule took, of its last hundred in ``benchmarks/``."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in [inner for outer in folder.glob("*") for inner in (newest_of(outer) if outer.is_dir() else [outer])]:
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                try:
                    memory = float(row["max_rss"]) if row["max_rss"] not in ("-", "NA") else 0.0
                    found[path.relative_to(folder).parts[0].removesuffix(".tsv")].append((memory, float(row["s"]) / 60))
                except (KeyError, TypeError, ValueError):
                    continue  # of a job that is just writing it
    return {rule: (max(memory for memory, _ in rows), max(time for _, time in rows)) for rule, rows in found.items()}


def last_sentence(project: Path, job: Job) -> str:
    """The last thing that a failed job said, with SLURM's word for its end where it has one."""
    last, end = "", re.search(r"\b([A-Z_]{4,})\b(?<!SLURM)", job.message)
    for path in (project / log for log in job.logs):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        told = [line.partition(SENTENCE)[2] for line in lines if SENTENCE in line]
        of_slurm = [line.strip() for line in lines if line.startswith(("slurmstepd:", "srun: error:"))]
        if told:
            return told[-1] + (f" (SLURM: {end[1]})" if end and end[1] != "FAILED" else "")
        last = of_slurm[0] if of_slurm else last
    return " ".join(filter(None, (job.message, last))) or "no word in its log"


def table_of(run: Run, taken: dict[str, tuple[float, float]]) -> list[list[str]]:
    """Rows of the table: a rule, its jobs by state, what they took at most and what they ask for."""
    rules = list(dict.fromkeys([*(job.rule for job in run.jobs.values()), *run.planned]))
    rows = [["rule", *STATES, "memory (MB)", "asked", "time (min)", "asked", "gpu"]]
    for rule in (rule for rule in rules if rule not in ("all", "total")):
        jobs = [job for job in run.jobs.values() if job.rule == rule]
        counts = {state: sum(job.state == state for job in jobs) for state in STATES}
        counts["waiting"] += max(0, run.planned.get(rule, 0) - len(jobs))
        memory, time = (f"{value:.{digits}f}" for value, digits in zip(taken[rule], (0, 1))) if rule in taken else ("", "")
        in_queue = [job for job in jobs if not job.local]
        asked = [max((job.asked.get(key, 0) for job in in_queue), default=0) for key in ("mem_mb", "runtime", "gpu")]
        cells = (*(counts[state] for state in STATES), memory, asked[0], time, asked[1], asked[2])
        rows.append([rule, *(str(cell or "") for cell in cells)])
    return rows


def show(project: Path, log: Path, note: Callable[..., str | None] = ask) -> str:
    """The whole answer, as text."""
    run = read_log(log.read_text(encoding="utf-8", errors="replace"))
    silent = ask_slurm(run, note)
    rows = table_of(run, used(project / "benchmarks"))
    width = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    how = "ended" if run.ended else "goes on, or was killed"
    lines = [f"{log.name.removesuffix('.snakemake.log')}: the run {how}; {run.steps or '0'} steps are done", ""]
    lines += ["  ".join([row[0].ljust(width[0]), *(cell.rjust(n) for cell, n in zip(row[1:], width[1:]))]) for row in rows]
    again = [job for job in run.jobs.values() if job.tries > 1 and job.state != "failed"]
    if again:
        lines += ["", f"tried again after a failure: {', '.join(sorted(f'{job.rule} ({job.wildcards})' for job in again)[:20])}"]
    failed = [job for job in run.jobs.values() if job.state == "failed"]
    lines += ["", "failed:"] * bool(failed)
    lines += [f"  {job.rule} {job.wildcards}: {last_sentence(project, job)}  [{', '.join(job.logs)}]" for job in failed]
    return "\n".join([*lines, *(["", silent] if silent else [])])


def latest(logs: list[Path]) -> Path:
    """The newest log of a run that used SLURM, if there is one: --unlock, --report and a run that is refused have logs, too."""
    for log in sorted(logs, reverse=True):
        with log.open(encoding="utf-8", errors="replace") as file:
            if any(line.startswith(RUN) for line in file):
                return log
    return max(logs)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path(), help="the project's folder (default: this one)")
    project = parser.parse_args().project
    logs = list((project / ".snakemake/log").glob("*.snakemake.log"))
    if not logs:
        sys.exit(f"{project / '.snakemake/log'}: no run has left a log here; is this the project's folder?")
    print(show(project, latest(logs)))


if __name__ == "__main__":
    main()
