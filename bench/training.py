"""Test error against CPU time of training, for posemake, DeepLabCut and sleap-nn: python bench/training.py --help

Each system is trained from random weights on the same frames, on one core, and measured on the same test frames. All labelled
points count, whatever their confidence. CPU time is that of the process and its children from its start to a snapshot, without
the conversion of the labels to each system's own files before, and the predictions after.

    python bench/training.py run DATA --out results         # DATA: DeepLabCut's openfield example
    python bench/training.py draw --out results             # the figure in docs/, and the table
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import yaml
from environments import ENVIRONMENTS, environment

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.analysis.metrics import distances
from posemake.config.settings import Split
from posemake.data.image_names import frame_number
from posemake.data.label_files import find_label_file, read_labels
from posemake.labels.split import choose_part
from posemake.plotting.style import save_figure, style_context

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "openfield"
RUNNERS = {"posemake": "training_posemake.py", "deeplabcut": "training_dlc.py", "sleap-nn": "training_sleap.py"}
SPLITS = ("blocked", "random")
LEVELS = (10.0, 5.0, 4.0, 3.0)  # pixels; the table shows when the mean test error falls below them for good


def read_data(data: Path) -> dict:
    """Return images, keypoints and points of all labelled frames of a project of DeepLabCut."""
    images, points, keypoints = [], [], []
    for folder in sorted((data / "labeled-data").iterdir()):
        labels = read_labels(find_label_file(folder))
        keypoints = list(labels.keypoints)
        images += [str((folder / name).resolve()) for name in labels.images]
        points += labels.xy.tolist()
    return {"images": images, "keypoints": keypoints, "points": points}


def split_frames(images: list[str], split: str) -> list[str]:
    """Return the part of each frame: by posemake's blocks, or as many of each at random, even of neighbouring frames."""
    settings = Split(**yaml.safe_load((ROOT / "tests/workflow/openfield.yaml").read_text())["split"] | {"seed": 1})
    blocks = [(Path(image).parent.name, frame_number(Path(image).name) // settings.block) for image in images]
    parts = [choose_part(*block, settings) for block in blocks]
    return parts if split == "blocked" else np.random.default_rng(1).permutation(parts).tolist()


def summarise_errors(job: dict, predicted: list) -> dict:
    """Return figures of the distances of all labelled points of the test frames; points that were not found are counted apart."""
    test = [i for i, part in enumerate(job["parts"]) if part == "test"]
    truth = np.asarray(job["points"], float)[test]
    error = distances(np.asarray(predicted, float), truth)
    labelled, found = np.isfinite(truth[..., 0]), np.isfinite(error)
    e = error[found]
    return {
        "points": int(labelled.sum()),
        "not_found": int((labelled & ~found).sum()),
        "mean": round(float(e.mean()), 3),
        "median": round(float(np.median(e)), 3),
        "rmse": round(float(np.sqrt((e**2).mean())), 3),
        "within_5": round(float((e <= 5).sum() / labelled.sum()), 4),
    }


def train(args: argparse.Namespace, data: dict, system: str, split: str, seed: int) -> bool:
    """Run one training with its snapshots, unless its results exist; return whether it succeeded."""
    options = {"posemake": args.posemake, "deeplabcut": {"net": args.net}, "sleap-nn": {}}[system]
    name = {"posemake": "", "deeplabcut": args.net, "sleap-nn": "UNet"}[system]
    label = " ".join(filter(None, [system, name, *(f"{k}={v}" for k, v in args.posemake.items() if system == "posemake")]))
    slug = f"{label.replace(' ', '_')}-{split}-{seed}"
    results, folder = args.out.resolve() / f"{slug}.jsonl", args.out.resolve() / "runs" / slug
    if results.exists():
        print(f"{slug}: exists already", flush=True)
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    budget = {"budget_s": args.budget * 60, "every_s": args.every * 60}
    job = data | budget | {"parts": split_frames(data["images"], split), "seed": seed, "options": options}
    (folder / "job.json").write_text(json.dumps(job))
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    env = os.environ | one | {"PYTHONPATH": str(ROOT / "scripts"), "CUDA_VISIBLE_DEVICES": "", "POSEMAKE_DEVICE": "cpu"}
    python = environment(system, args.environments)
    with (folder / "log.txt").open("w") as log:
        for step in ("prepare", "train", "predict"):
            command = [python, str(ROOT / "bench" / RUNNERS[system]), step, str(folder)]
            if subprocess.run(command, env=env, stdout=log, stderr=subprocess.STDOUT).returncode:
                print(f"{slug}: {step} failed; see {folder / 'log.txt'}", flush=True)
                return False
    rows = [json.loads(line) for line in (folder / "snapshots.jsonl").read_text().splitlines()]
    common = {"system": label, "split": split, "seed": seed, "budget_s": args.budget * 60}
    lines = [
        common | row | summarise_errors(job, predicted)
        for row, predicted in zip(rows, json.loads((folder / "predicted.json").read_text()))
    ]
    results.write_text("".join(json.dumps(line) + "\n" for line in lines))
    last = lines[-1]
    print(f"{slug}: mean error {last['mean']:.2f} px after {last['cpu_s'] / 60:.1f} CPU minutes", flush=True)
    if not args.keep:
        shutil.rmtree(folder)
    return True


def read_curves(out: Path) -> dict[tuple[str, str], dict[int, list[dict]]]:
    """Return rows by split and system, then by seed."""
    curves: dict[tuple[str, str], dict[int, list[dict]]] = defaultdict(dict)
    for path in sorted(out.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        curves[rows[0]["split"], rows[0]["system"]][rows[0]["seed"]] = rows
    return dict(sorted(curves.items()))


@style_context()
def draw(curves: dict, path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

    splits = sorted({split for split, _ in curves})
    systems = sorted({system for _, system in curves}, key=lambda name: (not name.startswith("posemake"), name))
    figure = Figure(figsize=(4.2 * len(splits), 3.4))
    axes = figure.subplots(1, len(splits), sharey=True, squeeze=False)[0]
    for axis, split in zip(axes, splits):
        for number, system in enumerate(systems):
            for seed, rows in enumerate(curves.get((split, system), {}).values()):
                snapshots = [row for row in rows if row["kind"] == "snapshot"]
                minutes = [row["cpu_s"] / 60 for row in snapshots]
                label = None if seed else system
                axis.plot(minutes, [row["mean"] for row in snapshots], "o-", ms=3, lw=0.8, color=f"C{number}", label=label)
                kept = [row for row in rows if row["kind"] == "kept"]
                axis.plot([row["cpu_s"] / 60 for row in kept], [row["mean"] for row in kept], "*", ms=8, color=f"C{number}")
        axis.set(yscale="log", xlabel="CPU minutes of training", title=f"{split} split", xlim=(0, None))
        axis.yaxis.set_major_formatter(ScalarFormatter())
        axis.set_yticks([2, 3, 5, 10, 20, 50, 100, 200, 500], minor=False)
        axis.minorticks_off()
        axis.grid(axis="y", lw=0.3)
    axes[0].set_ylabel("mean error of the test frames, px")
    axes[-1].legend(frameon=False, fontsize=8)
    save_figure(figure, path, 110)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB\n")


def below(rows: list[dict], level: float) -> float:
    """Return the CPU minutes to the first snapshot from which on the mean error stays below a level; infinite if it does not."""
    snapshots = [row for row in rows if row["kind"] == "snapshot"]
    high = [i for i, row in enumerate(snapshots) if row["mean"] >= level]
    first = high[-1] + 1 if high else 0
    return snapshots[first]["cpu_s"] / 60 if first < len(snapshots) else float("inf")


def median_and_range(values: list[float], form: str = ".1f") -> str:
    """Return the median, and the range where there are several values."""
    middle = float(np.median(values))
    text = f"{middle:{form}}" if np.isfinite(middle) else "–"
    if len(values) < 2 or not np.isfinite(middle):
        return text
    ends = [f"{v:{form}}" if np.isfinite(v) else "–" for v in (min(values), max(values))]
    return f"{text} ({ends[0]} to {ends[1]})"


def tabulate(curves: dict) -> None:
    head = ["split", "system", "seeds", "CPU minutes", *(f"minutes to {level:g} px" for level in LEVELS)]
    head += ["mean, px", "median, px", "RMSE, px", "within 5 px", "not found", "memory, GB"]
    print("| " + " | ".join(head) + " |\n| " + " | ".join("---" for _ in head) + " |")
    for (split, system), seeds in curves.items():
        last = [rows[-1] for rows in seeds.values()]
        cells = [split, system, str(len(seeds)), median_and_range([row["cpu_s"] / 60 for row in last])]
        cells += [median_and_range([below(rows, level) for rows in seeds.values()]) for level in LEVELS]
        cells += [median_and_range([row[key] for row in last], ".2f") for key in ("mean", "median", "rmse")]
        cells += [
            median_and_range([100 * row["within_5"] for row in last], ".0f") + " %",
            str(max(row["not_found"] for row in last)),
        ]
        cells.append(f"{max(row['peak_mb'] for rows in seeds.values() for row in rows) / 1000:.1f}")
        print("| " + " | ".join(cells) + " |")
    print(
        "\nMedians of the seeds, and least to greatest. The errors are those of the weights that a system hands its user at the"
    )
    print("end: of the best validation where it has one (stars), else the last. Minutes to a level: to the first snapshot from")
    print("which on the error stays below it.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="train and measure; existing results are kept")
    run.add_argument("data", nargs="?", type=Path, default=DATA, help="the openfield example of DeepLabCut")
    run.add_argument("--budget", type=float, default=27, help="CPU minutes per training")
    run.add_argument("--every", type=float, default=3, help="CPU minutes between snapshots")
    run.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    run.add_argument("--systems", nargs="+", choices=sorted(RUNNERS), default=list(RUNNERS))
    run.add_argument("--split", nargs="+", choices=SPLITS, default=list(SPLITS))
    run.add_argument("--posemake", nargs="+", default=[], metavar="KEY=VALUE", help="settings of posemake's model")
    run.add_argument("--net", default="resnet_50", help="network of DeepLabCut")
    run.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder of the environments of the other systems")
    run.add_argument("--core", type=int, help="which core to use; by default the last one that is allowed")
    run.add_argument("--keep", action="store_true", help="keep snapshots and logs")
    figure = commands.add_parser("draw", help="draw the figure, and print the table")
    figure.add_argument("--figure", type=Path, default=ROOT / "docs" / "training.png")
    for command in (run, figure):
        command.add_argument("--out", type=Path, default=Path("bench-training"), help="folder of the results")
    args = parser.parse_args()
    if args.command == "draw":
        curves = read_curves(args.out)
        draw(curves, args.figure)
        tabulate(curves)
        return
    if not args.data.is_dir():
        raise SystemExit(f"{args.data} is not there; give the folder of DeepLabCut's openfield example")
    args.posemake = yaml.safe_load("{" + ", ".join(pair.replace("=", ": ", 1) for pair in args.posemake) + "}")
    args.environments = args.environments.resolve()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if args.core is None else args.core})
    args.out.mkdir(parents=True, exist_ok=True)
    data = read_data(args.data)
    trainings = [(system, split, seed) for seed in args.seeds for split in args.split for system in args.systems]
    done = [train(args, data, *one) for one in trainings]  # if one fails, the others are still run
    sys.exit(not all(done))


if __name__ == "__main__":
    main()
