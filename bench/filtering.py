"""Time, memory and merit of the filters: python bench/filtering.py [FRAMES]

Without a number: CPU time of each method on a drawn track, the wrong points that it finds and the error that it leaves. With a
number (1000000): time and peak memory of the stages from raw poses to figures on a video of that many frames, in a process of
their own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.analysis.filter_context import FilterContext
from posemake.analysis.filters import apply_step
from posemake.analysis.skeleton import body_length
from posemake.config.filter_steps import STEPS, Interpolate, Kalman, Step
from posemake.config.settings import Filter, Plots
from posemake.data.poses import Poses, write_poses
from posemake.figures.filter_plots import plot_filter
from posemake.figures.pose_plots import PlotInputs, PlotOutputs, plot_poses
from posemake.poses.filter import FilterInputs, FilterOutputs, filter_poses
from posemake.video.info import VideoInfo, write_video_info

FRAMES, KEYPOINTS, RATE = 100_000, 8, 30.0
BODY, NOISE = 70.0, 0.7  # pixels: length of the animal, standard deviation of a good point along an axis
WRONG, UNSURE = 0.005, 0.03  # shares of points: confident and wrong by some tens of pixels; not confident
REPEATS = 5  # the shortest time of so many counts, as the machine does other things
NAMES = [f"keypoint_{k}" for k in range(KEYPOINTS)]
BONES = [(k, k + 1) for k in range(KEYPOINTS - 1)]


def draw(frames: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the poses of an animal that walks, turns and rests.

    Returns
    -------
    true, predicted
        Positions (T, K, 2).
    confidence
        (T, K)
    wrong
        (T, K) points that are wrong.
    """
    rng = np.random.default_rng(seed)
    pace = gaussian_filter1d(rng.normal(0, 1, (frames, 2)), RATE / 3, axis=0) * 12
    pace *= gaussian_filter1d((gaussian_filter1d(rng.normal(0, 1, frames), 3 * RATE) > 0).astype(float), 5)[:, None]
    turn = np.cumsum(gaussian_filter1d(rng.normal(0, 0.15, frames), RATE / 3))
    along = np.linspace(-BODY / 2, BODY / 2, KEYPOINTS)
    heading = np.stack([np.cos(turn), np.sin(turn)], 1)
    true = np.cumsum(pace, axis=0)[:, None] + along[:, None] * heading[:, None]
    predicted = true + rng.normal(0, NOISE, true.shape)
    wrong = rng.random((frames, KEYPOINTS)) < WRONG
    predicted[wrong] += rng.normal(0, 60, (wrong.sum(), 2))
    confidence = np.where(rng.random((frames, KEYPOINTS)) < UNSURE, 0.3, 0.9)
    return true, predicted, confidence, wrong


def measure_step(step: Step, xy: np.ndarray, context: FilterContext) -> tuple[float, np.ndarray]:
    """Return the CPU seconds of a step, and its result."""
    seconds = []
    for _ in range(REPEATS):
        begun = time.process_time()
        filtered = apply_step(step, xy, context)
        seconds.append(time.process_time() - begun)
    return min(seconds), filtered


def mean_error(xy: np.ndarray, true: np.ndarray) -> float:
    """Return the mean distance in pixels."""
    return float(np.linalg.norm(xy - true, axis=-1).mean())


