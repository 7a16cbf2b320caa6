"""How fast and how diverse the choice of frames is: python bench/selection.py VIDEO …

Diversity of 20 frames, means and standard deviations over five seeds: `coverage` is the mean distance of all candidates to the
nearest chosen frame (less is better), a root mean square over the pixels of a thumbnail, in grey levels; `spread` is the variance
of the chosen thumbnails over that of all candidates. A video of 20,000 frames is drawn to measure memory.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from reading import bare

from posemake.config.settings import Frames, Prepare
from posemake.frames.candidates import Candidates
from posemake.frames.sampling import choose
from posemake.frames.select import look_at, select_frames
from posemake.video.prepare import prepare_video
from posemake.video.reader import open_video
from posemake.video.writer import video_writer

COUNT, SEEDS, ROUNDS = 20, range(1, 6), 5
ROW = {"start": None, "stop": None, "roi": None, "frames": None}


def prepare(name: str, folder: str) -> list[str]:
    out = [f"{folder}/{part}" for part in ("video.json", "times.npy", "standard")]
    prepare_video(name, *out, asdict(Prepare()), {"pattern": None, "downscale": None, "deinterlace": None})
    return [name, out[0], out[2]]


def diversity(video: list[str]) -> None:
    opened = open_video(*video)
    frames = np.arange(opened.info["frames"])
    thumbnails, motion = look_at(opened, frames, [0, opened.size[0], 0, opened.size[1]], 32, True)
    flat = thumbnails.reshape(len(frames), -1)
    brightness, contrast = (np.array([f(picture) for picture in flat]) for f in (np.mean, np.std))
    candidates = Candidates(frames, flat, brightness, contrast, motion, flat)
    points = flat.astype(np.float32)

    def measure(rows: list[int]) -> tuple[float, float]:
        chosen = points[rows]
        nearest = np.min([np.sqrt(((points - row) ** 2).mean(1)) for row in chosen], axis=0)
        return float(nearest.mean()), float(chosen.var(0).sum() / points.var(0).sum())

    ways = {"random": lambda seed: sorted(np.random.default_rng(seed).choice(len(frames), COUNT, replace=False).tolist())}
    for method in ("uniform", "motion", "kmeans", "hybrid"):
        ways[method] = lambda seed, method=method: choose(candidates, COUNT, replace(Frames(), method=method, seed=seed)).rows
    for way, pick in ways.items():
        found = np.array([measure(pick(seed)) for seed in SEEDS])
        mean, deviation = found.mean(0), found.std(0, ddof=1)
        print(f"{way:8} coverage {mean[0]:6.2f} ± {deviation[0]:.2f}   spread {mean[1]:5.2f} ± {deviation[1]:.2f}")


def duration(video: list[str], folder: str) -> None:
    seconds = {"decoding": [], "selection": []}
    out = [f"{folder}/{part}" for part in ("frames.csv", "candidates.csv", "selection.json")]
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        bare(Path(video[0]))
        decoded = time.perf_counter()
        select_frames(*video, None, *out, asdict(Frames()), ROW)
        seconds["decoding"].append(decoded - begun)
        seconds["selection"].append(time.perf_counter() - decoded)
    decoding, selection = (statistics.median(values[1:]) for values in seconds.values())  # the first imports
    print(f"selection (hybrid, thumbnails) {selection:.2f} s, bare decoding {decoding:.2f} s, ratio {selection / decoding:.2f}")


def memory(folder: str) -> None:
    path = f"{folder}/long.mp4"
    texture = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with video_writer(path, (640, 480), 30) as write:
        for number in range(20000):
            image = texture if number % 2 else texture[::-1]
            image = np.roll(image, number, 1) if number % 50 == 0 else image
            write(image // 4 + np.uint8(number % 128))
    video = prepare(path, folder)
    script = (
        "import resource, sys, json; sys.path.insert(0, sys.argv[1]); from posemake.select import select_frames; "
        "select_frames(*json.loads(sys.argv[2])); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    given = [*video, None, f"{folder}/f.csv", f"{folder}/c.csv", f"{folder}/s.json", asdict(Frames()), ROW]
    package = str(Path(__file__).resolve().parents[1] / "scripts")
    done = subprocess.run([sys.executable, "-c", script, package, json.dumps(given)], capture_output=True, text=True, check=True)
    print(f"\n20,000 frames of 640 × 480: selection peaks at {float(done.stdout):.0f} MB")


def main(videos: list[str]) -> None:
    for name in videos:
        with tempfile.TemporaryDirectory() as folder:
            print(f"\n{name}")
            video = prepare(name, folder)
            duration(video, folder)
            diversity(video)
    with tempfile.TemporaryDirectory() as folder:
        memory(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
