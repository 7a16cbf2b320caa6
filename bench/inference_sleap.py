"""Runner of bench/inference.py for sleap-nn: a batch size, the folder of the benchmark, a video."""

import json
import shutil
import sys
from pathlib import Path

from sleap_nn.inference.run import predict

batch, out, video = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
trained = Path(json.loads((out / "models.json").read_text())["sleap-nn"])
model = out / "sleap-model"
model.mkdir(exist_ok=True)
shutil.copy(trained / "run/training_config.yaml", model)
best = trained / "run/best.ckpt"  # missing if the training was interrupted before its first validation
shutil.copy(best if best.exists() else sorted(trained.glob("snapshot-*"))[-1], model / "best.ckpt")
predict(video, model_paths=[str(model)], device="cpu", batch_size=batch, output_path=str(out / "found.slp"))
