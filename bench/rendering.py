"""Labelled videos of posemake and of DeepLabCut from the same poses: python bench/rendering.py --help

Both read the same file and write the whole video, posemake in H.264 and DeepLabCut in its default codec (MPEG-4 part 2, by
OpenCV). On one core they are compared by CPU time, on several by the clock. The time is that of drawing alone, with reading and
writing, without imports and preparation; posemake's includes the preview and the poster. Rounds alternate between the systems;
medians are told.

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


def measure(system: str, python: str, video: Path, poses: Path, ways: list[dict], cores: int) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [python, str(HERE / RUNNERS[system]), str(video), str(poses), json.dumps(ways), folder]
        env = os.environ | {"OMP_NUM_THREADS": str(cores), "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{system} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--poses", type=Path, required=True, help="poses.csv or filtered.csv that was made of it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder of DeepLabCut's environment")
    parser.add_argument("--cores", type=int, default=1, help="how many to use; the last ones that are allowed")
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
    asked = [way | {"settings": args.settings} for way in ways.values()]
    found = {system: [] for system in RUNNERS}
    for _ in range(args.rounds):
        for system, python in pythons.items():
            found[system].append(measure(system, python, video, poses, asked, args.cores))
    told, per = ("cpu_s", "CPU second") if args.cores == 1 else ("clock_s", "second")
    print(f"| drawn | system | frames per {per} | CPU s | clock s | MB |\n| --- | --- | --- | --- | --- | --- |")
    for number, name in enumerate(ways):
        of = {system: [rows[number] for rows in rounds] for system, rounds in found.items()}
        spent = {system: {key: statistics.median(row[key] for row in rows) for key in TIMES} for system, rows in of.items()}
        for system, rows in of.items():
            mine = spent[system]
            ratio = f": {spent['deeplabcut'][told] / mine[told]:.2f} of DeepLabCut's" if system == "posemake" else ""
            rate, size = f"{len(table) / mine[told]:.0f}{ratio}", f"{rows[-1]['bytes'] / 1e6:.1f}"
            print(f"| {name} | {system} | {rate} | {mine['cpu_s']:.2f} | {mine['clock_s']:.2f} | {size} |")
    print(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
