"""Inputs that change while a job reads them, and two workflows at once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fixtures.collected import CSV, LABELS, SPLIT, sentences
from fixtures.edits import hold_after
from workflow import tiny
from workflow.tiny import draw, jobs_in, snakemake, would_run

from posemake.core.json_files import read_json, write_json
from posemake.data.label_decisions import decisions_path
from posemake.labels import collect
from posemake.models import train
from posemake.video import prepare


@pytest.fixture
def clone(tmp_path):
    return tiny.copy_workflow(tmp_path / "clone")


def until(there, *paths):
    end = time.monotonic() + 120
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end and there(), "the job never came there"
        time.sleep(0.05)


def meanwhile(project, clone, change, *arguments, reached=("reached",)):
    """Run, and change something while jobs are held."""
    (project / "hold").touch()
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(snakemake, project, *arguments, workflow=clone)
        try:
            until(lambda: not run.done(), *(project / name for name in reached))
            change()
        finally:
            (project / "hold").unlink()
        return run.result()


def told_of(path):
    return f"{path}: was changed while this job read it, so nothing is kept of it; run again once it is whole"


def test_videos_that_change_while_they_are_read(tmp_path, clone, record_fault):
    project = tiny.make_project(tmp_path / "project")
    hold_after(clone, prepare, prepare.probe, "'reached-' + Path(arguments[0]).stem")
    slow, fast, gone = (project / f"demo/{name}.mp4" for name in ("slow_1", "fast_1", "fast_2"))

    def change():
        draw(project, "slow_1", seed=9, frames=30)
        os.truncate(fast, fast.stat().st_size - 2000)
        gone.unlink()

    reached = [f"reached-{path.stem}" for path in (slow, fast, gone)]
    done = meanwhile(project, clone, change, "validate_videos", "--keep-going", "--cores", "12", reached=reached)
    expected = {f"logs/prepare_video/{path.stem}.log: {told_of(f'demo/{path.name}')}" for path in (slow, fast, gone)}
    assert set(sentences(done)) == expected
    assert not list(project.glob("results/videos/*/video.json"))
    draw(project, "fast_2", seed=2)
    again = snakemake(project, "results/videos/slow_1/video.json", "results/videos/fast_1/video.json", workflow=clone)
    assert again.returncode == 0, again.stdout
    assert read_json(project / "results/videos/slow_1/video.json")["frames"] == 30
    assert read_json(project / "results/videos/fast_1/video.json")["bytes"] == fast.stat().st_size
    record_fault(
        "a video is replaced, cut or deleted while a job reads it",
        "`prepare_video`; every job checks its inputs before and after",
        "the job fails and its results are discarded; the next run reads the new file",
        "the job's time",
        told_of("demo/slow_1.mp4"),
    )


def test_a_label_file_changes_while_it_is_collected(unmodelled, clone, record_fault):
    project = unmodelled
    hold_after(clone, collect, collect.write_label_table)
    before = (project / LABELS[0]).read_text()
    done = meanwhile(project, clone, lambda: tiny.correct_a_label(project / CSV), *LABELS)
    assert sentences(done) == [f"logs/collect_labels/round-0.log: {told_of(CSV)}"]
    again = snakemake(project, *LABELS, workflow=clone)
    assert again.returncode == 0 and (project / LABELS[0]).read_text() != before
    assert would_run(project, *LABELS, workflow=clone) == set()
    record_fault(
        "a label is saved while a job reads its file",
        "`collect_labels`",
        "the job fails and its results are discarded; the next run collects the new labels",
        "the job's time",
        told_of(CSV),
    )


def test_a_label_file_changes_while_a_model_trains(unmodelled, clone, record_fault):
    project = unmodelled
    hold_after(clone, train, train.fit_network)
    weights = "results/models/round-0/small/weights.pt"
    done = meanwhile(project, clone, lambda: tiny.correct_a_label(project / CSV), weights)
    assert done.returncode == 0, done.stdout
    again = snakemake(project, *SPLIT, workflow=clone)
    assert jobs_in(again.stdout) == {"collect_labels", "split_dataset"}, again.stdout
    assert would_run(project, weights, workflow=clone) == {"train_model small"}
    record_fault(
        "a label is saved while a model trains on the earlier labels",
        "`train_model`",
        "the training goes on with the labels that were collected; the next run collects the labels and trains again",
        "nothing; the model of the old labels stays until then",
    )


def test_a_label_file_comes_from_a_backup_or_another_computer(unmodelled, record_fault):
    """With its own time, which is before that of what was made of the one that it replaces."""
    project = unmodelled
    path = project / CSV
    tiny.correct_a_label(path)
    os.utime(path, (1e9, 1e9))
    assert would_run(project, *LABELS) == {"collect_labels"}
    assert snakemake(project, *LABELS).returncode == 0
    write_json(decisions_path(path), {"format": 1, "images": {}})
    assert would_run(project, *LABELS) == {"collect_labels"}
    record_fault(
        "a label file is replaced by one that is older than the results",
        "from a backup, or copied back from the computer used for labelling",
        "the next run notices the different content and collects the labels",
        "nothing",
    )


def test_two_workflows_in_one_folder(unmodelled, clone, record_fault):
    project = unmodelled
    hold_after(clone, collect, collect.write_label_table)
    tiny.correct_a_label(project / CSV)
    (project / "hold").touch()
    command = [sys.executable, "-m", "snakemake", "-s", str(clone / "Snakefile"), *LABELS]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    first = subprocess.Popen(command, cwd=project, start_new_session=True, **quiet)
    try:
        until(lambda: first.poll() is None, project / "reached")
        second = snakemake(project, *LABELS, workflow=clone)
        assert second.returncode != 0 and "Directory cannot be locked" in second.stdout
        assert first.poll() is None, "the first one goes on"
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    (project / "hold").unlink()
    record_fault(
        "a second run is started in the same folder",
        "while the first one runs",
        "the second run refuses and changes nothing; the first one goes on",
        "nothing",
        "Error: Directory cannot be locked. Please make sure that no other Snakemake process is trying to create the same files",
    )
    stale = snakemake(project, *LABELS, workflow=clone)
    assert stale.returncode != 0 and "It can be removed with the --unlock argument" in stale.stdout
    assert snakemake(project, "--unlock", workflow=clone).returncode == 0
    done = snakemake(project, *LABELS, workflow=clone)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels"}, done.stdout
    record_fault(
        "the workflow is killed, or the power fails, and its lock stays",
        "while any job runs",
        "the next run refuses, because another run might be active; `snakemake --unlock` removes the lock, and the run after "
        "that goes on",
        "the work of the jobs that were running",
        "… the remaining lock was likely caused by a kill signal or a power loss. It can be removed with the --unlock argument.",
    )
