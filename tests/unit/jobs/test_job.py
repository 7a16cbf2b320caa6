import logging
import re
import subprocess
import sys
import warnings
from types import SimpleNamespace

import pytest
from fixtures.helpers import SCRIPTS

from posemake.core.errors import PosemakeError
from posemake.core.log import log_to, logger, progress
from posemake.jobs.failures import error_sentences
from posemake.jobs.job import run_job

pytestmark = pytest.mark.usefixtures("restored_logging", "outlives_its_parent")


@pytest.fixture
def outlives_its_parent(monkeypatch):
    """The jobs here run in pytest itself, which may go on without the shell that started it."""
    monkeypatch.setattr("posemake.jobs.job._end_with", lambda *given: None)


def job(path, main):
    """Run a script's main as Snakemake does, and return what its log holds."""
    run_job(main, SimpleNamespace(input="in", output="out", params="params", log=[str(path)]))
    return path.read_text()


def failing(error):
    def main(input, output, params, log):
        logger.info("begun")
        raise error

    return main


def test_a_job_is_given_its_files_and_its_log(tmp_path):
    seen = []

    def main(input, output, params, log):
        seen.append((input, output, params, log))
        logger.info("%d frames", 3)

    path = tmp_path / "logs" / "new" / "job.log"
    told, spent = job(path, main).splitlines()
    assert told.endswith(" 3 frames") and re.search(r" CPU: \d+\.\d s, and \d+\.\d s before that to begin$", spent)
    assert seen == [("in", "out", "params", [str(path)])]


