import logging
import warnings
from types import SimpleNamespace

import pytest

from posemake.log import PosemakeError, error_sentences, log_to, logger, progress, run_job

pytestmark = pytest.mark.usefixtures("restored_logging")


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
    assert job(path, main).endswith(" 3 frames\n")
    assert seen == [("in", "out", "params", [str(path)])]


def test_a_log_begins_anew(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("ERROR: of the run before\n")
    assert job(path, lambda *given: None) == ""


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
    details = "(check log file(s) for error details)"
    run.write_text(
        f"""rule never_failed:
    log: {tmp_path}/never_failed.log
Error in rule b:
    log: {tmp_path}/b.log {details}
Error in rule a:
    log: {tmp_path}/a.log {details}
Error in rule b:
    log: {tmp_path}/b.log {details}
Error in rule gone:
    log: {tmp_path}/gone.log {details}
"""
    )
    assert error_sentences(run) == [f"{tmp_path}/b.log: b is wrong", f"{tmp_path}/a.log: a is wrong"]


def test_progress_passes_everything_through_and_counts_it(tmp_path):
    log_to(tmp_path / "job.log")
    assert list(progress(iter("abc"), None, "letters")) == ["a", "b", "c"]
    assert list(progress([], 0, "nothings")) == []
    text = (tmp_path / "job.log").read_text()
    assert "letters: 3 in " in text and "nothings: 0 in " in text


def test_nothing_is_printed_by_a_stage_that_no_job_runs(capsys):
    logging.getLogger("posemake").info("quiet")
    assert capsys.readouterr() == ("", "")
