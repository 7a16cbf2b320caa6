"""Time that Snakemake needs to plan a project of many videos: python bench/scale.py --videos 100 1000 5000

The workflow is run with one video for training and one to analyse. The results of the second video, and Snakemake's records of
them, are copied under the names of many more videos, and the tables of all videos are computed. Then one more video is added. The
dry-runs before and after that, and the run itself, are timed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.demo.annotator import label_frames
from posemake.demo.motion import KEYPOINTS
from posemake.demo.videos import draw_video

ROOT = Path(__file__).resolve().parents[1]
TRAINED, FIRST = "trained", "video_00000"
CONFIG = {
    "keypoints": list(KEYPOINTS),
    "frames": {"per_video": 8, "thumbnail": 16, "min_distance": 4},
    "split": {"block": 4, "validation": 0.25, "test": 0.25},
    "models": {"small": {"scale": 0.5, "steps": 4, "batch_size": 2, "warmup": 1, "validate_every": 2}},
    "predict": {"engine": "openvino"},
}


def video_name(number: int) -> str:
    """Return the id of a video."""
    return f"video_{number:05d}"


def snakemake(project: Path, *arguments: str) -> dict[str, float | int]:
    """Run Snakemake; return seconds, CPU seconds, peak memory in MB and the number of jobs."""
    # --quiet=host keeps the table of jobs, which the short output leaves out
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--quiet=host", *arguments]
    began = time.monotonic()
    with (project / "out.txt").open("w") as out:
        process = subprocess.Popen(
            command, cwd=project, stdout=out, stderr=subprocess.STDOUT, env=os.environ | {"POSEMAKE_DEVICE": "cpu"}
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = (project / "out.txt").read_text()
    if process.returncode:
        raise SystemExit(text[-3000:])
    total = re.search(r"^total +(\d+)$", text, re.M)
    return {
        "s": round(time.monotonic() - began, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "mb": round(used.ru_maxrss / 1024),
        "jobs": int(total[1]) - 1 if total else 0,
    }


def write_sheet(project: Path, videos: int) -> None:
    """Write the sheet with the video for training and some videos to analyse."""
    rows = [(TRAINED, "train", "m0"), *((video_name(i), "analyse", f"m{i % 40}") for i in range(videos))]
    lines = ["video\tpath\tuse\tsubject", *(f"{name}\tvideos/{name}.mp4\t{use}\t{mouse}" for name, use, mouse in rows)]
    (project / "config/videos.tsv").write_text("\n".join(lines) + "\n")


def make_finished_project(project: Path) -> Path:
    """Make a project of two videos, and run the workflow to its end."""
    (project / "config").mkdir(parents=True)
    (project / "videos").mkdir()
    for seed, name in enumerate((TRAINED, FIRST)):
        draw_video(project / f"videos/{name}.mp4", project / f"videos/{name}.truth.csv", 40, 4.0, seed, size=(160, 120))
    (project / "config/config.yaml").write_text(json.dumps(CONFIG))
    write_sheet(project, 1)
    snakemake(project)
    label_frames(project / "results/frames/round-0", project / "videos", project / "labels/round-0")
    snakemake(project)
    return project


def snakemake_records(project: Path, video: str) -> dict[str, str]:
    """Return Snakemake's records of the results of a video, by path."""
    folder = project / ".snakemake/metadata"
    paths = [str(p.relative_to(project)) for p in project.rglob("results/**/*") if f"/{video}/" in f"{p.relative_to(project)}/"]
    records = {path: folder / urlsafe_b64encode(path.encode()).decode() for path in paths}
    return {path: record.read_text() for path, record in records.items() if record.exists()}


def multiply_video(project: Path, videos: int) -> None:
    """Add finished videos to a project: links to the files of the first one, under other names."""
    records = snakemake_records(project, FIRST)
    folders = [path for path in project.glob("results/**/") if path.name == FIRST]
    for number in range(1, videos):
        name = video_name(number)
        os.link(project / f"videos/{FIRST}.mp4", project / f"videos/{name}.mp4")
        for folder in folders:
            shutil.copytree(folder, folder.with_name(name), copy_function=os.link)
            for path in (folder, *folder.rglob("*/")):  # folders are results too, and are not linked
                shutil.copystat(path, folder.with_name(name) / path.relative_to(folder))
        for path, text in records.items():
            record = urlsafe_b64encode(path.replace(FIRST, name).encode()).decode()
            (project / ".snakemake/metadata" / record).write_text(text.replace(FIRST, name))
    write_sheet(project, videos)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--out", type=Path, default=Path("bench-scale"), help="folder of the projects and the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    first = args.out / "finished"
    if not first.exists():
        make_finished_project(first)
    for videos in args.videos:
        project = args.out / f"{videos}"
        if not project.exists():
            shutil.copytree(first, project, copy_function=shutil.copy2)
            multiply_video(project, videos)
        rows = {"tables": snakemake(project)} | {"nothing new": snakemake(project, "-n")}
        shutil.copy(first / f"videos/{FIRST}.mp4", project / f"videos/{video_name(videos)}.mp4")
        write_sheet(project, videos + 1)
        rows |= {"one added": snakemake(project, "-n"), "one more analysed": snakemake(project)}
        for what, row in rows.items():
            line = json.dumps({"videos": videos, "what": what, **row})
            print(line, flush=True)
            with (args.out / "results.jsonl").open("a") as results:
                results.write(line + "\n")


if __name__ == "__main__":
    main()
