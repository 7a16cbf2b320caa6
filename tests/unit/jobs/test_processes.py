import contextlib
import os
import subprocess
import sys
import time

import pytest
from fixtures.helpers import SCRIPTS

from posemake.jobs.processes import find_launcher

ORPHAN = """
import os, sys, time
from types import SimpleNamespace
from posemake.jobs import job
job.CHECK_INTERVAL = 0.05
def main(*given):
    print(os.getpid(), flush=True)
    time.sleep(60)
job.run_job(main, SimpleNamespace(input="", output="", params="", log=[sys.argv[1]]))
"""
PARENT = """
import subprocess, sys
subprocess.Popen(sys.argv[1:])
sys.stdin.read()
"""
DIRECTLY, IN_A_SHELL = [], ["bash", "-c", '"$@"; true', "bash"]  # a shell that has more to do stays


@pytest.mark.parametrize("between", [DIRECTLY, IN_A_SHELL], ids=["directly", "in a shell"])
def test_a_job_ends_with_the_run_that_started_it(tmp_path, between):
    path = tmp_path / "job.log"
    command = [sys.executable, "-c", PARENT, *between, sys.executable, "-c", ORPHAN, str(path)]
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
        assert find_launcher(shell.pid) == find_launcher(os.getpid()) == os.getpid()
        shell.kill()
    assert find_launcher(shell.pid) is None