def test_a_job_looks_for_garbage_less_often(tmp_path):
    """Imports make many objects that stay; elsewhere Python's own threshold holds."""
    script = tmp_path / "script.py"
    script.write_text(
        "import gc\nfrom types import SimpleNamespace as S\nfrom posemake.jobs.job import GC_THRESHOLD, run_job\n"
        "before = gc.get_threshold()[0]\nsnakemake = S(input=[], output=[], params=[], log=['log.txt'])\n"
        "run_job(lambda *given: print(gc.isenabled(), before < gc.get_threshold()[0] == GC_THRESHOLD), snakemake)\n"
    )
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(SCRIPTS), "PATH": ""}
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_a_log_begins_anew(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("ERROR: of the run before\n")
    (line,) = job(path, lambda *given: None).splitlines()
    assert "CPU" in line


@pytest.mark.parametrize(
    "error, sentence",
    [
        (PosemakeError("a.csv: row 3 is wrong; mend it"), "a.csv: row 3 is wrong; mend it"),
        (PosemakeError("a  b:\tc"), "a b: c"),
        (KeyError("snout"), "KeyError: 'snout'"),
    ],
)
def test_a_job_that_fails_says_why_in_one_line_under_its_traceback(tmp_path, error, sentence):
    path = tmp_path / "job.log"
    with pytest.raises(SystemExit) as ended:
        job(path, failing(error))
    assert ended.value.code == 1
    lines = path.read_text().splitlines()
    assert lines[0].endswith(" begun")
    assert "Traceback (most recent call last):" in lines[1]
    assert lines[-1].endswith(f" ERROR: {sentence}")
    assert sum("ERROR: " in line for line in lines) == 1


def test_an_error_of_several_lines_keeps_them(tmp_path):
    """As where a stage tells of all that is wrong at once."""
    with pytest.raises(SystemExit):
        job(tmp_path / "job.log", failing(PosemakeError("2 videos cannot be read:\n  a: is empty\n\nb:  is cut off\n")))
    lines = [line.partition(" ERROR: ")[2] for line in (tmp_path / "job.log").read_text().splitlines() if " ERROR: " in line]
    assert lines == ["2 videos cannot be read:", "a: is empty", "b: is cut off"]
    run = tmp_path / "run.log"
    run.write_text(f"    log: {tmp_path}/job.log (check log file(s) for error details)\n" * 2)
    assert error_sentences(run) == [f"{tmp_path}/job.log: 2 videos cannot be read:", "  a: is empty", "  b: is cut off"]


def test_an_interrupted_job_says_so(tmp_path):
    with pytest.raises(SystemExit):
        job(tmp_path / "job.log", failing(KeyboardInterrupt()))
    assert "ERROR: interrupted" in (tmp_path / "job.log").read_text()


def test_warnings_go_to_the_log_not_to_the_terminal(tmp_path, capsys):
    def main(input, output, params, log):
        warnings.warn("the mean of nothing", stacklevel=1)

    assert "the mean of nothing" in job(tmp_path / "job.log", main)
    assert "the mean of nothing" not in capsys.readouterr().err


def test_a_second_log_takes_over(tmp_path):
    log_to(tmp_path / "a.log")
    logger.info("first")
    log_to(tmp_path / "b.log")
    logger.info("second")
    assert "first" in (tmp_path / "a.log").read_text() and "second" not in (tmp_path / "a.log").read_text()
    assert "second" in (tmp_path / "b.log").read_text() and "first" not in (tmp_path / "b.log").read_text()


def test_the_sentences_of_a_run_are_those_of_its_failed_jobs(tmp_path):
    for name in ("a", "b", "never_failed"):
        with pytest.raises(SystemExit):
            job(tmp_path / f"{name}.log", failing(PosemakeError(f"{name} is wrong")))
    run = tmp_path / "run.log"
    run.write_text(
        f"""rule never_failed:
    log: {tmp_path}/never_failed.log
{failed("b", tmp_path)}{failed("a", tmp_path)}{failed("b", tmp_path)}{failed("gone", tmp_path)}"""
    )
    assert error_sentences(run) == [
        f"{tmp_path}/b.log: b is wrong",
        f"{tmp_path}/a.log: a is wrong",
        f"{tmp_path}/gone.log: gone failed and left no reason here; what it printed stands above",
    ]


def raised(script, ended):
    """What Snakemake's log has of a command that failed."""
    return f"""RuleException:
CalledProcessError in file "rules/some.smk", line 55:
Command 'set -euo pipefail;  python /some where/.snakemake/scripts/tmpq_8x.{script}.py' {ended}
"""


def noted(rule, folder, log=""):
    """What it has of a job that failed, after that."""
    return f"""[Sun Nov 22 00:00:45 2026]
Error in rule {rule}:
    message: None
    log: {folder}/{log or rule}.log (check log file(s) for error details)
"""


def failed(rule, folder, ended="returned non-zero exit status 1."):
    return raised(rule, ended) + noted(rule, folder)


STATUS_1, KILLED = "returned non-zero exit status 1.", "died with <Signals.SIGKILL: 9>."
CRASHED = "died with <Signals.SIGSEGV: 11>."


def told(tmp_path, *blocks, **scripts):
    """What is said after `<job>: ` at the end of a run with these blocks; each job's log holds `its own word`."""
    for name in "abc":
        (tmp_path / f"{name}.log").write_text("ERROR: its own word\n")
    (tmp_path / "run.log").write_text("".join(blocks))
    found = [line.removeprefix(f"{tmp_path}/").partition(".log: ") for line in error_sentences(tmp_path / "run.log", scripts)]
    return {job: re.split("[.,]", sentence)[0] for job, _, sentence in found}


def test_jobs_that_fail_at_once_are_not_taken_for_each_other(tmp_path):
    one, two, three = raised("a", KILLED), raised("b", STATUS_1), raised("c", CRASHED)
    errors = [noted(name, tmp_path) for name in "abc"]
    right = {"a": "a was killed (SIGKILL)", "b": "its own word", "c": "c crashed (SIGSEGV)"}
    assert told(tmp_path, one, two, three, *errors) == right
    assert told(tmp_path, one, two, three, *errors[::-1]) == right
    assert told(tmp_path, two, one, errors[0], three, errors[1], errors[2]) == right


def test_jobs_of_one_script_are_told_in_their_order(tmp_path):
    raises = raised("model", KILLED), raised("b", CRASHED), raised("model", STATUS_1)
    notes = noted("model", tmp_path, "a"), noted("repeat", tmp_path, "c"), noted("b", tmp_path)
    right = {"a": "model was killed (SIGKILL)", "c": "its own word", "b": "b crashed (SIGSEGV)"}
    assert told(tmp_path, *raises, *notes, repeat="model") == right


def test_a_job_that_lacks_a_command_is_given_no_other_ones_end(tmp_path):
    """As one whose outputs are missing."""
    found = told(tmp_path, raised("a", KILLED), noted("b", tmp_path), noted("a", tmp_path))
    assert found == {"b": "its own word", "a": "a was killed (SIGKILL)"}


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        ("died with <Signals.SIGKILL: 9>.", "a was killed (SIGKILL). If you did not do that, the machine most likely ran out"),
        ("returned non-zero exit status 137.", "a was killed (SIGKILL)"),
        ("died with <Signals.SIGSEGV: 11>.", "a crashed (SIGSEGV)"),
        ("died with <Signals.SIGTERM: 15>.", "a was ended from outside (SIGTERM)"),
        ("died with unknown signal 70.", "a was ended from outside (signal 70)"),
    ],
)
def test_a_job_that_was_killed_says_how_and_not_what_the_run_before_said(tmp_path, ended, says):
    (tmp_path / "a.log").write_text("ERROR: of the run before\n")
    (tmp_path / "b.log").write_text("ERROR: of its own\n")
    run = tmp_path / "run.log"
    run.write_text(failed("a", tmp_path, ended) + failed("b", tmp_path))
    first, second = error_sentences(run)
    assert first.startswith(f"{tmp_path}/a.log: {says}") and second == f"{tmp_path}/b.log: of its own"


