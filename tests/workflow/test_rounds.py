"""The next round: the frames on which a model errs are chosen, labelled, and trained with; what was before stays as it is."""

import shutil

import pandas as pd
import pytest
from workflow.tiny import CONFIG, MODEL, SHEET, correct_a_label, draw, jobs_in, snakemake, would_run, write_config, write_sheet

from posemake.demo.annotator import label_frames
from posemake.labelling.project import open_project

VIDEOS = ("slow_1", "fast_1")
NEXT = {**CONFIG, "active_round": 1, "refine": {"per_video": 3, "min_distance": 2}}
CHOOSING = {
    *(f"{rule} {video}" for rule in ("find_outliers", "take_outliers", "extract_frames") for video in VIDEOS),
    "predict_poses small fast_1",  # is not analysed, and so has no poses yet
    "choose_outliers",
    "collect_labels",
}


def rounds_in(output):
    """Rounds of the jobs that train, predict or evaluate."""
    return {
        line.split("round=")[1][0]
        for line in output.splitlines()
        if "wildcards:" in line and "round=" in line and "model=" in line
    }


def of_round(project, number):
    return {path: path.stat().st_mtime_ns for path in project.glob(f"results/**/round-{number}/**/*") if path.is_file()}


def label(project):
    return label_frames(project / "results/frames/round-1", project / "demo", project / "labels/round-1")


@pytest.fixture(scope="module")
def chosen(tmp_path_factory, finished):
    """A finished project whose next round waits for labels."""
    project = tmp_path_factory.mktemp("rounds") / "project"
    shutil.copytree(finished, project)
    write_config(project, NEXT)
    done = snakemake(project)
    assert done.returncode == 0, done.stdout
    assert jobs_in(done.stdout) == CHOOSING
    return project, done.stdout


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, chosen):
    """The same after its labels: round 1 is finished."""
    project = tmp_path_factory.mktemp("labelled") / "project"
    shutil.copytree(chosen[0], project)
    before = of_round(project, 0)
    assert label(project) > 2
    assert would_run(project) == {"collect_labels"}
    done = snakemake(project)
    assert done.returncode == 0, done.stdout
    assert rounds_in(done.stdout) == {"1"}
    after = of_round(project, 0)
    assert {path.relative_to(project): after[path] for path in before} == {p.relative_to(project): t for p, t in before.items()}
    return project


@pytest.fixture
def copy(tmp_path, labelled):
    return shutil.copytree(labelled, tmp_path / "project")


def test_the_frames_of_the_next_round_wait(chosen):
    project, output = chosen
    tables = {video: pd.read_csv(project / f"results/frames/round-1/{video}/frames.csv") for video in VIDEOS}
    count = sum(map(len, tables.values()))
    assert f"posemake waits for labels: {count} frames in 2 videos" in output
    assert [task.folder.round for task in open_project(project, "demo").navigator.tasks] == [1] * count
    for video, table in tables.items():
        folder = project / f"results/frames/round-1/{video}"
        assert sorted(table["image"]) == sorted(path.name for path in (folder / "images").glob("*.png"))
        assert len(pd.read_csv(folder / "predictions.csv", header=[0, 1, 2], index_col=0)) == len(table) > 0
        before = pd.read_csv(project / f"results/frames/round-0/{video}/frames.csv")
        assert all((before["frame"] - frame).abs().min() >= 2 for frame in table["frame"])
    assert would_run(project) == set()


def test_another_choice_concerns_only_what_nobody_has_begun_to_label(tmp_path, chosen):
    project = shutil.copytree(chosen[0], tmp_path / "project")
    label(project)
    shutil.rmtree(project / "labels/round-1/fast_1")
    write_config(project, {**NEXT, "refine": {"per_video": 1, "min_distance": 2}})
    assert would_run(project) == {"choose_outliers", "collect_labels", "take_outliers fast_1"}


def test_the_rounds_are_compared(labelled):
    table = pd.read_csv(labelled / "results/tables/rounds.csv")
    assert list(zip(table["model"], table["round"])) == [("other", 0), ("other", 1), ("small", 0), ("small", 1)]
    assert table["labelled"][1] > table["labelled"][0]
    assert would_run(labelled) == set()


def test_no_earlier_round_is_trained_again(copy):
    write_config(copy, {**NEXT, "models": {name: {**MODEL, "learning_rate": 0.001} for name in CONFIG["models"]}})
    done = snakemake(copy, "-n")
    assert rounds_in(done.stdout) == {"1"} and "train_model small" in jobs_in(done.stdout)
    correct_a_label(copy / "labels/round-0/slow_1/CollectedData_demo.csv")
    done = snakemake(copy, "results/labels/round-0/labels.csv", "results/labels/round-1/labels.csv")
    assert done.returncode == 0, done.stdout
    assert rounds_in(snakemake(copy, "-n").stdout) == {"1"}


def test_labels_alone_are_enough(copy):
    """What was chosen for a round that is labelled needs no model of the round before."""
    shutil.rmtree(copy / "results")
    done = snakemake(copy, "results/labels/round-1/labels.csv")
    assert done.returncode == 0 and not rounds_in(done.stdout), done.stdout


def test_a_person_may_choose_the_frames_of_later_rounds(tmp_path, finished):
    project = shutil.copytree(finished, tmp_path / "project")
    write_config(project, {**NEXT, "refine": {"per_video": 0}})
    done = snakemake(project, "results/labels/round-1/labels.csv")
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels"}, done.stdout


def test_a_new_video_begins_with_the_first_round(copy):
    draw(copy, "slow_9", seed=9)
    write_sheet(copy, [*SHEET, {"video": "slow_9", "path": "demo/slow_9.mp4", "use": "train"}])
    done = snakemake(copy)
    assert done.returncode == 0 and not rounds_in(done.stdout), done.stdout
    assert "waits for labels: 8 frames in 1 video: slow_9 (8). Label them with the target label" in done.stdout
    assert {task.folder for task in open_project(copy, "demo", video="slow_9").navigator.tasks} == {(0, "slow_9")}


def test_labels_are_checked_on_demand(copy):
    done = snakemake(copy, "check_labels")
    assert done.returncode == 0 and jobs_in(done.stdout) == {"check_labels"}, done.stdout
    pages = {path.name for path in (copy / "results/labels/round-1/check").glob("*.jpg")}
    assert pages == {f"{video}_round-{number}_demo_01.jpg" for video in VIDEOS for number in (0, 1)}


def test_a_second_person_is_compared_with_the_first(copy):
    path = copy / "labels/round-1/slow_1/CollectedData_demo.csv"
    path.with_name("CollectedData_jane.csv").write_text(path.read_text().replace("demo", "jane"))
    done = snakemake(copy)
    assert done.returncode != 0 and "holds labels of several people" in done.stdout and "labels.scorer" in done.stdout
    write_config(copy, {**NEXT, "labels": {"scorer": "mean"}})
    done = snakemake(copy)
    assert done.returncode == 0, done.stdout
    # the mean of equal labels trains nothing
    assert jobs_in(done.stdout) == {"collect_labels", "compare_scorers", "report_model small", "report_model other"}
    assert pd.read_csv(copy / "results/labels/round-1/scorers.csv")["max"].max() == 0
