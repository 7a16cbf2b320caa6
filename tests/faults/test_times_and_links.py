"""Times, records and links: what is done again, and what is refused."""

import os
import shutil
import struct
import time

from fixtures.collected import CSV, SPLIT, refusal
from workflow import tiny
from workflow.tiny import CONFIG, SHEET, draw, jobs_in, snakemake, would_run, write_config, write_sheet


def enlarge(path):
    """Make a video larger than the files that Snakemake compares by content, with a box that players skip."""
    with open(path, "ab") as file:
        file.write(struct.pack(">I4s", 1_100_000, b"free") + bytes(1_099_992))


def test_times_of_large_and_small_files(unmodelled, record_fault):
    project = unmodelled
    target = "results/videos/fast_2/video.json"
    enlarge(project / "demo/fast_2.mp4")
    assert snakemake(project, target).returncode == 0
    before = (project / "demo/fast_2.mp4").stat()
    draw(project, "fast_2", seed=2, frames=38)
    with open(project / "demo/fast_2.mp4", "ab") as file:
        rest = before.st_size - file.tell()
        file.write(struct.pack(">I4s", rest, b"free") + bytes(rest - 8))
    os.utime(project / "demo/fast_2.mp4", (1e9, 1e9))
    assert (project / "demo/fast_2.mp4").stat().st_size == before.st_size
    assert would_run(project, target) == {"prepare_video fast_2"}
    assert snakemake(project, target).returncode == 0 and would_run(project, target) == set()
    for path in [*project.glob("demo/*"), *project.glob("config/*"), *project.glob("labels/round-0/*/*")]:
        os.utime(path)
    assert would_run(project, *SPLIT, target) == {"prepare_video fast_2"}
    record_fault(
        "files are touched: new times, the same content",
        "configs, sheets, labels, and videos below 1 MB",
        "nothing is done again: these files are compared by content",
        "nothing",
    )
    record_fault(
        "files are touched: new times, the same content",
        "videos of 1 MB and more",
        "the video is processed from the start, because large videos are not compared in full at each start; to avoid this, run "
        "`snakemake --touch --forceall` first",
        "the time of its jobs",
    )
    record_fault(
        "a video is replaced by an older file of the same size",
        "any",
        "the next run notices it: samples of each video are compared at the start",
        "nothing",
    )


def test_a_copy_without_times(unmodelled, tmp_path, record_fault):
    """As `cp -r` leaves it, in the worst order: what was made first is the newest."""
    project = unmodelled
    copy = shutil.copytree(project, tmp_path / "copy", copy_function=shutil.copyfile)
    enlarge(copy / "demo/fast_2.mp4")
    files = sorted(
        (path for path in copy.rglob("*") if path.is_file()), key=lambda path: (project / path.relative_to(copy)).stat().st_mtime
    )
    for age, path in enumerate(files):
        os.utime(path, (time.time() - age, time.time() - age))
    assert would_run(copy, *SPLIT)
    assert snakemake(copy, "--touch", "--forceall").returncode == 0
    assert would_run(copy, *SPLIT) == set()
    record_fault(
        "a project is copied without its times (`cp -r`)",
        "all",
        "much is done again, because results look older than their inputs; `cp -a` and `rsync -a` keep the times, and "
        "`snakemake --touch --forceall` in the copy dates all results as current and computes nothing",
        "nothing",
    )


def test_clocks_that_differ(unmodelled, record_fault):
    project = unmodelled
    ahead = time.time() + 86400
    video, index = project / "demo/fast_2.mp4", project / "results/videos/fast_2/video.json"
    os.utime(video, (ahead, ahead))
    os.utime(project / CSV, (ahead, ahead))
    told = refusal(project)
    assert "demo/fast_2.mp4: is dated" in told and f"{CSV}: is dated" in told
    assert "which is in the future; if this computer's clock is right, run `touch` on it" in told
    for path in (video, project / CSV):
        os.utime(path)
    assert would_run(project, *SPLIT, "results/videos/fast_2/video.json") == set()
    os.utime(index, (ahead, ahead))
    assert "run `snakemake --touch --forceall`, which makes nothing and dates all results anew" in refusal(project)
    assert snakemake(project, "--touch", "--forceall").returncode == 0
    assert would_run(project, *SPLIT, "results/videos/fast_2/video.json") == set()
    record_fault(
        "a video or a label file is dated in the future",
        "when the workflow starts",
        "the workflow refuses: results of the file would always be older than the file",
        "nothing",
        "demo/fast_2.mp4: is dated …, which is in the future; if this computer's clock is right, run `touch` on it",
    )
    record_fault(
        "results are dated in the future",
        "when the workflow starts",
        "the workflow refuses: times would not show what changed",
        "nothing",
        "results/videos/fast_2/video.json: is dated …, which is in the future; if this computer's clock is right, run `snakemake "
        "--touch --forceall`, which makes nothing and dates all results anew",
    )


