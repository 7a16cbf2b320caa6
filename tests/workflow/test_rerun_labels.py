"""The rerun contract where labels change; behind the checkpoint a dry-run cannot see: these run."""

import os
import shutil
import time

from workflow import tiny
from workflow.expected import INDEX, MODELS, TABLES_OF_VIDEOS, after_labels
from workflow.tiny import CONFIG, jobs_in, snakemake, would_run

from posemake.core.json_files import write_json
from posemake.data.label_decisions import decisions_path


def test_label_corrected(project):
    split = (project / "results/labels/round-0/split.csv").read_bytes()
    tiny.correct_a_label(project / "labels/round-0/slow_1/CollectedData_demo.csv")
    assert would_run(project) == {"collect_labels"}
    done = snakemake(project)
    assert done.returncode == 0, done.stdout
    assert jobs_in(done.stdout) == {"collect_labels", "split_dataset"} | after_labels(*MODELS)
    assert (project / "results/labels/round-0/split.csv").read_bytes() == split
    assert would_run(project) == set()


def test_label_added(project):
    """A frame more, labelled by hand: no other frame changes its part."""
    folder = project / "labels/round-0/slow_1"
    split = "results/labels/round-0/split.csv"
    before = (project / split).read_text().splitlines()
    path = folder / "CollectedData_demo.csv"
    lines = path.read_text().splitlines()
    old = lines[-1].split(",")[2]
    shutil.copy(folder / old, folder / "img0999.png")
    path.write_text("\n".join([*lines, lines[-1].replace(old, "img0999.png")]) + "\n")
    done = snakemake(project, split)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels", "split_dataset"}
    after = (project / split).read_text().splitlines()
    assert len(after) == len(before) + 1 and set(before) <= set(after)


def test_frame_begun_and_done(project):
    """A frame waits until each keypoint is decided, though only the decisions change."""
    path = project / "labels/round-0/slow_1/CollectedData_demo.csv"
    lines = path.read_text().splitlines()
    *cells, _, _ = lines[-1].split(",")
    path.write_text("\n".join([*lines[:-1], ",".join([*cells, "", ""])]) + "\n")
    *seen, unseen = CONFIG["keypoints"]
    words = dict.fromkeys(seen, "placed")
    write_json(decisions_path(path), {"format": 1, "images": {cells[2]: words}})
    done = snakemake(project)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels"}, done.stdout
    assert "posemake waits for labels: 1 frame in 1 video: slow_1 (1)." in done.stdout
    assert would_run(project) == set()
    write_json(decisions_path(path), {"format": 1, "images": {cells[2]: {**words, unseen: "absent"}}})
    assert would_run(project) == {"collect_labels"}


def test_label_file_touched(project):
    time.sleep(0.01)
    for path in project.glob("labels/round-0/*/*.csv"):
        os.utime(path)
    assert would_run(project) == set()


def test_label_file_rewritten_with_the_same_labels(project):
    path = project / "labels/round-0/slow_1/CollectedData_demo.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], *lines[:2:-1]]) + "\n")
    done = snakemake(project)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels"}


def test_training_video_gone(project):
    """Its folder of labels is complete in itself: nothing is trained anew, and it could be."""
    (project / "demo/fast_1.mp4").unlink()
    done = snakemake(project)
    assert done.returncode == 0 and jobs_in(done.stdout) == {"collect_labels", "tabulate_frames"} | TABLES_OF_VIDEOS | INDEX
    (project / "results/models/round-0/small/weights.pt").unlink()
    done = snakemake(project, "results/models/round-0/small/weights.pt")
    assert done.returncode == 0 and jobs_in(done.stdout) == {"train_model small"}