def compare() -> None:
    """Print a table of all methods."""
    true, predicted, confidence, wrong = draw(FRAMES)
    confident = confidence >= Filter().threshold
    context = FilterContext(confident, confidence, np.arange(FRAMES) / RATE, BONES, body_length(predicted, confident, NAMES, ()))
    with_gaps = np.where((confident & ~wrong)[..., None], predicted, np.nan)  # what is left when all wrong points are removed
    often_hidden = np.where((np.arange(FRAMES) % 300 < 150)[:, None, None], predicted, np.nan)
    whole = apply_step(Interpolate(max_gap=20), with_gaps, context)
    steps = [kind() for kind in STEPS.values()]
    steps += [Interpolate(kind="pchip"), Kalman(motion="acceleration")]
    print(f"{FRAMES} frames, {KEYPOINTS} keypoints; noise of {NOISE} px, {WRONG:.1%} of the points wrong, {UNSURE:.0%} unsure\n")
    print("| step | ms per 1,000 frames | with gaps | often hidden | wrong found | good lost | error, px | with wrong points |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for step in steps:
        seconds, filtered = measure_step(step, predicted, context)
        seconds_with_gaps, filled = measure_step(step, with_gaps, context)
        seconds_hidden, _ = measure_step(step, often_hidden, context)
        cells = [f"{each / FRAMES * 1e6:.2f}" for each in (seconds, seconds_with_gaps, seconds_hidden)]
        removed = np.isnan(filtered[..., 0])
        cells += [f"{removed[wrong].mean():.0%}", f"{removed[~wrong].mean():.2%}"] if removed.any() else ["", ""]
        if isinstance(step, Interpolate):
            error = np.linalg.norm(filled - true, axis=-1)[np.isnan(with_gaps[..., 0])]
            cells += [f"{np.nanmean(error):.2f} (filled)", ""]
        elif not removed.any():
            cells += [f"{mean_error(xy, true):.2f}" for xy in (apply_step(step, whole, context), filtered)]
        else:
            cells += ["", ""]
        keys = ", ".join(f"{key} {value}" for key, value in step.model_dump().items() if key != "method")
        print(f"| `{step.method}`{f' ({keys})' if keys else ''} | {' | '.join(cells)} |")
    errors = [mean_error(xy, true) for xy in (whole, predicted)]
    print(f"\nWithout a filter, the mean error is {errors[0]:.2f} px without wrong points, {errors[1]:.2f} px with them.")


def print_usage(what: str, begun: float) -> None:
    """Print the CPU time since ``begun``, and the peak memory of the process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  {what}: {time.process_time() - begun:.0f} s of CPU time, peak so far {peak:.2f} GB", flush=True)


def run_stages(folder: Path, methods: Sequence[str]) -> None:
    """Run the stages from raw poses to figures in this process."""
    settings = Filter(steps=[{"method": method} for method in methods]) if methods else Filter()
    inputs = FilterInputs(poses=folder / "poses.h5", times=folder / "times.npy")
    outputs = FilterOutputs(
        h5=folder / "filtered.h5",
        csv=folder / "filtered.csv",
        summary=folder / "summary.json",
        stretches=folder / "filtering.csv",
    )
    begun = time.process_time()
    filter_poses(inputs, outputs, settings, [[NAMES[a], NAMES[b]] for a, b in BONES])
    print_usage("filter", begun)

    begun = time.process_time()
    plot_filter(outputs.stretches, outputs.summary, folder / "filtering.png", Plots(), NAMES, settings.steps)
    print_usage("figure of the filter", begun)

    write_video_info(folder / "video.json", VideoInfo(width=640, height=480))
    figures = {name: folder / f"{name}.png" for name in ("trajectory", "coordinates", "confidence", "displacement")}
    begun = time.process_time()
    plot_poses(PlotInputs(poses=outputs.h5, info=folder / "video.json", times=inputs.times), PlotOutputs(**figures), Plots())
    print_usage("figures of the poses", begun)


def measure_stages(frames: int) -> None:
    """Print time and memory of the stages with the steps by default and with all steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, predicted, confidence, _ = draw(frames)
        write_poses(Poses.of_one(predicted, confidence, NAMES, scorer="bench"), folder / "poses.h5", folder / "poses.csv")
        np.save(folder / "times.npy", np.arange(frames) / RATE)
        for methods in ([], list(STEPS)):
            print(f"{frames} frames, {KEYPOINTS} keypoints, {', '.join(methods) or 'the steps by default'}:", flush=True)
            subprocess.run([sys.executable, __file__, "--in", str(folder), *methods], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in"]:
        run_stages(Path(sys.argv[2]), sys.argv[3:])
    elif sys.argv[1:]:
        measure_stages(int(sys.argv[1]))
    else:
        compare()
