"""Speed, memory and diversity of the choice of frames: python bench/selection.py VIDEO …

Diversity of 20 frames, mean and standard deviation over five seeds: `coverage` is the mean distance of all candidates to the
nearest chosen frame (less is better), a root mean square over the pixels of a thumbnail in grey levels; `spread` is the variance
of the chosen thumbnails over that of all candidates. Memory is measured on a drawn video of 20,000 frames.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from reading import decode_with_pyav

from posemake.config.settings import Frames, Prepare
from posemake.frames.candidates import CandidateRow, Candidates
from posemake.frames.measure import measure_candidates
from posemake.frames.sampling import choose_frames
from posemake.frames.select import SelectInputs, SelectOutputs, select_frames
from posemake.video.prepare import PrepareOutputs, PrepareRow, prepare_video
from posemake.video.reader import open_video
from posemake.video.writer import video_writer

COUNT, SEEDS, ROUNDS = 20, range(1, 6), 5


def prepare(name: str, folder: str) -> SelectInputs:
    outputs = PrepareOutputs(f"{folder}/video.json", f"{folder}/times.npy", f"{folder}/standard")
    prepare_video(name, outputs, Prepare(), PrepareRow())
    return SelectInputs(name, outputs.info, outputs.standard)


def outputs_in(folder: str) -> SelectOutputs:
    return SelectOutputs(f"{folder}/frames.csv", f"{folder}/candidates.csv", f"{folder}/selection.json")


def measure_diversity(inputs: SelectInputs) -> None:
    video = open_video(inputs.video, inputs.info, inputs.standard)
    frames = np.arange(video.info.frames)
    thumbnails, motion = measure_candidates(video, frames, (0, video.size[0], 0, video.size[1]), 32, True)
    flat = thumbnails.reshape(len(frames), -1)
    brightness, contrast = (np.array([statistic(thumbnail) for thumbnail in flat]) for statistic in (np.mean, np.std))
    candidates = Candidates(frames, flat, brightness, contrast, motion, flat)
    points = flat.astype(np.float32)

    def measure(rows: list[int]) -> tuple[float, float]:
        chosen = points[rows]
        nearest = np.min([np.sqrt(((points - row) ** 2).mean(1)) for row in chosen], axis=0)
        return float(nearest.mean()), float(chosen.var(0).sum() / points.var(0).sum())

    methods = {"random": lambda seed: sorted(np.random.default_rng(seed).choice(len(frames), COUNT, replace=False).tolist())}
    for name in ("uniform", "motion", "kmeans", "hybrid"):
        methods[name] = lambda seed, name=name: choose_frames(candidates, COUNT, Frames(method=name, seed=seed)).rows
    for method, choose in methods.items():
        measures = np.array([measure(choose(seed)) for seed in SEEDS])
        mean, deviation = measures.mean(0), measures.std(0, ddof=1)
        print(f"{method:8} coverage {mean[0]:6.2f} ± {deviation[0]:.2f}   spread {mean[1]:5.2f} ± {deviation[1]:.2f}")


def measure_duration(inputs: SelectInputs, folder: str) -> None:
    seconds: dict[str, list[float]] = {"decoding": [], "selection": []}
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        decode_with_pyav(Path(inputs.video))
        decoded = time.perf_counter()
        select_frames(inputs, outputs_in(folder), Frames(), CandidateRow())
        seconds["decoding"].append(decoded - start)
        seconds["selection"].append(time.perf_counter() - decoded)
    # the first round includes the imports
    decoding, selection = (statistics.median(values[1:]) for values in seconds.values())
    print(f"selection (hybrid, thumbnails) {selection:.2f} s, bare decoding {decoding:.2f} s, ratio {selection / decoding:.2f}")


def measure_memory(folder: str) -> None:
    path = f"{folder}/long.mp4"
    texture = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with video_writer(path, (640, 480), 30) as write:
        for number in range(20000):
            image = texture if number % 2 else texture[::-1]
            image = np.roll(image, number, 1) if number % 50 == 0 else image
            write(image // 4 + np.uint8(number % 128))
    prepare(path, folder)
    # a process of its own, whose memory holds nothing else
    command = [sys.executable, __file__, "--memory", path, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(f"\n20,000 frames of 640 × 480: selection peaks at {float(done.stdout):.0f} MB")


def print_peak_memory(path: str, folder: str) -> None:
    """Choose frames of a prepared video, and print the peak memory of this process in MB."""
    inputs = SelectInputs(path, f"{folder}/video.json", f"{folder}/standard")
    select_frames(inputs, outputs_in(folder), Frames(), CandidateRow())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(videos: list[str]) -> None:
    for name in videos:
        with tempfile.TemporaryDirectory() as folder:
            print(f"\n{name}")
            inputs = prepare(name, folder)
            measure_duration(inputs, folder)
            measure_diversity(inputs)
    with tempfile.TemporaryDirectory() as folder:
        measure_memory(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        print_peak_memory(*sys.argv[2:])
    else:
        main(sys.argv[1:])
