"""Runner of bench/inference.py for posemake: model:engine:mode, the folder of the benchmark, a video.

Modes are ``export``; the crops ``fixed`` and ``dynamic``, from the file to the table of poses; and ``overlap``, which prints what
the parts of that take.
"""

import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

from posemake.config.settings import DynamicCrop, Prepare
from posemake.networks.export_info import ExportInfo
from posemake.networks.runtimes import in_batches, open_runtime
from posemake.poses.join import PoseOutputs
from posemake.poses.predict import AnalysedRange, PredictInputs, predict_poses
from posemake.poses.prefetch import InputFrames, input_map
from posemake.video.prepare import PrepareOutputs, PrepareRow, prepare_video
from posemake.video.reader import open_video

SAMPLE, ROUNDS = 64, 9


def export_files(model: str, out: Path, name: str) -> dict[str, str]:
    """Return the files of a model, exported once for each kind of graph.

    ``resnet50`` is computed at the full size of the frame, ``resnet50-scaled`` at the scale that it was trained with.
    """
    trained = Path(json.loads((out / "models.json").read_text())[model])
    kind = "int8" if name.endswith("int8") else "full"
    whole = trained / "weights.pt"  # missing if the training was interrupted; it then keeps the last snapshot
    weights = whole if whole.exists() else sorted(trained.glob("snapshot-*"))[-1]
    files = {"weights": str(weights), "graph": f"{out}/{model}-{kind}.onnx", "engine": f"{out}/{model}-{name}.json"}
    table = out / f"{model}-{kind}.json"
    if not table.exists():
        from posemake.models.export import ExportInputs, ExportOutputs, export_model

        inputs = ExportInputs(
            weights=files["weights"], labels=trained / "labels.csv", split=trained / "split.csv", images=trained / "labels"
        )
        outputs = ExportOutputs(graph=files["graph"], info=table)
        export_model(inputs, outputs, "openvino-int8" if kind == "int8" else "openvino")
    info = ExportInfo.read(table)
    replace(info, engine=name, requested=name, scale=1.0 if model == "resnet50" else info.scale).write(files["engine"])
    return files


def overlap() -> dict[str, float]:
    """Return milliseconds per frame of the network alone, of decoding alone, and of both together, by CPU time and by the clock.

    They are measured in turn, as the speed of a machine drifts. All figures are medians, also those of the ratios: of the network
    to the whole, and of the slower part to the whole by the clock.
    """
    frames = open_video(video, files["info"], files["standard"])
    info, count = ExportInfo.read(files["engine"]), frames.info.frames
    crop = (0, frames.info.width, 0, frames.info.height)
    size, _ = input_map(crop, info)
    images = [image for _, image in InputFrames(frames, 0, min(count, SAMPLE), crop, info)]
    runtime = open_runtime(name, "cpu", files["weights"], files["graph"], size)
    ways = {
        "network": lambda: in_batches(((i, images[i % len(images)]) for i in range(count)), runtime),
        "decode": lambda: InputFrames(frames, 0, count, crop, info),
        "whole": lambda: in_batches(InputFrames(frames, 0, count, crop, info), runtime),
    }
    taken: dict[str, list[float]] = {f"{way}_{clock}": [] for way in ways for clock in ("cpu_ms", "ms")}
    for _ in range(ROUNDS):
        for way, source in ways.items():
            begun = time.process_time(), time.perf_counter()
            assert sum(1 for _ in source()) == count
            ended = time.process_time(), time.perf_counter()
            taken[f"{way}_cpu_ms"].append((ended[0] - begun[0]) / count * 1e3)
            taken[f"{way}_ms"].append((ended[1] - begun[1]) / count * 1e3)
    taken["network_of_whole"] = [part / whole for part, whole in zip(taken["network_cpu_ms"], taken["whole_cpu_ms"])]
    slower = map(max, taken["network_ms"], taken["decode_ms"])
    taken["slower_of_whole"] = [part / whole for part, whole in zip(slower, taken["whole_ms"])]
    return {key: round(statistics.median(values), 3) for key, values in taken.items()}


model, name, mode = sys.argv[1].split(":")
out, video = Path(sys.argv[2]), sys.argv[3]
folder = out / "posemake"
files = export_files(model, out, name)
if mode == "export":
    sys.exit()
files |= {"video": video, "info": f"{folder}/video.json", "standard": f"{folder}/standard"}
outputs = PrepareOutputs(info=files["info"], times=f"{folder}/times.npy", standard=files["standard"])
prepare_video(video, outputs, Prepare(), PrepareRow())
if mode in ("fixed", "dynamic"):
    poses = PoseOutputs(h5=folder / "poses.h5", csv=folder / "poses.csv", provenance=folder / "poses.json")
    # a ResNet-50 that was trained for minutes has low confidences only
    settings = DynamicCrop(threshold=0.0) if model.startswith("resnet50") else DynamicCrop()
    dynamic_crop = settings if mode == "dynamic" else None
    predict_poses(PredictInputs(**files), poses, dynamic_crop, AnalysedRange(), model, "")
else:
    print(json.dumps(overlap()))
