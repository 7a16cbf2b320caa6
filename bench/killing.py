"""Cost of kills in a training on the demo: python bench/killing.py [SEED]

Three models that differ in their seeds are trained without interruption, and the first once more by a Snakemake that is killed
ten times at random moments (SIGKILL to all its processes), unlocked and started again. The error is that of the raw poses of two
videos without labels, in pixels from the known positions. A training takes about a minute on one core. So that it can be
interrupted ten times, it runs from a copy of the workflow that writes a checkpoint every second instead of every minute. The
training images are not rotated, as that takes longer to learn. SEED determines the moments.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from truth import distances

from posemake.demo.annotator import label_frames
from posemake.demo.videos import draw_demo

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ("Snakefile", "config", "rules", "scripts", "profiles", "report", "envs")
UNLABELLED = ("slow_3", "fast_3")
SEEDS = {"seed_1": 1, "seed_2": 2, "seed_3": 3, "killed": 1}
MODEL = {"scale": 0.5, "steps": 300, "validate_every": 50, "warmup": 30, "augment": {"rotation": 0}}
KILLS = 10
MAX_DELAY = 8.0  # seconds of training until a kill, at most
INTERVAL = ("SECONDS_BETWEEN = 60.0", "SECONDS_BETWEEN = 1.0")


def copy_workflow(to: Path) -> Path:
    """Copy the workflow, with more frequent checkpoints."""
    to.mkdir()
    for name in WORKFLOW:
        source, ignored = ROOT / name, shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, to / name, ignore=ignored) if source.is_dir() else shutil.copy(source, to / name)
    path = to / "scripts/posemake/models/checkpoint.py"
    text = path.read_text()
    assert INTERVAL[0] in text
    path.write_text(text.replace(*INTERVAL))
    return to


class Project:
    """A project, and runs of Snakemake in it."""

    def __init__(self, folder: Path):
        self.folder, self.workflow = folder / "project", copy_workflow(folder / "workflow")
        shutil.copytree(ROOT / "config", self.folder / "config")
        draw_demo(self.folder / "demo")
        path = self.folder / "config/config.yaml"
        models = {name: MODEL | {"seed": seed} for name, seed in SEEDS.items()}
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"models": models, "predict": {"models": list(SEEDS)}}))

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start a run, in a process group of its own."""
        command = [sys.executable, "-m", "snakemake", "-s", str(self.workflow / "Snakefile"), "--directory", str(self.folder)]
        command += ["--cores", "1", "--quiet", "all", *arguments]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)

    def make(self, *targets: str) -> None:
        """Make files, and wait for them."""
        process = self.start("--", *targets)
        if process.wait():
            sys.exit(f"Snakemake failed to make {' '.join(targets)}")

    def label(self) -> None:
        """Choose frames, label them, and split them."""
        self.make(*(f"results/frames/round-0/{video}/images" for video in ("slow_1", "fast_1", "slow_2", "fast_2")))
        label_frames(self.folder / "results/frames/round-0", self.folder / "demo", self.folder / "labels/round-0")
        self.make("results/labels/round-0/split.csv")

    def error(self, model: str) -> np.ndarray:
        """Return the distances of all points of the unlabelled videos to their known positions."""
        folder = f"results/poses/round-0/{model}"
        self.make(*(f"{folder}/{video}/poses.h5" for video in UNLABELLED))
        return distances(self.folder / "demo", self.folder / folder, UNLABELLED)

    def kill(self, weights: str, log: Path, delay: float) -> str:
        """Start a training, kill it ``delay`` seconds after its first step, and return where it had started, in words."""
        process = self.start("--", weights)
        log.unlink(missing_ok=True)
        while not (log.exists() and "validation frames on" in log.read_text()):
            if process.poll() is not None:
                sys.exit("the training ended before it could be killed")
            time.sleep(0.02)
        time.sleep(delay)
        if process.poll() is not None:
            sys.exit("the training was done before it was killed often enough; raise `steps`")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        resumed = [line.rsplit(" at ", 1)[1] for line in log.read_text().splitlines() if "resumed from" in line]
        self.start("--unlock").wait()
        return f"resumed at {resumed[0]}" if resumed else "started anew"


def main() -> None:
    seed = int((sys.argv[1:] or ["1"])[0])
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.label()
        weights = {name: f"results/models/round-0/{name}/weights.pt" for name in SEEDS}
        moments = np.random.default_rng(seed).uniform(0, MAX_DELAY, KILLS)
        log = project.folder / "logs/train_model/round-0/killed.log"
        for delay in moments.tolist():
            start = project.kill(weights["killed"], log, delay)
            print(f"  killed after {delay:.1f} s, {start}", flush=True)
        for name in SEEDS:
            start = time.monotonic()
            project.make(weights[name])
            seconds, error = time.monotonic() - start, project.error(name)
            digest = hashlib.sha256((project.folder / weights[name]).read_bytes()).hexdigest()[:8]
            figures = f"mean {error.mean():.3f} px, median {np.median(error):.3f}, 95th percentile {np.percentile(error, 95):.3f}"
            print(f"{name}: {figures}; weights {digest}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
