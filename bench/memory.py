"""Memory of the inference of a long video while it runs, as a figure: python bench/memory.py --out bench-memory

A drawn video is predicted with an untrained network: training does not change the memory.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
SIZE = (160, 120)


def draw_video(path: Path, frames: int) -> None:
    from posemake.video.writer import video_writer

    noise = np.random.default_rng(1).integers(0, 40, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    with video_writer(path, SIZE, 30.0, 28) as write:
        for i in range(frames):
            image = np.roll(noise, i % 60, 1)
            image[40:60, i % 140 : i % 140 + 20] = 220
            write(image)


def predict(folder: Path) -> None:
    """Export an untrained network, or predict the video, in a process of its own."""
    from posemake.poses.join import PoseOutputs
    from posemake.poses.predict import AnalysedRange, PredictInputs, predict_poses

    files = {"weights": "weights.pt", "graph": "network.onnx", "engine": "engine.json", "video": "long.mp4"}
    files = {name: str(folder / file) for name, file in (files | {"info": "video.json", "standard": "standard"}).items()}
    if not Path(files["engine"]).exists():
        from posemake.config.settings import Model, Prepare
        from posemake.core.versions import TRAINING, package_versions
        from posemake.networks.build import make_network
        from posemake.networks.export_info import ExportInfo
        from posemake.networks.model_file import load_model, save_model
        from posemake.networks.onnx_export import export_graph
        from posemake.video.prepare import PrepareOutputs, PrepareRow, prepare_video

        keypoints, settings = [f"k{i}" for i in range(8)], {"backbone": "unet_small", "stride": 4, "scale": 1.0}
        save_model(files["weights"], make_network(Model(), keypoints), settings, keypoints)
        export_graph(load_model(files["weights"]), files["graph"])
        info = ExportInfo(
            engine="openvino",
            device="cpu",
            requested="openvino",
            keypoints=tuple(keypoints),
            scale=1.0,
            multiple=32,
            extent=60.0,
            settings=settings,
            trained_with=package_versions(TRAINING),
        )
        info.write(files["engine"])
        outputs = PrepareOutputs(info=files["info"], times=folder / "times.npy", standard=files["standard"])
        prepare_video(files["video"], outputs, Prepare(), PrepareRow())
        return
    poses = PoseOutputs(h5=folder / "poses.h5", csv=folder / "poses.csv", provenance=folder / "poses.json")
    predict_poses(PredictInputs(**files), poses, None, AnalysedRange(), "long", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path("bench-memory"))
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "memory.png")
    parser.add_argument("--predict", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.predict:
        return predict(args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    if not (args.out / "long.mp4").exists():
        draw_video(args.out / "long.mp4", args.frames)
    command = [sys.executable, __file__, "--predict", "--out", str(args.out)]
    env = os.environ | {"POSEMAKE_DEVICE": "cpu"}
    if not (args.out / "engine.json").exists():
        subprocess.run(command, env=env, check=True)
    began, rows = time.monotonic(), []
    with subprocess.Popen(command, env=env) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            rows.append((time.monotonic() - began, watched.memory_info().rss / 1e6))
            time.sleep(0.5)
    from matplotlib.figure import Figure

    from posemake.plotting.style import save_figure, style_context

    seconds, memory = np.array(rows[:-1]).T
    with style_context():
        figure = Figure(figsize=(6, 2.6))
        axis = figure.subplots()
        axis.plot(seconds, memory, lw=1)
        axis.set(xlabel="seconds", ylabel="memory of the process, MB", ylim=(0, None))
        save_figure(figure, args.figure, 110)
    tenths = np.array_split(memory[len(memory) // 10 :], 9)
    print(
        f"{args.frames} frames in {seconds[-1]:.0f} s; median MB of each tenth after the first:",
        [round(np.median(t)) for t in tenths],
    )
    print(f"greatest {memory.max():.0f} MB")
    return None


if __name__ == "__main__":
    main()
