"""With many videos, their files are asked for in portions; the rerun contract is the same."""

import re
import shutil

import pytest
from fixtures.edits import in_clone, make_fail, set_constant
from workflow.expected import FIGURES, INDEX, OVER_ALL, TABLES_OF_VIDEOS, per_model, per_video
from workflow.tiny import SHEET, draw, jobs_in, snakemake, would_run, write_sheet

from posemake.analysis import filters
from posemake.jobs import portions

MARKS = {"complete_portion"}


@pytest.fixture
def many(project, clone):
    """A finished project for which three videos are many, and its workflow."""
    set_constant(clone, portions, "MANY", 2)
    done = snakemake(project, workflow=clone)
    assert done.returncode == 0 and jobs_in(done.stdout) == MARKS, done.stdout
    assert would_run(project, workflow=clone) == set()
    return project, clone


def test_little_is_named(many):
    project, clone = many
    (project / "results/index.html").unlink()
    done = snakemake(project, "-n", workflow=clone)
    assert jobs_in(done.stdout) == INDEX
    assert "results/complete/round-0/small/" in done.stdout and "filtered.csv" not in done.stdout


@pytest.mark.parametrize("file", ["poster.png", "preview.mp4", "labelled.mp4"])
def test_last_output_deleted(many, file):
    project, clone = many
    (project / f"results/poses/round-0/small/fast_2/{file}").unlink()
    assert would_run(project, workflow=clone) == {"render_video small fast_2", "sample_figures small"} | MARKS


def test_output_between_deleted(many):
    project, clone = many
    (project / "results/poses/round-0/small/fast_2/filtered.csv").unlink()
    expected = per_video("filter_poses", *FIGURES, models=["small"], videos=["fast_2"]) | per_model(*OVER_ALL, models=["small"])
    assert would_run(project, workflow=clone) == expected | INDEX | MARKS
    done = snakemake(project, workflow=clone)
    assert done.returncode == 0 and jobs_in(done.stdout) == expected | INDEX | MARKS
    assert would_run(project, workflow=clone) == set()


def test_all_of_a_video_deleted(many):
    project, clone = many
    shutil.rmtree(project / "results/poses/round-0/small/fast_2")
    expected = per_video("predict_poses", "filter_poses", *FIGURES, models=["small"], videos=["fast_2"])
    assert would_run(project, workflow=clone) == expected | per_model(*OVER_ALL, models=["small"]) | INDEX | MARKS


def test_records_made_anew(many):
    project, clone = many
    shutil.rmtree(project / ".snakemake")
    assert snakemake(project, "--touch", "--forceall", workflow=clone).returncode == 0
    assert would_run(project, workflow=clone) == set()


def test_new_video(many):
    project, clone = many
    draw(project, "slow_9", seed=9)
    write_sheet(project, [*SHEET, {"video": "slow_9", "path": "demo/slow_9.mp4", "use": "analyse"}])
    expected = per_video("predict_poses", "filter_poses", *FIGURES, videos=["slow_9"]) | per_model(*OVER_ALL)
    done = snakemake(project, "-n", workflow=clone)
    assert jobs_in(done.stdout) == expected | {"prepare_video slow_9"} | TABLES_OF_VIDEOS | INDEX | MARKS
    assert "slow_9" not in re.search(r"\n(?:local)?rule all:.*?\n\n", done.stdout + "\n\n", re.S)[0]  # but by its portion


def test_failed_job_is_not_forgotten(many):
    project, clone = many
    code = make_fail(clone, filters, filters.apply_step)
    done = snakemake(project, "--keep-going", workflow=clone)
    assert done.returncode != 0 and "ValueError: on purpose" in done.stdout
    expected = per_video("filter_poses", *FIGURES) | per_model(*OVER_ALL) | INDEX | MARKS
    assert would_run(project, workflow=clone) == expected
    in_clone(clone, filters).write_text(code)
    assert would_run(project, workflow=clone) == expected


def test_failed_preparation_is_not_forgotten(many):
    project, clone = many
    video = project / "demo/fast_2.mp4"
    video.write_bytes(video.read_bytes()[:3000])
    assert snakemake(project, "--keep-going", workflow=clone).returncode != 0
    assert {"validate_videos", "predict_poses small fast_2"} <= would_run(project, workflow=clone)