@pytest.mark.parametrize("status", [2, 128, 255])
def test_a_status_that_is_no_signal_hides_nothing_of_the_log(tmp_path, status):
    ended = f"returned non-zero exit status {status}."  # 255: of ssh, apptainer, sys.exit(-1)
    assert told(tmp_path, raised("a", ended), noted("a", tmp_path)) == {"a": "its own word"}


def test_a_log_that_cannot_be_written_ends_the_job_with_a_sentence(tmp_path):
    (tmp_path / "logs").write_text("a file where a folder should be")
    with pytest.raises(SystemExit) as ended:
        job(tmp_path / "logs" / "job.log", lambda *given: None)
    assert "posemake: " in ended.value.code and "logs" in ended.value.code


def test_what_a_cluster_says_of_jobs_that_said_nothing(tmp_path):
    """Its log stands beside theirs; of a job that it ended and that succeeded later, nothing is told."""
    with pytest.raises(SystemExit):
        job(tmp_path / "said.log", failing(PosemakeError("it is wrong")))
    (tmp_path / "late.log").write_text("begun\n")
    block = """Error in rule x:
    message: SLURM-job '{0}' failed, SLURM status is: '{1}'. For further error details see the cluster/cloud log
    jobid: {0}
    log: {2}/{3}.log, {2}/{0}.slurm.log (check log file(s) for error details)
"""
    jobs = [(1, "FAILED", tmp_path, "said"), (2, "TIMEOUT", tmp_path, "late"), (3, "NODE_FAIL", tmp_path, "again")]
    run = tmp_path / "run.log"
    run.write_text("".join(block.format(*each) for each in jobs) + "Finished jobid: 3 (Rule: x)\n")
    assert error_sentences(run) == [
        f"{tmp_path}/said.log: it is wrong",
        f"{tmp_path}/late.log: SLURM-job '2' failed, SLURM status is: 'TIMEOUT'.",
    ]


def test_progress_passes_everything_through_and_counts_it(tmp_path):
    log_to(tmp_path / "job.log")
    assert list(progress(iter("abc"), None, "letters")) == ["a", "b", "c"]
    assert list(progress([], 0, "nothings")) == []
    text = (tmp_path / "job.log").read_text()
    assert "letters: 3 in " in text and "nothings: 0 in " in text


def test_nothing_is_printed_by_a_stage_that_no_job_runs(capsys):
    logging.getLogger("posemake").info("quiet")
    assert capsys.readouterr() == ("", "")
