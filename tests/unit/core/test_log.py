"""Log and progress of a job."""

import logging

import pytest

from posemake.core.log import log_to, logger, progress

pytestmark = pytest.mark.usefixtures("restored_logging")


def test_a_second_log_takes_over(tmp_path):
    log_to(tmp_path / "a.log")
    logger.info("first")
    log_to(tmp_path / "b.log")
    logger.info("second")
    assert "first" in (tmp_path / "a.log").read_text() and "second" not in (tmp_path / "a.log").read_text()
    assert "second" in (tmp_path / "b.log").read_text() and "first" not in (tmp_path / "b.log").read_text()


def test_progress_passes_everything_through_and_counts_it(tmp_path):
    log_to(tmp_path / "job.log")
    assert list(progress(iter("abc"), None, "letters")) == ["a", "b", "c"]
    assert list(progress([], 0, "nothings")) == []
    text = (tmp_path / "job.log").read_text()
    assert "letters: 3 in " in text and "nothings: 0 in " in text


def test_nothing_is_printed_by_a_stage_that_no_job_runs(capsys):
    logging.getLogger("posemake").info("quiet")
    assert capsys.readouterr() == ("", "")
