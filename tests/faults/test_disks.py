"""A disk that is full or turns read-only while a stage writes: a sentence, nothing half-made, and running again is enough."""

import shutil
import time

import numpy as np
import pytest
from av import VideoFrame
from faults.disks import fill, mount, set_writable, unmount
from faults.kills import OF_MODEL, STAGES, Run, run_again, without_model
from faults.results import differing, results_of, undo
from matplotlib.figure import Figure
from PIL import Image
from workflow.tiny import snakemake

from posemake.core.atomic import atomic_write
from posemake.core.json_files import write_json
from posemake.data.poses import Poses, write_poses
from posemake.plotting.jpeg import save_jpeg
from posemake.plotting.style import save_figure
from posemake.video.encoders import software_encoder
from posemake.video.writer import frame_writer

SPACE, READ_ONLY = "there is no space left on the disk of ", "has become read-only"
CURE = "; make space there and run again: what was finished stays"
TABLE = "results/tables/videos.csv"


def mounted(folder, size):
    if told := mount(folder, size):
        pytest.skip(f"needs the right to mount a file system in memory, as root has it ({told})")
    return folder


@pytest.fixture
def disk(tmp_path):
    """A folder that is a small disk."""
    yield mounted(tmp_path / "disk", "2m")
    unmount(tmp_path / "disk")


@pytest.fixture
def on_disk(finished, tmp_path):
    """A copy of the finished project whose results are on a disk of their own."""
    project = shutil.copytree(finished, tmp_path / "project", symlinks=True, ignore=shutil.ignore_patterns("results"))
    mounted(project / "results", "48m")
    shutil.copytree(finished / "results", project / "results", dirs_exist_ok=True, symlinks=True)
    yield project
    unmount(project / "results")


@pytest.fixture
def all_on_disk(finished, tmp_path):
    """A copy of the finished project that is a disk as a whole."""
    project = mounted(tmp_path / "project", "48m")
    shutil.copytree(finished, project, dirs_exist_ok=True, symlinks=True)
    yield project
    unmount(project)


def noise(*shape):
    return np.random.default_rng(0).integers(0, 255, shape, np.uint8)


def poses(folder):
    values = noise(2000, 3, 2).astype(float)
    write_poses(Poses.of_one(values, values[..., 0], "abc", scorer="tiny"), folder / "poses.h5", folder / "poses.csv")


def only_h5(folder):
    """The second of two files, where the first is elsewhere."""
    values = noise(2000, 3, 2).astype(float)
    write_poses(Poses.of_one(values, values[..., 0], "abc", scorer="tiny"), folder / "poses.h5", folder.parent / "poses.csv")


def array(folder):
    with atomic_write(folder / "times.npy") as part:
        np.save(part, noise(40000))


def parts(folder):
    with atomic_write(folder / "part.npz") as part:
        np.savez(part, xy=noise(40000))


def picture(folder):
    save_jpeg(Image.fromarray(noise(200, 200, 3)), folder / "sheet.jpg")


def figure(folder):
    drawn = Figure()
    drawn.subplots().imshow(noise(200, 200, 3))
    save_figure(drawn, folder / "figure.png", 100)


