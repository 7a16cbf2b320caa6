"""What kills cost a training on the demo: python bench/killing.py [SEED]

Three models that differ in their seeds are trained without disturbance, and the first once more, by a Snakemake that is killed
ten times at random moments (SIGKILL to all its processes), unlocked and begun again. The error is that of the raw poses of two
videos that nobody labelled, in pixels to the known positions. A training takes about a minute on one core; so that it can be
cut ten times, it runs from a copy of the workflow that writes a checkpoint every second instead of every minute. The training
images are not turned, as that takes longer to learn. SEED decides on the moments.
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
UNSEEN = ("slow_3", "fast_3")
SEEDS = {"seed_1": 1, "seed_2": 2, "seed_3": 3, "killed": 1}
MODEL = {"scale": 0.5, "steps": 300, "validate_every": 50, "warmup": 30, "augment": {"rotation": 0}}
KILLS, LONGEST = 10, 8.0  # seconds of training after which one comes, at most
EVERY = ("SECONDS_BETWEEN = 60.0", "SECONDS_BETWEEN = 1.0")


def copy_workflow(to: Path) -> Path:
    """The workflow, with more frequent checkpoints."""
    to.mkdir()
    for name in WORKFLOW:
        source, ignored = ROOT / name, shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, to / name, ignore=ignored) if source.is_dir() else shutil.copy(source, to / name)
    path = to / "scripts/posemake/models/checkpoint.py"
    text = path.read_text()
    assert EVERY[0] in text
    path.write_text(text.replace(*EVERY))
    return to


class Project:
    """A project, and Snakemake in it."""

    def __init__(self, folder: Path):
        self.folder, self.workflow = folder / "project", copy_workflow(folder / "workflow")
        shutil.copytree(ROOT / "config", self.folder / "config")
        draw_demo(self.folder / "demo")
        path = self.folder / "config/config.yaml"
        models = {name: MODEL | {"seed": seed} for name, seed in SEEDS.items()}
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"models": models, "predict": {"models": list(SEEDS)}}))

    def start(self, *arguments: str) -> subprocess.Popen:
        """Begin a run, in a process group of its own."""
        command = [sys.executable, "-m", "snakemake", "-s", str(self.workflow / "Snakefile"), "--directory", str(self.folder)]
        command += ["--cores", "1", "--quiet", "all", *arguments]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)

    def make(self, *targets: str) -> None:
        """Make files, and wait for them."""
        process = self.start("--", *targets)
        if process.wait():
            sys.exit(f"Snakemake failed to make {' '.join(targets)}")

    def label(self) -> None:
        """Choose frames, label them, and divide them."""
        self.make(*(f"results/frames/round-0/{video}/images" for video in ("slow_1", "fast_1", "slow_2", "fast_2")))
        label_frames(self.folder / "results/frames/round-0", self.folder / "demo", self.folder / "labels/round-0")
        self.make("results/labels/round-0/split.csv")

    def error(self, model: str) -> np.ndarray:
        """Distances to the known positions of all points of the unseen videos."""
        folder = f"results/poses/round-0/{model}"
        self.make(*(f"{folder}/{video}/poses.h5" for video in UNSEEN))
        return distances(self.folder / "demo", self.folder / folder, UNSEEN)

    def kill(self, weights: str, log: Path, delay: float) -> str:
        """Begin a training, kill it so many seconds after its first line, and tell where it had begun."""
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
        said = [line.rsplit(" at ", 1)[1] for line in log.read_text().splitlines() if "resumed from" in line]
        self.start("--unlock").wait()
        return f"resumed at {said[0]}" if said else "not resumed by then"


def main() -> None:
    seed = int((sys.argv[1:] or ["1"])[0])
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.label()
        weights = {name: f"results/models/round-0/{name}/weights.pt" for name in SEEDS}
        moments = np.random.default_rng(seed).uniform(0, LONGEST, KILLS)
        log = project.folder / "logs/train_model/round-0/killed.log"
        for delay in moments.tolist():
            begun = project.kill(weights["killed"], log, delay)
            print(f"  killed after {delay:.1f} s, {begun}", flush=True)
        for name in SEEDS:
            start = time.monotonic()
            project.make(weights[name])
            seconds, error = time.monotonic() - start, project.error(name)
            digest = hashlib.sha256((project.folder / weights[name]).read_bytes()).hexdigest()[:8]
            figures = f"mean {error.mean():.3f} px, median {np.median(error):.3f}, 95th percentile {np.percentile(error, 95):.3f}"
            print(f"{name}: {figures}; weights {digest}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
