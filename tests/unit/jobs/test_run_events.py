"""What is noted of a run: records as Snakemake sends them, and errors as it handles them when it does."""

import logging
import signal
import subprocess

import pytest

from posemake.core.errors import PosemakeError
from posemake.jobs.run_events import RunEvents


@pytest.fixture
def events():
    return RunEvents()


def send(events, event=None, **fields):
    events.handle(logging.makeLogRecord({"msg": "text", "event": event, **fields}))


def fail(events, job, log, error=None, message=None, rule="filter_poses"):
    """Report a failure while its error is handled, as Snakemake does."""
    fields = {"jobid": job, "rule_name": rule, "log": [str(log)], "rule_msg": message}
    if error is None:
        send(events, "job_error", **fields)
        return
    try:
        try:
            raise error
        except subprocess.CalledProcessError:
            raise RuntimeError("as Snakemake words it") from None  # the error of the command is still its context
    except RuntimeError:
        send(events, "job_error", **fields)


def ended(status):
    return subprocess.CalledProcessError(status, "python script.py")


@pytest.fixture
def logs(tmp_path):
    paths = {name: tmp_path / f"{name}.log" for name in "abc"}
    for name, path in paths.items():
        path.write_text(f"ERROR: {name} says so\n")
    return paths


@pytest.mark.parametrize(
    ("status", "explanation"),
    [
        (-signal.SIGKILL, "was killed (SIGKILL)"),
        (137, "was killed (SIGKILL)"),
        (-signal.SIGSEGV, "crashed (SIGSEGV)"),
        (-70, "was ended from outside (signal 70)"),
        (1, "a says so"),
        (2, "a says so"),
        (128, "a says so"),
        (255, "a says so"),  # of ssh, apptainer, sys.exit(-1)
    ],
)
def test_the_signal_that_ended_a_job(events, logs, status, explanation):
    fail(events, 1, logs["a"], ended(status))
    (sentence,) = events.failure_sentences()
    assert explanation in sentence


def test_jobs_that_fail_at_once_are_not_taken_for_each_other(events, logs):
    for job, (name, status) in enumerate([("a", -9), ("b", 1), ("c", -11)]):
        fail(events, job, logs[name], ended(status), rule=name)
    assert [text.split(": ")[1].split(".")[0] for text in events.failure_sentences()] == [
        "a was killed (SIGKILL)",
        "b says so",
        "c crashed (SIGSEGV), which no job should; run again, and if it comes again, report it with this log",
    ]


def test_a_job_without_a_command_has_no_signal(events, logs):
    """As one whose outputs are missing."""
    fail(events, 1, logs["a"])
    assert events.failure_sentences() == [f"{logs['a']}: a says so"]


def test_a_job_that_succeeded_later_is_not_named(events, logs):
    fail(events, 1, logs["a"], ended(1))
    fail(events, 2, logs["b"], message="SLURM-job '7' failed, SLURM status is: 'NODE_FAIL'.")
    fail(events, 3, logs["c"], ended(1))
    send(events, "job_finished", job_id=1)
    send(events, "job_finished", job_id=2)
    assert events.failure_sentences() == [f"{logs['c']}: c says so"]


def test_a_job_that_was_tried_again_is_explained_by_its_last_end(events, logs):
    fail(events, 1, logs["a"], ended(-9))
    fail(events, 1, logs["a"], ended(1))
    assert events.failure_sentences() == [f"{logs['a']}: a says so"]


def test_a_group_of_a_cluster(events, logs, tmp_path):
    logs["b"].write_text("begun\n")
    slurm_log = str(tmp_path / "slurm.log")
    send(events, "group_error", groupid="g", aux_logs=[slurm_log], job_error_info=[{"jobid": 1}, {"jobid": 2}])
    fail(events, 1, logs["a"])
    fail(events, 2, logs["b"])
    fail(events, 3, logs["c"])
    assert events.failure_sentences() == [f"{logs['a']}: a says so", f"{logs['c']}: c says so"]


def test_the_rules_that_ran(events):
    send(events, "job_info", rule_name="label")
    send(events, "progress")
    send(events)
    assert events.rules_run == {"label"}


def test_a_refusal_before_the_run_ends_it():
    events = RunEvents(lambda: "not here", ValueError)
    send(events, "run_info")
    with pytest.raises(ValueError, match="not here"):
        send(events, "workflow_started")


def test_a_run_that_is_not_refused_begins(events):
    send(events, "workflow_started")


def test_a_plan_without_a_run_is_refused():
    """As for --summary; a run was refused before, if need be, and its plan is not."""
    events = RunEvents(refuse_plan=lambda: "there is no project")
    with pytest.raises(PosemakeError, match=r"^there is no project$"):
        events.handle(logging.makeLogRecord({"msg": "Building DAG of jobs..."}))
    send(events, "workflow_started")
    events.handle(logging.makeLogRecord({"msg": "Building DAG of jobs..."}))


def test_ends_for_which_snakemake_calls_nothing():
    ends = []
    events = RunEvents(on_end=ends.append)
    for text in ("This was a dry-run (flag -n). The order", "Nothing to be done (all requested files", "Elapsed time: 1", None):
        events.handle(logging.makeLogRecord({"msg": text}))
    assert ends == [True, False]
