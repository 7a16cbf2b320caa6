"""Running of a job."""

import re
import subprocess
import sys
import warnings
from types import SimpleNamespace

import pytest
from fixtures.helpers import SCRIPTS

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.jobs.job import run_job

pytestmark = pytest.mark.usefixtures("restored_logging", "outlives_its_parent")


@pytest.fixture
def outlives_its_parent(monkeypatch):
    """The jobs here run in pytest itself, which may go on without the shell that started it."""
    monkeypatch.setattr("posemake.jobs.job._end_with_run", lambda *given: None)


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


def test_an_interrupted_job_says_so(tmp_path):
    with pytest.raises(SystemExit):
        job(tmp_path / "job.log", failing(KeyboardInterrupt()))
    assert "ERROR: interrupted" in (tmp_path / "job.log").read_text()


def test_warnings_go_to_the_log_not_to_the_terminal(tmp_path, capsys):
    def main(input, output, params, log):
        warnings.warn("the mean of nothing", stacklevel=1)

    assert "the mean of nothing" in job(tmp_path / "job.log", main)
    assert "the mean of nothing" not in capsys.readouterr().err


def test_a_log_that_cannot_be_written_ends_the_job_with_a_sentence(tmp_path):
    (tmp_path / "logs").write_text("a file where a folder should be")
    with pytest.raises(SystemExit) as ended:
        job(tmp_path / "logs" / "job.log", lambda *given: None)
    assert "posemake: " in ended.value.code and "logs" in ended.value.code


def test_another_posemake_than_that_of_the_workflow_is_refused(tmp_path):
    """As one in site-packages: the digests of the rules are those of the workflow's code."""
    (tmp_path / "scripts/posemake").mkdir(parents=True)
    path = tmp_path / "job.log"
    for folder, refused in ((SCRIPTS, False), (tmp_path, False), (tmp_path / "scripts", True)):
        snakemake = SimpleNamespace(input="in", output="out", params="params", log=[str(path)], scriptdir=str(folder))
        if refused:
            with pytest.raises(SystemExit):
                run_job(lambda *given: None, snakemake)
        else:
            run_job(lambda *given: None, snakemake)
        assert ("Python imports this package instead of" in path.read_text()) is refused
