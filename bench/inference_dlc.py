"""Runner of bench/inference.py for DeepLabCut: a batch size, the folder of the benchmark, a video."""

import json
import shutil
import sys
from pathlib import Path

from deeplabcut.pose_estimation_pytorch import analyze_videos

batch, out, video = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
project = Path(json.loads((out / "models.json").read_text())["deeplabcut"])
folder = out / "deeplabcut"
shutil.rmtree(folder, ignore_errors=True)
trained = next(project.glob("dlc-models-pytorch/*/*/train"))
if not list(trained.glob("snapshot-*.pt")):  # the training was interrupted before it wrote one of its own
    shutil.copy(sorted(project.glob("snapshot-*"))[-1], trained / "snapshot-000.pt")
analyze_videos(project / "config.yaml", [video], shuffle=1, device="cpu", batch_size=batch, destfolder=folder)