def test_records_that_are_lost(unmodelled, record_fault):
    project = unmodelled
    shutil.rmtree(project / ".snakemake")
    told = ".snakemake: the records of how results were made are gone, so that no change would be noticed"
    assert told in refusal(project, *SPLIT)
    assert snakemake(project, "--touch", "--forceall").returncode == 0
    assert would_run(project, *SPLIT) == set()
    write_config(project, {**CONFIG, "split": {**CONFIG["split"], "seed": 5}})
    assert would_run(project, *SPLIT) == {"split_dataset"}
    record_fault(
        "`.snakemake` is lost, for example in a copy without hidden folders",
        "when the workflow starts",
        "the workflow refuses: Snakemake alone would report that nothing is to be done, whatever changed; `--touch --forceall` "
        "records all results as current",
        "changes made between the last run and the loss go unnoticed",
        f"{told}; copy this folder as well, or, if nothing was changed since, run `snakemake --touch --forceall`, which makes "
        "nothing and records all anew; `--forceall` alone makes all anew",
    )


def test_remembered_digests_of_code_that_are_broken(unmodelled, record_fault):
    project = unmodelled
    path = project / ".snakemake/posemake-code.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:500])
    assert would_run(project, *SPLIT) == set()
    path.unlink()
    assert would_run(project, *SPLIT) == set()
    assert path.read_bytes() == whole
    record_fault(
        "`.snakemake/posemake-code.json` is lost or broken",
        "when the workflow starts",
        "the file is written again, and nothing else is done again",
        "a second",
    )


def test_links(unmodelled, tmp_path, record_fault):
    """Videos, label files and results may lie elsewhere."""
    project = unmodelled
    other = tmp_path / "other disk"
    other.mkdir()
    for path in (project / "demo/fast_2.mp4", project / CSV, project / "labels/round-0/fast_1", project / "results"):
        path.rename(other / path.name)
        path.symlink_to(other / path.name)
    assert would_run(project, *SPLIT, "results/tables/videos.txt") == set()
    tiny.correct_a_label(other / "CollectedData_demo.csv")
    done = snakemake(project, *SPLIT)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels", "split_dataset"}, done.stdout
    assert (project / "results").is_symlink() and (project / CSV).is_symlink()
    record_fault(
        "videos, label files or `results` are moved to another disk and replaced by links",
        "all",
        "nothing is done again; changes of the files that links point to are noticed",
        "nothing",
    )


def test_links_that_lead_nowhere(unmodelled, tmp_path, record_fault):
    project = unmodelled
    (project / "results").rename(tmp_path / "results")
    (project / "results").symlink_to("/mnt/disk/results")
    shutil.rmtree(project / "labels/round-0/fast_1")
    (project / "labels/round-0/fast_1").symlink_to("/mnt/disk/fast_1")
    (project / CSV).unlink()
    (project / CSV).symlink_to(project / CSV)
    told = refusal(project)
    sentence = "is a link to /mnt/disk/{}, which is not there; mount its disk, or correct the link"
    assert "results: " + sentence.format("results") in told
    assert "labels/round-0/fast_1: " + sentence.format("fast_1") in told
    assert f"{CSV}: is a link to {project / CSV}, which is not there" in told
    rows = [{"video": name, "path": f"demo/{name}.mp4", "use": "analyse"} for name in ("nowhere", "circle")]
    (project / "demo/nowhere.mp4").symlink_to("/mnt/disk/nowhere.mp4")
    (project / "demo/circle.mp4").symlink_to("circle.mp4")
    write_sheet(project, [*SHEET, *rows])
    told = refusal(project)
    assert "'demo/nowhere.mp4' for the video 'nowhere'; it is a link to '/mnt/disk/nowhere.mp4', which is not there" in told
    assert "'demo/circle.mp4' for the video 'circle'; it is a link to 'circle.mp4', which is not there" in told
    record_fault(
        "links are broken, because the disk is not mounted or a link points to itself",
        "`results`, folders and files of labels",
        "the workflow refuses: missing labels would go unnoticed, and results would be made again",
        "nothing",
        "results: " + sentence.format("results"),
    )
    record_fault(
        "links are broken, because the disk is not mounted or a link points to itself",
        "videos",
        "the workflow refuses",
        "nothing",
        "config/videos.tsv, row 5, path: there is no file 'demo/nowhere.mp4' for the video 'nowhere'; it is a link to "
        "'/mnt/disk/nowhere.mp4', which is not there",
    )
