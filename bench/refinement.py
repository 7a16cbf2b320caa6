"""Error after a second round of labels on the demo: python bench/refinement.py [SEED …]

The mice of the demo sometimes sit up and groom themselves, which the first few labels hardly show. Round 1 adds frames on which
the model is likely wrong, or as many random frames. The error is the distance in pixels of the raw poses to the known positions,
in two videos without labels.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from truth import distances

from posemake.demo.annotator import label_frames
from posemake.demo.videos import draw_demo
from posemake.frames.extract import ExtractInputs, extract_frames

ROOT = Path(__file__).resolve().parents[1]
LABELLED, UNSEEN = ("slow_1", "fast_1", "slow_2", "fast_2"), ("slow_3", "fast_3")
FIRST, MORE = 4, 8  # frames per video, and of all videos
FRAMES, GROOMING = 300, 0.07  # of each video, and share of them


def run_workflow(project: Path, *targets: str) -> None:
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--directory", str(project)]
    command += ["--cores", os.environ.get("CORES", "all"), "--quiet", "all", "--", *targets]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")})


def configure(project: Path, **sections: object) -> None:
    path = project / "config/config.yaml"
    config = yaml.safe_load(path.read_text())
    for key, value in sections.items():
        config[key] = config[key] | value if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def pose_errors(project: Path, number: int) -> np.ndarray:
    """Return the distances in pixels of all points of the unlabelled videos to their known positions."""
    folder = f"results/poses/round-{number}/small"
    run_workflow(project, *(f"{folder}/{video}/poses.h5" for video in UNSEEN))
    return distances(project / "demo", project / folder, UNSEEN)


def choose_random_frames(project: Path, count: int, seed: int, min_distance: int) -> None:
    """Extract random frames into ``random/``, none close to another or to one of the first round."""
    rng = np.random.default_rng(seed)
    taken = {video: pd.read_csv(project / f"results/frames/round-0/{video}/frames.csv")["frame"].tolist() for video in LABELLED}
    drawn: dict[str, list[int]] = {video: [] for video in LABELLED}
    while sum(map(len, drawn.values())) < count:
        video, frame = LABELLED[rng.integers(len(LABELLED))], int(rng.integers(FRAMES))
        if min(abs(frame - other) for other in taken[video]) >= min_distance:
            taken[video].append(frame)
            drawn[video].append(frame)
    for video, frames in drawn.items():
        folder, prepared = project / "random" / video, project / "results/videos" / video
        folder.mkdir(parents=True)
        rows = [[frame, f"img{frame:05d}.png"] for frame in sorted(frames)]
        pd.DataFrame(rows, columns=["frame", "image"]).to_csv(folder / "frames.csv", index=False)
        inputs = ExtractInputs(
            video=project / f"demo/{video}.mp4",
            info=prepared / "video.json",
            standard=prepared / "standard",
            frames=folder / "frames.csv",
        )
        extract_frames(inputs, folder / "images")


def measure(folder: Path, seed: int) -> dict[str, np.ndarray]:
    project = folder / "outliers"
    shutil.copytree(ROOT / "config", project / "config")
    draw_demo(project / "demo", seed, FRAMES, GROOMING)
    models = {"small": {"steps": 600, "seed": seed}}
    frames, refine = {"per_video": FIRST, "seed": seed}, {"per_video": MORE, "total": MORE, "seed": seed}
    configure(project, frames=frames, refine=refine, models=models)
    run_workflow(project, *(f"results/frames/round-0/{video}/images" for video in LABELLED))
    label_frames(project / "results/frames/round-0", project / "demo", project / "labels/round-0")
    errors = {"round 0": pose_errors(project, 0)}
    configure(project, active_round=1)
    run_workflow(project, *(f"results/frames/round-1/{video}/images" for video in LABELLED))
    random = shutil.copytree(project, folder / "random")
    count = label_frames(project / "results/frames/round-1", project / "demo", project / "labels/round-1")
    print(f"seed {seed}: {len(LABELLED) * FIRST} frames in round 0, {count} more in round 1", flush=True)
    errors["outliers"] = pose_errors(project, 1)
    configure(random, refine={"per_video": 0})
    shutil.rmtree(random / "results/frames/round-1")
    choose_random_frames(random, count, seed, min_distance=10)
    label_frames(random / "random", random / "demo", random / "labels/round-1")
    errors["random"] = pose_errors(random, 1)
    return errors


def main() -> None:
    for seed in map(int, sys.argv[1:] or (1, 2, 3)):
        with tempfile.TemporaryDirectory() as folder:
            for labels, error in measure(Path(folder), seed).items():
                print(
                    f"  {labels:9} mean {error.mean():6.2f} px, median {np.median(error):5.2f}, 95th percentile "
                    f"{np.percentile(error, 95):6.2f}, within 5 px {np.mean(error <= 5):6.1%}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
