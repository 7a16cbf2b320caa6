"""What a cluster does to a training, one after the other: its time is up, it is preempted, its node fails, someone cancels it.

The cluster has neither a GPU nor accounting. The training is one that would take hours; each time it has to go on where it was.
"""

import re

import pytest
from slurm.cluster import wait_for
from slurm.runs import Run, profile, status
from workflow import tiny

WEIGHTS = "results/models/round-0/long/weights.pt"
LOG = "logs/train_model/round-0/long.log"
LONG = {**tiny.MODEL, "steps": 10_000_000, "validate_every": 50, "patience": 0, "scale": 0.25, "batch_size": 2}
# one CPU, as of a cluster without a GPU; two minutes at first, three at the second try: a busy machine takes one to begin
CHANGES = {
    "    gpu: 1": "    gpu: 0\n    runtime: 1 + attempt",
    "  train_model: 8": "  train_model: 1",
    "retries: 2": "retries: 1",
}


@pytest.fixture(scope="module")
def cluster(cluster_in):
    return cluster_in(gpu=False, accounting=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Labelled and divided, on this machine."""
    project = tiny.make_project(tmp_path_factory.mktemp("faults") / "project")
    tiny.write_config(project, {**tiny.CONFIG, "models": {"long": LONG}, "predict": {"models": ["long"]}})
    chosen = [f"results/frames/round-0/{video}/{file}" for video in ("slow_1", "fast_1") for file in ("frames.csv", "images")]
    done = tiny.snakemake(project, *chosen)
    assert done.returncode == 0, done.stdout
    tiny.label(project)
    done = tiny.snakemake(project, "results/labels/round-0/split.csv", "results/labels/round-0/state.json")
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture(scope="module")
def run(cluster, project, tmp_path_factory):
    run = Run(cluster, project, WEIGHTS, profile=profile(tmp_path_factory.mktemp("profile"), **CHANGES))
    yield run
    run.interrupt()


def step_of_resumption(project):
    """The step from which the training went on, 0 if it began; none before it has taken some steps more."""
    path = project / LOG
    text = path.read_text() if path.exists() else ""
    if not re.search(r" step \d+: loss", text):
        return None
    found = re.search(r"resumed from \S+ at step (\d+)", text)
    return int(found[1]) if found else 0


def set_aside(project):
    """Take the log of this attempt away, so that the next one's is not mistaken for it; the attempt goes on to write it."""
    return (project / LOG).rename(project / f"{LOG}.before")


def last_step(log):
    """Return the last step before the training was stopped, after which it wrote a checkpoint."""
    return int(re.search(r"stopped by SIGTERM after step (\d+)", log.read_text())[1])


def wait_until_it_trains(cluster, run, project, job):
    """Wait until this attempt of a job takes steps; returns the step from which it did."""

    def trains():
        assert run.process.poll() is None, run.text()
        step = step_of_resumption(project) if run.state(job) == "RUNNING" else None
        return None if step is None else (step,)

    return wait_for(f"job {job} to train", trains, 180)[0]


def test_its_time_is_up(cluster, project, run, record_fault):
    first = wait_for("the first job", lambda: run.newest("rule_train_model"), 60)
    assert wait_until_it_trains(cluster, run, project, first) == 0
    assert re.search(r"train_model +1 ", status(cluster, project))
    before = set_aside(project)
    wait_for("another job", lambda: run.newest("rule_train_model") != first, 300)
    again = run.newest("rule_train_model")
    assert run.state(first) == "TIMEOUT" and "SLURM status is: 'TIMEOUT'" in run.text()
    assert [cluster.ask("squeue", "-h", "-t", "all", "-j", job, "-o", "%l").strip() for job in (first, again)] == ["2:00", "3:00"]
    assert wait_until_it_trains(cluster, run, project, again) == last_step(before) > 0
    assert "tried again after a failure: train_model (round=0, model=long)" in status(cluster, project)
    record_fault(
        "a SLURM job exceeds its time limit",
        "train_model",
        "SLURM ends the job; it is submitted again with more time and resumes",
        "nothing",
        "SLURM-job … failed, SLURM status is: 'TIMEOUT'; Trying to restart job …",
    )


def test_it_is_preempted(cluster, project, run, record_fault):
    job, before = run.newest("rule_train_model"), set_aside(project)
    urgent = cluster.ask("sbatch", "--parsable", "-p", "urgent", "-o", "none", "--exclusive", "--wrap", "sleep 600").strip()
    wait_for("the urgent job to begin", lambda: cluster.ask("squeue", "-h", "-j", urgent, "-o", "%T").strip() == "RUNNING", 60)
    assert run.state(job) == "PENDING"
    cluster.ask("scancel", urgent)
    assert wait_until_it_trains(cluster, run, project, job) == last_step(before) > 0
    assert "Restarts=1" in cluster.ask("scontrol", "show", "job", job)
    record_fault(
        "a SLURM job is preempted by a job of a partition with higher priority",
        "train_model",
        "the same job starts again and resumes",
        "nothing",
        "the job waits in the queue again",
    )


def test_its_node_fails(cluster, project, run, record_fault):
    job, before = run.newest("rule_train_model"), step_of_resumption(project)
    set_aside(project)
    cluster.lose_power()
    cluster.wait_for_node("down")
    assert run.state(job) == "PENDING"
    assert re.search(r"train_model +1 ", status(cluster, project))
    cluster.start_node()
    cluster.wait_for_node()
    assert wait_until_it_trains(cluster, run, project, job) >= before > 0
    assert "Restarts=2" in cluster.ask("scontrol", "show", "job", job)
    record_fault(
        "a SLURM node fails",
        "train_model",
        "SLURM queues the job again; it resumes from its last checkpoint",
        "at most the last minute of the training",
        "the job waits in the queue again",
    )


def test_it_is_cancelled(cluster, project, run, record_fault, tmp_path):
    job = run.newest("rule_train_model")
    cluster.ask("scancel", job)
    assert run.wait() != 0  # it asks seldom while no job ends, and rests as long before it is gone
    assert "SLURM status is: 'CANCELLED'" in run.text()
    assert not (project / WEIGHTS).exists() and not list(project.glob("results/**/*.part*"))
    sentence = r"posemake could not finish:\n +logs/train_model\S+: (stopped by SIGTERM .* to resume from there)"
    said = re.search(sentence, run.text())[1]
    assert f"failed:\n  train_model round=0, model=long: {said} (SLURM: CANCELLED)" in status(cluster, project)
    record_fault(
        "a SLURM job is cancelled (scancel)",
        "train_model",
        "the job counts as failed and its outputs are removed; it is tried again, by this run or the next, and resumes",
        "nothing",
        "stopped by SIGTERM after step …; run again to resume from there",
    )


def test_its_head_is_killed(cluster, project, record_fault, tmp_path):
    """The next run goes on where the cancelled training was; then its head is gone, and its job is not."""
    chosen, before = profile(tmp_path, **CHANGES), set_aside(project)
    killed = Run(cluster, project, WEIGHTS, profile=chosen)
    job = wait_for("the job of the next run", lambda: killed.newest("rule_train_model"), 60)
    assert wait_until_it_trains(cluster, killed, project, job) == last_step(before) > 0
    killed.process.kill()
    killed.wait()
    assert killed.state(job) == "RUNNING"
    assert Run(cluster, project, "--unlock", profile=chosen).wait() == 0
    refused = Run(cluster, project, WEIGHTS, profile=chosen)
    assert refused.wait() != 0 and not refused.jobs()
    sentence = f"are still in the queue, and would write the same files: {job}; cancel them by `scancel`"
    assert sentence in refused.text() and "Traceback" not in refused.text()
    assert killed.state(job) == "RUNNING"
    cluster.ask("scancel", job)
    wait_for("the job to be gone from the queue", lambda: not cluster.ask("squeue", "-h").strip(), 60)
    before = set_aside(project)
    again = Run(cluster, project, WEIGHTS, profile=chosen)
    try:
        new = wait_for("the job of the last run", lambda: again.newest("rule_train_model"), 60)
        assert wait_until_it_trains(cluster, again, project, new) == last_step(before) > 0
    finally:
        assert again.interrupt() != 0
    wait_for("the job to be gone from the queue", lambda: not cluster.ask("squeue", "-h").strip(), 60)
    assert not (project / WEIGHTS).exists()
    record_fault(
        "`kill -9` of Snakemake on the login node while SLURM jobs run",
        "train_model",
        "the next run refuses to start until the jobs are cancelled or have ended; a training resumes",
        "nothing",
        "jobs of an earlier run, which was killed, are still in the queue, and would write the same files: …; cancel them by …",
    )


def test_names_that_a_shell_would_run(cluster, project, record_fault, tmp_path):
    """No job is submitted: of the project itself, and of a video."""
    for folder, video in (("it's $(touch canary)", "slow_1.mp4"), ("project", "it's $(touch canary).mp4")):
        copy = tiny.make_project(tmp_path / folder)
        tiny.write_config(copy, tiny.CONFIG)
        (copy / "demo/slow_1.mp4").rename(copy / "demo" / video)
        tiny.write_sheet(copy, [{"video": "slow_1", "path": f"demo/{video}", "use": "both"}])
        refused = Run(cluster, copy, "results/videos/slow_1/video.json")
        assert refused.wait() != 0 and not refused.jobs(), refused.text()
        assert "it's $(touch canary)" in refused.text() and "there is ', \\ or a sign that cannot be printed" in refused.text()
    assert not list(tmp_path.rglob("canary"))
    record_fault(
        "`'` or `\\` in a name, in a run on SLURM",
        "the folders of the clone and of the project, videos, label files, weights",
        "the workflow refuses before it submits any job",
        "nothing",
        "…: there is ', \\ or a sign that cannot be printed in this name, which jobs on other machines cannot be given; …",
    )
