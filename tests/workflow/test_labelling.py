"""The target label, and what a run does while frames wait."""

import os
import sys

import pytest
from workflow.tiny import CONFIG, MODEL, jobs_in, snakemake, would_run, write_config


@pytest.fixture
def waiting(project):
    """A finished project of which a label is taken back."""
    path = project / "labels/round-0/slow_1/CollectedData_demo.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    return project


def test_nothing_is_trained_while_frames_wait(waiting):
    done = snakemake(waiting)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels"}, done.stdout
    assert (
        "posemake waits for labels: 1 frame in 1 video: slow_1 (1). Label them with the target label, then run snakemake again"
        in done.stdout
    )


def test_partial_goes_on_with_what_is_labelled(waiting):
    of_one = {"models": {"small": MODEL}, "predict": {**CONFIG["predict"], "models": ["small"]}}
    write_config(waiting, {**CONFIG, **of_one, "labels": {"policy": "partial"}})
    done = snakemake(waiting)
    assert done.returncode == 0, done.stdout
    assert {"collect_labels", "split_dataset", "train_model small", "write_index"} <= jobs_in(done.stdout)
    assert "posemake went on without the labels of frames that wait: 1 frame in 1 video: slow_1 (1)." in done.stdout
    assert would_run(waiting) == set()


def test_partial_waits_for_the_first_label(waiting):
    for path in waiting.glob("labels/*/*/*.csv"):
        path.unlink()
    write_config(waiting, {**CONFIG, "labels": {"policy": "partial"}})
    done = snakemake(waiting)
    assert done.returncode == 0 and "posemake waits for labels: 16 frames in 2 videos" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a display be missing")
def test_the_target_without_a_display(project, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert would_run(project, "label") == {"label"}
    before = {path: os.stat(path).st_mtime_ns for path in project.glob("labels/**/*")}
    done = snakemake(project, "label")
    assert done.returncode != 0
    assert "there is no display here" in done.stdout.split("posemake could not finish:")[1]
    assert before == {path: os.stat(path).st_mtime_ns for path in project.glob("labels/**/*")}
