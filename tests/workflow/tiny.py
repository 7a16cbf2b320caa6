"""A tiny project with two models and three drawn videos, its copies, and what Snakemake would do in them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from fixtures.share import CORES
from fixtures.snakemake_server import server

from posemake.demo.annotator import label_frames
from posemake.demo.motion import KEYPOINTS
from posemake.demo.videos import draw_video

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ("Snakefile", "config", "rules", "scripts", "profiles", "report", "envs")

MODEL = {"scale": 0.5, "steps": 4, "batch_size": 2, "warmup": 1, "validate_every": 2}
CONFIG = {
    "keypoints": list(KEYPOINTS),
    "skeleton": [["snout", "center"], ["center", "tail_base"]],
    "frames": {"per_video": 8, "thumbnail": 16, "min_distance": 4},
    "split": {"block": 4, "validation": 0.25, "test": 0.25},
    "models": {"small": MODEL, "other": {**MODEL, "seed": 2}},
    "predict": {"models": ["small", "other"], "engine": "openvino"},
}
SHEET = [
    {"video": "slow_1", "path": "demo/slow_1.mp4", "use": "both", "subject": "m1", "group": "slow"},
    {"video": "fast_1", "path": "demo/fast_1.mp4", "use": "train", "subject": "m2", "group": "fast"},
    {"video": "fast_2", "path": "demo/fast_2.mp4", "use": "analyse", "subject": "m3", "group": "fast"},
]


def write_sheet(project: Path, rows: list[dict]) -> None:
    """Write config/videos.tsv with every column that any row has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = ["\t".join(columns), *("\t".join(str(row.get(column, "")) for column in columns) for row in rows)]
    (project / "config" / "videos.tsv").write_text("\n".join(lines) + "\n")


def write_config(project: Path, config: dict) -> None:
    """Write config/config.yaml."""
    (project / "config" / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def draw(project: Path, name: str, seed: int, frames: int = 40) -> None:
    """Draw demo/<name>.mp4 and its truth."""
    (project / "demo").mkdir(exist_ok=True)
    draw_video(project / f"demo/{name}.mp4", project / f"demo/{name}.truth.csv", frames, 4.0, seed, size=(160, 120))


def make_project(project: Path) -> Path:
    """Draw the videos and write config and sheet; nothing is run."""
    (project / "config").mkdir(parents=True)
    for seed, row in enumerate(SHEET):
        draw(project, row["video"], seed)
    write_config(project, CONFIG)
    write_sheet(project, SHEET)
    return project


def label(project: Path) -> int:
    """Play the person."""
    return label_frames(project / "results/frames/round-0", project / "demo", project / "labels/round-0")


def copy_workflow(to: Path) -> Path:
    """Copy the workflow as a clone would have it: with times of its own."""
    for name in WORKFLOW:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, to / name)
    return to


def snakemake(
    project: Path,
    *arguments: str,
    workflow: Path = ROOT,
    device: str = "cpu",
    new_process: bool = False,
    brief: bool = False,
) -> subprocess.CompletedProcess:
    """Run Snakemake in a project's folder; output and errors come together in ``stdout``.

    Parameters
    ----------
    project
        The folder to run in.
    arguments
        Of the command line.
    workflow
        The folder of the Snakefile.
    device
        Value of POSEMAKE_DEVICE; empty for the best one.
    new_process
        Start Python and Snakemake as a user does. Otherwise a process forks that has imported Snakemake already.
    brief
        The output is that of the workflow itself, without what Snakemake says of each job.
    """
    output = [] if brief else ["--quiet=host"]
    command = ["-s", str(workflow / "Snakefile"), "--cores", str(CORES), *output, *arguments]
    env = {**os.environ, "POSEMAKE_DEVICE": device}
    if not new_process:
        return server.run(command, project, env)
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *command],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )


def correct_a_label(path: Path) -> None:
    """Move the first keypoint of the last image of a label file by a pixel."""
    *lines, last = path.read_text().splitlines()
    cells = last.split(",")
    cells[3] = str(float(cells[3]) + 1)
    path.write_text("\n".join([*lines, ",".join(cells)]) + "\n")


def jobs_in(output: str) -> set[str]:
    """The jobs that an output of Snakemake names, as ``<rule> <model> <video> <repeat>``; the rule ``all`` is left out."""
    found = set()
    for block in re.split(r"\n(?=(?:local)?(?:rule|checkpoint) )", "\n" + output)[1:]:
        rule = re.match(r"(?:local)?(?:rule|checkpoint) (\w+):", block)[1]
        wildcards = re.search(r"^    wildcards: (.*)$", block, re.M)
        values = dict(part.split("=") for part in wildcards[1].split(", ")) if wildcards else {}
        found.add(" ".join([rule, *(values[key] for key in ("model", "video", "repeat") if key in values)]))
    return found - {"all"}


def would_run(project: Path, *arguments: str, workflow: Path = ROOT) -> set[str]:
    """The jobs of a dry-run, which has to succeed."""
    done = snakemake(project, "-n", *arguments, workflow=workflow)
    assert done.returncode == 0, done.stdout
    return jobs_in(done.stdout)