def video(folder):
    with frame_writer(folder / "labelled.mp4", (96, 64), 25.0, software_encoder("h264", 20, "ultrafast")) as write:
        for image in noise(8, 64, 96, 3):
            write(VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p"))


def table(folder):
    write_json(folder / "summary.json", {"values": noise(12000).tolist()})


@pytest.mark.parametrize("leave", [0, 4096, 20480])
@pytest.mark.parametrize("writer", [poses, only_h5, array, parts, picture, figure, video, table], ids=lambda made: made.__name__)
def test_each_kind_of_file_is_whole_or_not_there(disk, tmp_path, writer, leave):
    """HDF5 and Pillow say nothing of a file that they could not write."""
    (tmp_path / "whole").mkdir()
    writer(tmp_path / "whole")
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    filler = fill(disk, leave)
    with pytest.raises(OSError, match="No space left on device"):
        writer(disk)
    left = {path.name: path.read_bytes() for path in disk.iterdir() if path != filler}
    assert left.items() <= whole.items() and len(left) < len(whole)
    filler.unlink()
    writer(disk)
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == whole


def newest_sentence(project, script):
    """The error in the newest log of a script's jobs."""
    logs = [*project.glob(f"logs/{script}*/**/*.log"), *project.glob(f"logs/{script}.log")]
    return max(logs, key=lambda path: path.stat().st_mtime_ns).read_text().partition(" ERROR: ")[2].strip()


@pytest.mark.slow
def test_a_full_disk_in_every_stage(on_disk, finished, tmp_path, record_fault):
    without_model(on_disk)
    run, told = Run(on_disk, "--retries", "1", "--keep-going", *OF_MODEL, gate=tmp_path / "gate"), {}
    while run.goes_on():
        for job, script in run.held().items():
            if script in told:
                run.let_go(job, script)
                continue
            filler = fill(on_disk / "results")
            with run.at_its_end(job, script):
                told[script] = newest_sentence(on_disk, script)
                filler.unlink()
        time.sleep(0.01)
    assert run.end().count("Error in rule") == len(told), run.end()
    assert set(told) == STAGES
    for script, sentence in told.items():
        assert sentence.startswith(f"{SPACE}results/") and sentence.endswith(CURE), (script, sentence)
    assert differing(on_disk, results_of(finished)) == {}
    record_fault(
        "the disk of results/ is full",
        f"each of {len(STAGES)} stages, at its start",
        "the job fails; once there is space, running again gives the same files, byte by byte",
        "the work of this job",
        f"`{SPACE}results/…{CURE}`",
    )


def test_the_disk_of_all_of_a_project_is_full(all_on_disk, finished, tmp_path, record_fault):
    undo(all_on_disk, TABLE)
    run = Run(all_on_disk, TABLE, said=tmp_path / "said.txt", gate=tmp_path / "gate")
    job = run.wait_for("tabulate_videos")
    filler = fill(all_on_disk)
    run.let_go(job, "tabulate_videos")
    told = run.end()
    assert f"posemake could not finish:\n  logs/tabulate_videos.log: {SPACE}logs/tabulate_videos.log{CURE}\n" in told
    assert "Logging error" not in told and not (all_on_disk / TABLE).exists()
    for command, status in (("-n", 0), ("--unlock", 0), ("--nocolor", 1)):
        done = snakemake(all_on_disk, command, TABLE)
        assert done.returncode == status and "Traceback" not in done.stdout, done.stdout
    assert f"{SPACE}this project{CURE}" in done.stdout
    filler.unlink()
    assert snakemake(all_on_disk, TABLE).returncode == 0
    assert differing(all_on_disk, results_of(finished)) == {}
    record_fault(
        "the disk of the whole project is full",
        "a stage that writes; before a run",
        "the job fails, even if nothing can be written to its log; a new run does not start",
        "the work of this job",
        f"`{SPACE}logs/<rule>.log{CURE}`; `{SPACE}this project{CURE}`",
    )


def test_a_disk_turns_read_only(on_disk, finished, tmp_path, record_fault):
    undo(on_disk, TABLE)
    run = Run(on_disk, TABLE, gate=tmp_path / "gate")
    job = run.wait_for("tabulate_videos")
    assert set_writable(on_disk / "results", False)
    run.let_go(job, "tabulate_videos")
    told = run.end()
    sentence = told.split("posemake could not finish:\n  ")[1].splitlines()[0]
    assert sentence.startswith(f"logs/tabulate_videos.log: the disk of {TABLE} {READ_ONLY}")
    again = snakemake(on_disk, TABLE)
    assert again.returncode != 0 and f"the disk of results {READ_ONLY}" in again.stdout and "Traceback" not in again.stdout
    assert set_writable(on_disk / "results", True)
    run_again(on_disk, TABLE)
    assert differing(on_disk, results_of(finished)) == {}
    record_fault(
        "the disk of results/ turns read-only",
        "a stage that writes; before a run",
        "the job fails; a new run does not start. Once the disk is repaired, running again gives the same files, byte by byte",
        "the work of this job",
        f"`{sentence.split(': ', 1)[1]}`",
    )
