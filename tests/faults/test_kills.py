"""kill -9 of jobs, of Snakemake and of the whole workflow: running again gives what an undisturbed run gives, byte by byte."""

import os
import signal
import time

import numpy as np
import psutil
import pytest
from faults.kills import (
    DEPTHS,
    OF_MODEL,
    STAGES,
    WAYS,
    Run,
    kill_each_job_once,
    one_round,
    run_again,
    usual_seconds,
    without_model,
)
from faults.results import differing, results_of, undo
from workflow.tiny import CONFIG, snakemake, write_config

POSES = "results/poses/round-0/small/fast_2"
SAME = "running again gives the files of an uninterrupted run, byte by byte"
SECONDS_TO_NOTICE = 5  # one, and the step that a training is at


@pytest.mark.slow
def test_a_job_of_every_stage(project, finished, tmp_path, record_fault):
    without_model(project)
    rng = np.random.default_rng(1)
    hit, told = kill_each_job_once(project, rng, tmp_path / "gate", "--keep-going", *OF_MODEL)
    if missed := STAGES - hit:  # were done before their moment
        again, told_again = kill_each_job_once(project, rng, tmp_path / "again", "--forcerun", *missed, hurry=True)
        hit, told = hit | again, told + told_again
    assert hit >= STAGES, STAGES - hit
    assert told.count("died with <Signals.SIGKILL: 9>") >= len(STAGES)
    assert differing(project, results_of(finished)) == {}
    record_fault("kill -9 of a job, at a random moment", f"each of {len(STAGES)} stages", SAME, "the work of this job")


def test_what_is_said_of_a_job_that_the_kernel_killed(project, finished, record_fault):
    """As its killer does where memory runs out: with signal 9, so that the job cannot say a word."""
    undo(project, f"{POSES}/f*", f"{POSES}/summary.json")
    log = "logs/filter_poses/round-0/small/fast_2.log"
    (project / log).write_text("12:00:00 ERROR: of an earlier run\n")
    run = Run(project, f"{POSES}/filtered.csv")
    os.kill(next(iter(run.wait_for_jobs())), signal.SIGKILL)
    told = run.end().split("posemake could not finish:\n  ")[1].splitlines()[0]
    assert told.startswith(
        f"{log}: filter_poses was killed (SIGKILL). If you did not do that, the machine most likely ran out of"
    )
    assert not list((project / POSES).glob("f*"))
    run_again(project)
    assert differing(project, results_of(finished)) == {}
    record_fault(
        "memory runs out, and the kernel kills a job", "any", f"the job fails; {SAME}", "the work of this job", f"`{told}`"
    )


@pytest.mark.parametrize("depth", ["training", "filter"])
def test_the_workflow_with_all_its_jobs(project, finished, record_fault, depth):
    lacking, targets = DEPTHS[depth]
    rng, run = np.random.default_rng(2), None
    while run is None or not run.jobs():  # was done before the moment
        if run:
            run.end()
        undo(project, *lacking)
        run = Run(project, *targets)
        time.sleep(rng.uniform(0, usual_seconds(project, next(iter(run.wait_for_jobs().values())))))
    run.kill()
    locked = snakemake(project, *targets)
    assert locked.returncode != 0 and "Directory cannot be locked" in locked.stdout and "--unlock" in locked.stdout
    run_again(project, *targets)
    assert differing(project, results_of(finished)) == {}
    assert "Nothing to be done" in snakemake(project, "-n", *targets).stdout
    record_fault(
        "kill -9 of the workflow with all its jobs, at a random moment",
        "any",
        f"the folder stays locked; once it is unlocked, {SAME}",
        "the work of the running jobs; for a training, at most a minute",
        "a message of Snakemake: `Directory cannot be locked`, and the advice to run once with `--unlock`",
    )


@pytest.mark.parametrize("number", range(3))
def test_some_of_the_random_kills(finished, tmp_path, number):
    """As `python tests/faults/kills.py --runs 50` does it."""
    depth = ["frames", "figures", "tables"][number]
    _, found = one_round(finished, tmp_path / "project", WAYS[number], depth, np.random.default_rng(number))
    assert found == {}


def test_snakemake_alone(project, finished, record_fault):
    """A job that went on would write into the same files as its successor."""
    lacking, targets = DEPTHS["training"]
    undo(project, *lacking)
    log = project / "logs/train_model/round-0/small.log"
    log.unlink()
    endless = {**CONFIG["models"]["small"], "steps": 1_000_000}
    write_config(project, {**CONFIG, "models": {**CONFIG["models"], "small": endless}})
    run = Run(project, *targets)
    while not log.exists() or "training and" not in log.read_text():
        assert run.goes_on()
        time.sleep(0.005)
    assert list(run.jobs().values()) == ["train_model"]
    (job,) = run.orphan()
    killed = time.monotonic()
    while psutil.pid_exists(job) and psutil.Process(job).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < killed + SECONDS_TO_NOTICE
        time.sleep(0.05)
    assert "the run that started this job is gone" in log.read_text()
    write_config(project, CONFIG)
    run_again(project, *targets)
    assert differing(project, results_of(finished)) == {}
    record_fault(
        "kill -9 of Snakemake alone",
        "any",
        f"its jobs notice it within a second and end (a training writes a checkpoint); once the folder is unlocked, {SAME}",
        "the work of the running jobs, except for trainings",
        "a message of Snakemake: `Directory cannot be locked`, and the advice to run once with `--unlock`",
    )
