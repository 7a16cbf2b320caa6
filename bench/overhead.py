"""Overhead of the workflow over the work of its stages: python bench/overhead.py --videos 12 --frames 300 3000

A project is run with one video; then more videos are added and run on all cores. Each job logs the CPU time of its stage, and the
CPU time before the stage began (interpreter, imports); the rest of the CPU time of the run is Snakemake's own. The first video
makes sure that Python has compiled all modules before the measurement.
"""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import av
from scale import make_finished_project, snakemake, video_name, write_sheet

from posemake.demo.videos import draw_video
from posemake.video.writer import video_writer

CPU_TIMES = re.compile(r"CPU: ([\d.]+) s, and ([\d.]+) s before")  # of the stage, and before it
RULES = ("prepare_video", "predict_poses", "filter_poses", "render_video", "plot_poses")
DRAWN = 300  # frames that are drawn; longer videos repeat them


def make_video(path: Path, frames: int, seed: int) -> None:
    """Draw a video of 640 x 480 pixels."""
    draw_video(path, path.with_suffix(".truth.csv"), min(frames, DRAWN), 4.0, seed, size=(640, 480))
    if frames > DRAWN:
        with av.open(str(path)) as container:
            drawn = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        with video_writer(path, (640, 480), 30.0) as write:
            for number in range(frames):
                write(drawn[number % DRAWN])


def measure(out: Path, videos: int, frames: int) -> dict:
    """Draw videos, run the workflow, and return the parts of its CPU time."""
    project = out / f"overhead-{videos}-{frames}"
    shutil.rmtree(project, ignore_errors=True)
    make_finished_project(project)
    for number in range(1, videos + 1):
        make_video(project / f"videos/{video_name(number)}.mp4", frames, number)
    shutil.rmtree(project / "logs")
    write_sheet(project, videos + 1)
    run = snakemake(project)
    logs = {path: CPU_TIMES.search(path.read_text()) for path in project.glob("logs/**/*.log")}
    stages, starts = (sum(float(times[part]) for times in logs.values()) for part in (1, 2))
    seconds = {rule: [float(times[1]) for path, times in logs.items() if rule in path.parts] for rule in RULES}
    return {
        "videos": videos,
        "frames": frames,
        "jobs": len(logs),
        "wall_s": run["s"],
        "cpu_s": run["cpu_s"],
        "stages_s": round(stages, 1),
        "starts_s": round(starts, 1),
        "snakemake_s": round(run["cpu_s"] - stages - starts, 1),
        "added": round(run["cpu_s"] / stages - 1, 3),
        "per_job_s": {rule: round(sum(values) / len(values), 2) for rule, values in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--frames", type=int, nargs="+", default=[300, 3000])
    parser.add_argument("--out", type=Path, default=Path("bench-scale"), help="folder of the projects and the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for frames in args.frames:
        line = json.dumps(measure(args.out, args.videos, frames))
        print(line, flush=True)
        with (args.out / "overhead.jsonl").open("a") as results:
            results.write(line + "\n")


if __name__ == "__main__":
    main()
