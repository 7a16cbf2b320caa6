"""Time, memory and merit of the filters: python bench/filtering.py [FRAMES]

Without a number: CPU time of each method on a drawn track, with the wrong points that it finds and the error that it leaves. With
one (1000000): time and peak memory of the whole stage on a video of that many frames, in a process of its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.analysis.filter_context import Scene
from posemake.analysis.filters import apply_step
from posemake.analysis.skeleton import body_length
from posemake.config import settings
from posemake.config.filter_steps import STEPS, Interpolate, Kalman, Step
from posemake.core.json_files import write_json
from posemake.data.poses import make_poses, write_poses
from posemake.figures.filter_plots import plot_filter
from posemake.figures.pose_plots import plot_poses
from posemake.poses.filter import filter_poses

FRAMES, KEYPOINTS, RATE = 100_000, 8, 30.0
BODY, NOISE = 70.0, 0.7  # pixels: length of the animal, standard deviation of a good point along an axis
WRONG, UNSURE = 0.005, 0.03  # shares of points: off by some tens of pixels and sure of it; not confident
TIMES = 5  # the least time of as many counts, as the machine is busy with other things
NAMES = [f"keypoint_{k}" for k in range(KEYPOINTS)]
BONES = [(k, k + 1) for k in range(KEYPOINTS - 1)]


def draw(frames: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """True and found positions (T, K, 2), confidences and which points are wrong (T, K): a body that walks, turns and rests."""
    rng = np.random.default_rng(seed)
    pace = gaussian_filter1d(rng.normal(0, 1, (frames, 2)), RATE / 3, axis=0) * 12
    pace *= gaussian_filter1d((gaussian_filter1d(rng.normal(0, 1, frames), 3 * RATE) > 0).astype(float), 5)[:, None]
    turn = np.cumsum(gaussian_filter1d(rng.normal(0, 0.15, frames), RATE / 3))
    along = np.linspace(-BODY / 2, BODY / 2, KEYPOINTS)
    heading = np.stack([np.cos(turn), np.sin(turn)], 1)
    true = np.cumsum(pace, axis=0)[:, None] + along[:, None] * heading[:, None]
    found = true + rng.normal(0, NOISE, true.shape)
    wrong = rng.random((frames, KEYPOINTS)) < WRONG
    found[wrong] += rng.normal(0, 60, (wrong.sum(), 2))
    confidence = np.where(rng.random((frames, KEYPOINTS)) < UNSURE, 0.3, 0.9)
    return true, found, confidence, wrong


def least(step: Step, xy: np.ndarray, scene: Scene) -> tuple[float, np.ndarray]:
    """CPU seconds, and the result."""
    seconds = []
    for _ in range(TIMES):
        begun = time.process_time()
        made = apply_step(step, xy, scene)
        seconds.append(time.process_time() - begun)
    return min(seconds), made


def compare() -> None:
    true, found, confidence, wrong = draw(FRAMES)
    sure = confidence >= settings.Filter.threshold
    scene = Scene(sure, confidence, np.arange(FRAMES) / RATE, BONES, body_length(found, sure, NAMES, ()))
    gaps = np.where((sure & ~wrong)[..., None], found, np.nan)  # what is left when all wrong points are removed
    often = np.where((np.arange(FRAMES) % 300 < 150)[:, None, None], found, np.nan)  # hidden for long again and again
    whole = apply_step(Interpolate(max_gap=20), gaps, scene)
    steps = [kind() for kind in STEPS.values()]
    steps += [Interpolate(kind="pchip"), Kalman(motion="acceleration")]
    print(f"{FRAMES} frames, {KEYPOINTS} keypoints; noise of {NOISE} px, {WRONG:.1%} of the points wrong, {UNSURE:.0%} unsure\n")
    print("| step | ms per 1,000 frames | with gaps | often hidden | wrong found | good lost | error, px | with wrong points |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for step in steps:
        seconds, of_raw = least(step, found, scene)
        with_gaps, of_gaps = least(step, gaps, scene)
        cells = [f"{each / FRAMES * 1e6:.2f}" for each in (seconds, with_gaps, least(step, often, scene)[0])]
        gone = np.isnan(of_raw[..., 0])
        cells += [f"{gone[wrong].mean():.0%}", f"{gone[~wrong].mean():.2%}"] if gone.any() else ["", ""]
        if isinstance(step, Interpolate):
            error = np.linalg.norm(of_gaps - true, axis=-1)[np.isnan(gaps[..., 0])]
            cells += [f"{np.nanmean(error):.2f} (filled)", ""]
        elif not gone.any():
            cells += [f"{np.linalg.norm(made - true, axis=-1).mean():.2f}" for made in (apply_step(step, whole, scene), of_raw)]
        else:
            cells += ["", ""]
        keys = ", ".join(f"{key} {value}" for key, value in vars(step).items() if key != "method")
        print(f"| `{step.method}`{f' ({keys})' if keys else ''} | {' | '.join(cells)} |")
    errors = [np.linalg.norm(made - true, axis=-1).mean() for made in (whole, found)]
    print(f"\nWithout a filter, the mean error is {errors[0]:.2f} px without wrong points, {errors[1]:.2f} px with them.")


def stage(folder: Path, steps: list[str]) -> None:
    """The stages from raw poses to figures, in this process."""
    filled = settings.plain(settings.Filter, {"steps": [{"method": method} for method in steps]} if steps else None)
    raw, times, summary, shown = (str(folder / name) for name in ("poses.h5", "times.npy", "summary.json", "filtering.csv"))
    made = [str(folder / name) for name in ("filtered.h5", "filtered.csv")]

    def tell(what, begun):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"  {what}: {time.process_time() - begun:.0f} s of CPU time, peak so far {peak:.2f} GB", flush=True)

    begun = time.process_time()
    skeleton = [[NAMES[a], NAMES[b]] for a, b in BONES]
    filter_poses(raw, times, *made, summary, shown, filled, {"fps": None, "px_per_mm": None}, skeleton)
    tell("filter", begun)
    begun = time.process_time()
    plot_filter(shown, summary, str(folder / "filtering.png"), {"dpi": 120}, NAMES, list(filled["steps"]))
    tell("figure of the filter", begun)
    write_json(folder / "video.json", {"width": 640, "height": 480})
    pngs = [str(folder / f"{name}.png") for name in ("trajectory", "coordinates", "confidence", "displacement")]
    begun = time.process_time()
    plot_poses(made[0], str(folder / "video.json"), times, *pngs, {}, None)
    tell("figures of the poses", begun)


def measure_stage(frames: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, found, confidence, _ = draw(frames)
        write_poses(make_poses(found, confidence, NAMES), folder / "poses.h5", folder / "poses.csv", "bench")
        np.save(folder / "times.npy", np.arange(frames) / RATE)
        for steps in ([], list(STEPS)):
            print(f"{frames} frames, {KEYPOINTS} keypoints, {', '.join(steps) or 'the steps by default'}:", flush=True)
            subprocess.run([sys.executable, __file__, "--in", str(folder), *steps], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in"]:
        stage(Path(sys.argv[2]), sys.argv[3:])
    elif sys.argv[1:]:
        measure_stage(int(sys.argv[1]))
    else:
        compare()
