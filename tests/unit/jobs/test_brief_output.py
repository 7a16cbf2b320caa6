"""Short output of a run."""

import logging

import pytest

from posemake.jobs.brief_output import BriefOutput


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def output(clock):
    return BriefOutput(lambda: True, clock)


def record(event=None, msg="text", **fields):
    return logging.makeLogRecord({"msg": msg, "event": event, **fields})


def lines(capsys):
    """Return what was printed, without the time of day."""
    return [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()]


def test_a_line_for_each_kind_of_job(output, capsys):
    output.handle(record("run_info", stats={"prepare_video": 3, "tabulate_videos": 1, "all": 1}))
    for rule in ("prepare_video", "prepare_video", "tabulate_videos", "prepare_video", "all", "unplanned"):
        output.handle(record("job_info", rule_name=rule))
    assert lines(capsys) == ["prepare_video (3 jobs)", "tabulate_videos", "unplanned"]


def test_failures_are_said_when_they_happen(output, capsys):
    output.handle(record("job_error", rule_name="train_model", log=["logs/train_model/small.log"]))
    output.handle(record("job_error", rule_name="all", log=[]))
    assert lines(capsys) == ["train_model failed: logs/train_model/small.log", "all failed: it has no log"]


def test_long_runs_say_how_far_they_are(output, clock, capsys):
    for seconds in (1, 29, 31, 32, 60, 62):
        clock.seconds = seconds
        output.handle(record("progress", done=seconds, total=100))
    assert lines(capsys) == ["31 of 100 jobs are done", "62 of 100 jobs are done"]


ERROR = 'RuleException:\nCalledProcessError in file "x", line 3:\nCommand ...'


def test_what_snakemake_says_of_each_job_is_hidden(output):
    for hidden in (
        record("job_info", rule_name="all"),
        record("workflow_started"),
        record("error", ERROR, exception="RuleException"),
        record(None, "Select jobs to execute..."),
        record(None, "\nWorkflowError:\nAt least one job did not complete successfully."),
    ):
        assert not output.shows(hidden)


def test_everything_else_is_shown(output):
    for shown in (
        record("error", "MissingRuleException: no rule", exception="MissingRuleException"),
        record("error", "RuleException:\nIOError in file", exception="RuleException"),
        record(None, "Complete log(s): x"),
        record(None, "Nothing to be done"),
        record(None, None),
        record(None, ValueError("x")),
    ):
        assert output.shows(shown)


def test_an_output_that_is_not_short_is_that_of_snakemake(capsys):
    output = BriefOutput(lambda: False)
    output.handle(record("job_info", rule_name="train_model"))
    assert output.shows(record("job_info", rule_name="train_model")) and lines(capsys) == []
