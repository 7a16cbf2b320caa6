import contextlib
import os
import subprocess
import sys
import time

import pytest
from helpers import SCRIPTS

from posemake.parents import first_beyond, is_there

ORPHAN = """
import os, sys, time
from types import SimpleNamespace
import posemake
if sys.argv[2] == "imports":
    print(os.getpid(), flush=True)
    time.sleep(1)
from posemake import log
log.SECONDS_ALONE = 0.05
def main(*given):
    if sys.argv[2] == "works":
        print(os.getpid(), flush=True)
    time.sleep(60)
log.run_job(main, SimpleNamespace(input="", output="", params="", log=[sys.argv[1]]))
"""
PARENT = """
import subprocess, sys
subprocess.Popen(sys.argv[1:])
sys.stdin.read()
"""
DIRECTLY, IN_A_SHELL = [], ["bash", "-c", '"$@"; true', "bash"]  # a shell that has more to do stays


@pytest.mark.parametrize("between", [DIRECTLY, IN_A_SHELL], ids=["directly", "in a shell"])
@pytest.mark.parametrize("when", ["imports", "works"])
def test_a_job_ends_with_the_run_that_started_it(tmp_path, when, between):
    path = tmp_path / "job.log"
    command = [sys.executable, "-c", PARENT, *between, sys.executable, "-c", ORPHAN, str(path), when]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        job_id = int(parent.stdout.readline())
        time.sleep(0.3)
        os.kill(job_id, 0)  # it goes on as long as its parent does
        parent.kill()
    began = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() - began < 10:
            os.kill(job_id, 0)
            time.sleep(0.02)
    assert time.monotonic() - began < 5
    assert "the run that started this job is gone" in path.read_text()


def test_beyond_shells_is_what_started_them():
    with subprocess.Popen(["bash", "-c", "echo; read; true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        shell.stdout.readline()
        assert first_beyond(shell.pid) == first_beyond(os.getpid()) == os.getpid()
        shell.kill()
    assert first_beyond(shell.pid) is None and not is_there(shell.pid) and is_there(os.getpid())
