"""What holds for every way to call Snakemake: the folder's name, --quiet, --unlock, and the server that the tests call."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from fixtures.snakemake_server import Server
from workflow.tiny import CONFIG, ROOT, draw, jobs_in, make_project, snakemake, write_config

from posemake.labelling.project import read_project

NO_PROJECT = "there is no config/config.yaml in "
NEW = ("new_project", "--config", "videos=nothing.mp4", "keypoints=snout,tail")
FAILS_ONCE = """import os
if not os.path.exists("begun"):
    open("begun", "w")
    raise SystemExit(1)
"""
NO_VIDEO = "logs/new_project.log: videos: 'nothing.mp4' leads to no video from "


@pytest.mark.parametrize("name", ["new_project", "import_deeplabcut", "label", "--unlock"])
def test_the_name_of_a_folder_is_no_target(tmp_path, name):
    """Of an empty folder and of a project, entered or named by --directory."""
    (tmp_path / name).mkdir()
    for done in (snakemake(tmp_path / name, "-n"), snakemake(tmp_path, f"--directory={name}", "-n")):
        assert done.returncode != 0 and f"{NO_PROJECT}{tmp_path / name}" in done.stdout
    (tmp_path / name).rmdir()
    make_project(tmp_path / name)
    done = snakemake(tmp_path, f"--directory={name}", "-n")
    assert done.returncode == 0 and "prepare_video slow_1" in jobs_in(done.stdout)


def test_frames_that_wait_are_told_in_a_folder_of_any_name(project, tmp_path):
    path = project / "labels/round-0/slow_1/CollectedData_demo.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    moved = project.rename(tmp_path / "label")
    done = snakemake(moved.parent, "--directory", "label", "--quiet", "all")
    assert done.returncode == 0 and "posemake waits for labels: 1 frame in 1 video: slow_1 (1)." in done.stdout


@pytest.mark.parametrize("target", [(), ("label",), ("label", "new_project"), ("results/index.html",)], ids=" ".join)
def test_without_a_project_there_is_nothing_to_do_but_to_make_one(tmp_path, target):
    done = snakemake(tmp_path, *target)
    assert done.returncode != 0 and NO_PROJECT in done.stdout and "Traceback" not in done.stdout
    assert sorted(os.listdir(tmp_path)) == [".snakemake"]


def test_a_folder_without_a_project_can_be_unlocked_and_described(tmp_path):
    assert snakemake(tmp_path, "--unlock").returncode == 0
    assert "new_project" in snakemake(tmp_path, "--list").stdout
    done = snakemake(tmp_path, "--summary")
    assert done.returncode != 0 and NO_PROJECT in done.stdout


def test_a_project_is_not_made_a_second_time(tmp_path):
    """Not even one whose config is wrong, which is what any other target says."""
    project = make_project(tmp_path / "project")
    write_config(project, {**CONFIG, "rond": 1})
    done = snakemake(project, *NEW)
    assert done.returncode != 0 and "this folder is a project already" in done.stdout.split("posemake could not finish:")[1]
    assert "config/config.yaml, rond: there is no such key" in snakemake(project, "-n").stdout
    assert snakemake(project, "--unlock").returncode == 0


@pytest.mark.parametrize("option", ["--summary", "--dag", "--report", "--delete-all-output"])
def test_what_is_no_run_says_in_a_sentence_that_there_is_no_project(tmp_path, option):
    done = snakemake(tmp_path, option)
    assert done.returncode != 0 and f"Error: {NO_PROJECT}" in done.stdout
    assert "Exception" not in done.stdout and "File " not in done.stdout
    assert snakemake(tmp_path, "--lint").returncode == 0


def test_what_is_typed_arrives_as_it_is(tmp_path):
    """Snakemake would make numbers of the folder and of keypoints."""
    draw(tmp_path, "m1", 0)
    (tmp_path / "demo").rename(tmp_path / "2021_05_03")
    done = snakemake(tmp_path, "new_project", "--config", "videos=2021_05_03", "keypoints=1_2,012,no", "skeleton=1_2-012")
    assert done.returncode == 0, done.stdout
    assert "2021_05_03/m1.mp4" in (tmp_path / "config/videos.tsv").read_text()
    assert snakemake(tmp_path, "-n").returncode == 0
    assert list(read_project(tmp_path).keypoints) == ["1_2", "012", "no"]


@pytest.mark.parametrize("config", [(), ("--config", "keypoints=a,b")], ids=len)
def test_a_pattern_that_the_shell_replaced_is_told(tmp_path, config):
    draw(tmp_path, "m1", 0)
    done = snakemake(tmp_path, "new_project", "demo/m1.mp4", *config)
    assert done.returncode != 0 and "Error: demo/m1.mp4: a video is no target; name videos after --config" in done.stdout
    assert "MissingRule" not in done.stdout and not (tmp_path / "config").exists()


def test_a_run_is_told_in_few_lines(tmp_path):
    """All that Snakemake says stays in its log."""
    project = make_project(tmp_path / "project")
    done = snakemake(project, brief=True)
    assert done.returncode == 0 and len(done.stdout.splitlines()) <= 25, done.stdout
    assert " prepare_video (3 jobs)\n" in done.stdout and done.stdout.count("posemake waits for labels: 16 frames") == 1
    (log,) = project.glob(".snakemake/log/*.log")
    assert "prepare_video slow_1" in jobs_in(log.read_text())
    (project / "demo/fast_2.mp4").write_text("no video")
    done = snakemake(project, brief=True)
    assert done.returncode != 0 and len(done.stdout.splitlines()) <= 15 and "CalledProcessError" not in done.stdout
    assert " validate_videos failed: logs/validate_videos.log\n" in done.stdout
    assert done.stdout.split("posemake could not finish:\n")[1].startswith("  logs/validate_videos.log: 1 of 3 videos cannot")


def test_a_dry_run_says_that_more_follows(tmp_path):
    project = make_project(tmp_path / "project")
    assert snakemake(project, "-n").stdout.count("These are the jobs up to the labels of round 0.") == 1
    assert "These are the jobs" not in snakemake(project, "-n", "validate_videos").stdout


@pytest.mark.parametrize("quiet", ["--quiet=all", ""])
def test_a_finished_run_says_what_to_open(project, quiet):
    (project / "results/index.html").unlink()
    told = "posemake is done: open results/index.html; the labelled videos are results/poses/round-0/small/*/labelled.mp4"
    for _ in ("made", "nothing to be done"):
        done = snakemake(project, *filter(None, [quiet]))
        assert done.returncode == 0 and done.stdout.count(told) == 1, done.stdout
    assert told not in snakemake(project, "validate_videos").stdout


@pytest.mark.parametrize("quiet", ["rules", "progress", "", "all"])
def test_a_failure_is_told_whatever_is_quiet(tmp_path, quiet):
    done = snakemake(tmp_path, *NEW, "--quiet", *filter(None, [quiet]))
    assert done.returncode != 0
    told = done.stdout.split("posemake could not finish:\n")
    assert len(told) == 2 and told[1].strip().startswith(NO_VIDEO) and told[1].count(NO_VIDEO) == 1


def test_a_job_that_succeeds_when_it_is_tried_again_is_not_told(tmp_path, clone):
    """The first attempt of the preparation fails, and so does another job for good."""
    project = make_project(tmp_path / "project")
    (project / "demo/fast_2.mp4").write_text("no video")
    script = clone / "scripts/tabulate_videos.py"
    script.write_text(FAILS_ONCE + script.read_text())
    done = snakemake(project, "validate_videos", "--retries", "1", workflow=clone)
    told = done.stdout.split("posemake could not finish:\n")[1]
    assert "tabulate_videos" in done.stdout and "tabulate_videos.log" not in told and "fast_2: not a video" in told


def test_a_forked_run_says_what_a_new_process_says(tmp_path):
    project = make_project(tmp_path / "project")
    forked, new = (snakemake(project, "-n", new_process=new) for new in (False, True))
    assert forked.returncode == new.returncode == 0
    assert jobs_in(forked.stdout) == jobs_in(new.stdout) != set()
    forked, new = (snakemake(project, "nothing", new_process=new) for new in (False, True))
    assert forked.returncode == new.returncode == 1
    end_of_header = "Building DAG of jobs"
    assert forked.stdout.partition(end_of_header)[1:] == new.stdout.partition(end_of_header)[1:]


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


def test_a_run_that_is_killed_hurts_no_other(server, tmp_path):
    assert server.run(["--version"], tmp_path, dict(os.environ)).returncode == 0
    (tmp_path / "Snakefile").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert server.run(["-n"], tmp_path, dict(os.environ)).returncode == -signal.SIGKILL
    assert server.run(["--version"], tmp_path, dict(os.environ)).returncode == 0


def test_a_server_that_is_killed_is_started_again(server, tmp_path):
    assert server.run(["--version"], tmp_path, dict(os.environ)).returncode == 0
    server.process.kill()
    server.process.wait()
    assert server.run(["--version"], tmp_path, dict(os.environ)).returncode == 0


def test_a_server_ends_with_the_process_that_started_it(tmp_path):
    code = (
        "import os\nfrom fixtures.snakemake_server import server\nserver.run(['--version'], '.', dict(os.environ))\n"
        "print(server.process.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    end = time.monotonic() + 30
    while psutil.pid_exists(int(done.stdout)) and psutil.Process(int(done.stdout)).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)
