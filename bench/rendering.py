"""Labelled videos of posemake and of DeepLabCut from the same poses: python bench/rendering.py --help

Both read the same file and write the whole video, posemake in H.264 and DeepLabCut in its default codec (MPEG-4 part 2, by
OpenCV). On one core they are compared by CPU time, on several by the clock. The time is that of drawing, reading and writing,
without imports and preparation; posemake's includes the preview and the poster. Rounds alternate between the systems; the table
holds medians.

    python bench/rendering.py VIDEO --poses filtered.csv
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import pandas as pd
from environments import ENVIRONMENTS, environment

HERE = Path(__file__).resolve().parent
TIMES = ("cpu_s", "clock_s")
RUNNERS = {"posemake": "rendering_posemake.py", "deeplabcut": "rendering_dlc.py"}


def run_system(system: str, python: str, video: Path, poses: Path, ways: list[dict], cores: int) -> list[dict[str, float]]:
    """Return time and size of the video of a system, drawn in each way."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, str(HERE / RUNNERS[system]), str(video), str(poses), json.dumps(ways), folder]
        env = os.environ | {"OMP_NUM_THREADS": str(cores), "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{system} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Draw in all ways with both systems, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--poses", type=Path, required=True, help="poses.csv or filtered.csv of the video")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder of DeepLabCut's environment")
    parser.add_argument("--cores", type=int, default=1, help="number of cores, the last ones that may be used")
    parser.add_argument("--settings", type=json.loads, default={}, help="settings of posemake's render, as JSON")
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-args.cores :])
    video, poses = args.video.resolve(), args.poses.resolve()
    table = pd.read_csv(poses, header=[0, 1, 2], index_col=0)
    keypoints = list(dict.fromkeys(table.columns.get_level_values("bodyparts")))
    pairs = [list(pair) for pair in pairwise(keypoints)]
    ways = {
        "points": {"skeleton": [], "trail": 0},
        "points, skeleton": {"skeleton": pairs, "trail": 0},
        "points, skeleton, trails of 15 frames": {"skeleton": pairs, "trail": 15},
    }
    pythons = {system: environment(system, args.environments.resolve()) for system in RUNNERS}
    settings = [way | {"settings": args.settings} for way in ways.values()]
    results: dict[str, list] = {system: [] for system in RUNNERS}
    for _ in range(args.rounds):
        for system, python in pythons.items():
            results[system].append(run_system(system, python, video, poses, settings, args.cores))
    key, unit = ("cpu_s", "CPU second") if args.cores == 1 else ("clock_s", "second")
    print(f"| drawn | system | frames per {unit} | CPU s | clock s | MB |\n| --- | --- | --- | --- | --- | --- |")
    for number, name in enumerate(ways):
        rows_of = {system: [rows[number] for rows in rounds] for system, rounds in results.items()}
        medians = {
            system: {time: statistics.median(row[time] for row in rows) for time in TIMES} for system, rows in rows_of.items()
        }
        for system, rows in rows_of.items():
            median = medians[system]
            ratio = f": {medians['deeplabcut'][key] / median[key]:.2f} of DeepLabCut's" if system == "posemake" else ""
            rate, size = f"{len(table) / median[key]:.0f}{ratio}", f"{rows[-1]['bytes'] / 1e6:.1f}"
            print(f"| {name} | {system} | {rate} | {median['cpu_s']:.2f} | {median['clock_s']:.2f} | {size} |")
    print(json.dumps(results))


if __name__ == "__main__":
    sys.exit(main())
