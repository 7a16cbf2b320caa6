"""The demo as `make demo` runs it: from drawn videos to poses that are compared with where the keypoints truly are."""

import shutil

import numpy as np
import pandas as pd
import pytest
from workflow.tiny import ROOT, label, snakemake

from posemake.demo import videos as demo

UNSEEN = ("slow_3", "fast_3")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = tmp_path_factory.mktemp("demo") / "project"
    shutil.copytree(ROOT / "config", project / "config")
    demo.draw_demo(project / "demo")
    first = snakemake(project, new_process=True)
    assert first.returncode == 0, first.stdout
    assert label(project) == 80
    second = snakemake(project, new_process=True)
    assert second.returncode == 0, second.stdout
    return project


def errors(project, video, file):
    """Distances (T, K) to the known positions, and confidences (T, K)."""
    poses = pd.read_hdf(project / f"results/poses/round-0/small/{video}/{file}.h5", "df_with_missing")
    truth = pd.read_csv(project / f"demo/{video}.truth.csv", index_col="frame")
    assert len(poses) == len(truth)
    found = poses.to_numpy().reshape(len(poses), -1, 3)
    return np.linalg.norm(found[..., :2] - truth.to_numpy().reshape(len(truth), -1, 2), axis=-1), found[..., 2]


@pytest.mark.parametrize("video", UNSEEN)
def test_poses_of_a_video_that_training_never_saw(project, video):
    error, confidence = errors(project, video, "poses")
    sure = error[confidence >= 0.6]
    assert len(sure) >= 0.8 * error.size
    assert np.median(error) <= 2.0
    assert np.mean(sure <= 5.0) >= 0.95


def test_the_filter_does_no_harm(project):
    raw = np.concatenate([errors(project, video, "poses")[0] for video in UNSEEN])
    filtered = np.concatenate([errors(project, video, "filtered")[0] for video in UNSEEN])
    assert np.nanmean(filtered) <= np.nanmean(raw)
    assert np.isfinite(filtered).mean() >= 0.8


def test_groups_differ_in_speed(project):
    table = pd.read_csv(project / "results/tables/round-0/small.csv").groupby("group")["speed_px_per_s"].mean()
    assert table["fast"] > 1.8 * table["slow"]


def test_page_and_report(project):
    page = (project / "results/index.html").read_text()
    for part in ("slow_3/labelled.mp4", "learning_curve.png", "median test error"):
        assert part in page
    done = snakemake(project, "--report", "report.html")
    assert done.returncode == 0, done.stdout
    report = (project / "report.html").read_text()
    assert "learning curve" in report and "small" in report


def test_nothing_is_left_to_do(project):
    assert "Nothing to be done" in snakemake(project, "-n").stdout
