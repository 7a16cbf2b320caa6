"""What is looked at before a run."""

import os
import time

import pytest

from posemake.jobs import preflight
from posemake.jobs.preflight import RunOptions, check_project, refuse_run

from .conftest import SHEET

RECORD = ".snakemake/metadata/record"
RESULT = "results/videos/slow_1/video.json"


def faults(folder, **options):
    return check_project(folder.open(), RunOptions(**options))


def test_a_project_without_faults(folder):
    folder.label(0, "slow_1")
    assert faults(folder) == []


def test_names_that_snakemake_would_fill_in(folder):
    folder.label(0, "slow_1", "{round}")
    (fault,) = faults(folder)
    assert fault.startswith("'labels/round-0/slow_1/CollectedData_{round}.csv': has {, } or a line break in its name")


@pytest.mark.parametrize("path", ["results", "labels/round-0/fast_1", "labels/round-0/slow_1/CollectedData_ann.csv"])
def test_links_that_lead_nowhere(folder, path):
    (folder.path / "labels/round-0/slow_1").mkdir(parents=True)
    (folder.path / path).symlink_to("/mnt/disk/elsewhere")
    (fault,) = faults(folder)
    assert fault.startswith(f"{path}: is a link to /mnt/disk/elsewhere, which is not there")


def test_records_that_are_lost(folder):
    folder.write(RESULT)
    (fault,) = faults(folder)
    assert fault.startswith(".snakemake: the records of how results were made are gone")
    assert faults(folder, everything_again=True) == faults(folder, records_elsewhere=True) == []
    folder.write(RECORD)
    assert faults(folder) == []


def test_records_of_jobs_that_were_killed_are_records(folder):
    folder.write(RESULT)
    folder.write(".snakemake/incomplete/job")
    assert faults(folder) == []


def test_dates_in_the_future(folder):
    folder.write(RECORD)
    tomorrow = time.time() + 86400
    for path in (folder.path / "demo/fast_2.mp4", folder.label(0, "slow_1"), folder.write(RESULT)):
        os.utime(path, (tomorrow, tomorrow))
    found = [(fault.split(":")[0], fault.partition("computer's clock is right, ")[2]) for fault in faults(folder)]
    assert found == [
        ("demo/fast_2.mp4", "run `touch` on it"),
        ("labels/round-0/slow_1/CollectedData_ann.csv", "run `touch` on it"),
        (RESULT, "run `snakemake --touch --forceall`, which makes nothing and dates all results anew"),
    ]
    assert len(faults(folder, everything_again=True)) == 2


def refusal(project, why="", **options):
    return refuse_run(project, why, RunOptions(**options))


def test_a_folder_without_a_project_can_only_become_one(folder):
    assert refusal(None, "there is none") == refusal(None, "there is none", targets=frozenset({"label"})) == "there is none"
    assert refusal(None, "there is none", targets=frozenset({"label", "new_project"})) == "there is none"
    assert refusal(None, "there is none", targets=frozenset({"new_project"})) == ""


def test_faults_of_a_project_do_not_keep_it_from_being_made(folder):
    """The rule itself says that there is one already."""
    folder.write(RESULT)
    assert refusal(folder.open(), targets=frozenset({"import_deeplabcut"})) == ""
    assert "the records" in refusal(folder.open())


def test_packages_that_are_missing(folder, monkeypatch):
    monkeypatch.setattr(preflight, "missing_packages", lambda: ["openvino", "torch"])
    assert refusal(folder.open()).startswith("openvino, torch: not installed, or only in part")
    assert refusal(folder.open(), own_environments=True) == ""


def test_a_full_disk_matters_to_a_run_that_writes(folder, monkeypatch):
    monkeypatch.setattr(preflight, "describe_disk", lambda folder, name: f"no space for {name}")
    assert refusal(folder.open()) == "no space for this project"
    assert refusal(folder.open(), dry_run=True) == ""


def test_a_project_without_a_video_to_label_has_nothing_to_train_with(folder):
    folder.write("config/videos.tsv", SHEET.replace("both", "analyse").replace("train", "analyse"))
    (sentence,) = faults(folder)
    assert sentence.startswith("config/videos.tsv: all videos have the use analyse") and "some to both or train" in sentence
    assert faults(folder, dry_run=True) == faults(folder, targets=frozenset({"all"})) == [sentence]
    assert faults(folder, targets=frozenset({"validate_videos"})) == []


def test_a_single_video_to_train_with_is_enough(folder):
    folder.write("config/videos.tsv", SHEET.replace("both", "analyse"))
    assert faults(folder) == []


@pytest.mark.parametrize(
    "more, names", [([], "/data/m 1.mp4: "), (["/data/m2.mp4", "/data/m3.MP4"], "/data/m 1.mp4 and 2 more files: ")]
)
def test_names_that_a_shell_put_in_place_of_a_pattern(folder, more, names):
    reason = refusal(None, "there is no project", targets=frozenset({"new_project", "/data/m 1.mp4", *more}))
    assert reason.startswith(f"{names}a video is no target") and "new_project --config videos='/data/*.mp4'" in reason


def test_results_that_are_videos_are_targets(folder):
    assert refusal(folder.open(), targets=frozenset({"results/poses/round-0/small/slow_1/labelled.mp4"})) == ""
