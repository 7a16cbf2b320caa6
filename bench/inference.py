"""Frames per second from video file to table of poses, of posemake, DeepLabCut and sleap-nn: python bench/inference.py --help

Each system works in a process of its own on the same clips and the same cores, one after another. A rate is that between a short
and a long clip, without what a process does once, which has a column of its own. Models are those that bench/training.py kept
(--keep). The rate does not depend on how well they are trained, but the agreement of engines does.

    python bench/inference.py DATA --runs bench-training/runs --wide bench-training/runs/posemake_backbone=resnet50-blocked-1
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import av
import numpy as np
from environments import ENVIRONMENTS, environment
from training import DATA, ROOT

from posemake.data.poses import read_poses
from posemake.video.writer import video_writer

RUNNERS = {"posemake": "inference_posemake.py", "deeplabcut": "inference_dlc.py", "sleap-nn": "inference_sleap.py"}


def cut(video: Path, frames: int, path: Path) -> Path:
    """Write the first frames of a video, as H.264 in yuv420p."""
    if not path.exists():
        with av.open(str(video)) as container, video_writer(path, (640, 480), 30.0, 18) as write:
            for _, frame in zip(range(frames), container.decode(video=0)):
                write(frame.to_ndarray(format="rgb24"))
    return path


def spend(command: list[str], env: dict[str, str], log: Path) -> dict[str, float]:
    """Return seconds, CPU seconds and greatest memory of a process and its children."""
    began = time.monotonic()
    with log.open("a") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed; see {log}")
    return {"wall": time.monotonic() - began, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}


def measure(args: argparse.Namespace, system: str, what: str, clips: list[Path], counts: list[int]) -> dict:
    """Return a row of the table. ``what`` is an argument of the runner, as `own:openvino:fixed`; distances are those to torch."""
    threads = str(len(os.sched_getaffinity(0)))
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    env = os.environ | one | {"PYTHONPATH": str(ROOT / "scripts"), "CUDA_VISIBLE_DEVICES": "", "POSEMAKE_DEVICE": "cpu"}
    python = environment(system, args.environments)
    log = args.out / "log.txt"
    runner = [python, str(ROOT / "bench" / RUNNERS[system]), what, str(args.out.resolve())]
    if system == "posemake":  # the export is a job of its own
        spend([*runner[:2], what.rpartition(":")[0] + ":export", runner[3], ""], env, log)
    if what.endswith(":overlap"):
        done = subprocess.run([*runner, str(clips[0].resolve())], env=env, check=True, capture_output=True, text=True)
        return {"system": system, "what": what, **json.loads(done.stdout.splitlines()[-1])}
    short, long = (spend([*runner, str(clip.resolve())], env, log) for clip in clips)
    frames = counts[1] - counts[0]
    agreement = {}
    if system == "posemake" and what.endswith((":fixed", ":dynamic")):
        predicted = read_poses(args.out / "posemake/poses.h5").xy()
        reference = args.out / f"{what.partition(':')[0]}-reference.npy"
        if what.endswith("torch:fixed"):
            np.save(reference, predicted)
        expected = np.load(reference)  # of a clip that may be shorter
        distance = np.linalg.norm(predicted[: len(expected)] - expected[: len(predicted)], axis=-1)
        agreement = {f"p{share}_px": round(float(np.percentile(distance, share)), 3) for share in (50, 95)}
    return agreement | {
        "system": system,
        "what": what,
        "frames": counts,
        "start_s": round(short["wall"] - counts[0] * (long["wall"] - short["wall"]) / frames, 1),
        "fps": round(frames / (long["wall"] - short["wall"]), 2),
        "fps_cpu": round(frames / (long["cpu"] - short["cpu"]), 2),
        "fps_with_start": round(counts[1] / long["wall"], 2),
        "mb": round(long["mb"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="the openfield example of DeepLabCut")
    parser.add_argument("--runs", type=Path, required=True, help="what bench/training.py kept of the three systems")
    parser.add_argument(
        "--wide", type=Path, required=True, help="what it kept of a ResNet-50 with neck=deconv stride=8 and the scale by default"
    )
    parser.add_argument("--only", nargs="+", help="rows to measure, as posemake/resnet50:openvino:fixed or deeplabcut/1")
    parser.add_argument("--out", type=Path, default=Path("bench-inference"), help="folder of the results")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder of the environments of the other systems")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    video = next((args.data / "videos").glob("*.mp4"))
    clips = {n: cut(video, n, args.out / f"clip-{n}.mp4") for n in (20, 80, 100, 300, 1100)}
    trained = {"own": next(args.runs.glob("posemake-blocked-*")), "resnet50": args.wide, "resnet50-scaled": args.wide}
    trained |= {name: next(args.runs.glob(f"{name}*-blocked-*")) for name in ("deeplabcut", "sleap-nn")}
    (args.out / "models.json").write_text(json.dumps({name: str(path.resolve()) for name, path in trained.items()}))
    few, medium, many = (20, 80), (20, 300), (100, 1100)
    ways = ("torch:fixed", "openvino:fixed", "openvino-int8:fixed", "openvino-int8:dynamic")
    scaled, own = ([f"{model}:{how}" for how in ways] for model in ("resnet50-scaled", "own"))
    wide = [f"resnet50:{how}" for how in ways[:2]]
    fast = [
        f"resnet50:{how}" for how in ("openvino-bf16:fixed", "openvino-int8:fixed", "openvino:dynamic", "openvino-int8:dynamic")
    ]
    rows = [("deeplabcut", batch, few) for batch in ("1", "8")]
    rows += [("posemake", what, few) for what in wide]
    rows += [("posemake", what, medium) for what in (*fast, *scaled)]
    rows += [("sleap-nn", "4", many), *(("posemake", what, many) for what in own)]
    engines = ("openvino", "openvino-int8")
    rows += [("posemake", f"{model}:{name}:overlap", (n,)) for model, n in (("resnet50", 20), ("own", 300)) for name in engines]
    with (args.out / "results.jsonl").open("a") as results:
        for system, what, counts in rows:
            if args.only and f"{system}/{what}" not in args.only:
                continue
            row = measure(args, system, what, [clips[n] for n in counts], list(counts))
            print(json.dumps(row), flush=True)
            results.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
