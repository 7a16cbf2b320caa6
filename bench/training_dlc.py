"""Runner of bench/training.py for DeepLabCut, in an environment of its own.

DeepLabCut starts from a snapshot of epoch 0 with random weights, as no setting makes it start without those of ImageNet.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import deeplabcut
import numpy as np
import pandas as pd
import torch
import yaml
from deeplabcut.pose_estimation_pytorch import DLCLoader
from deeplabcut.pose_estimation_pytorch.apis.utils import get_pose_inference_runner
from deeplabcut.pose_estimation_pytorch.models import PoseModel
from deeplabcut.pose_estimation_pytorch.runners.train import PoseTrainingRunner
from training_clock import Clock, Spent, frames_of_part, run

SCORER = "bench"


def prepare(job: dict, folder: Path) -> None:
    """Make a project of DeepLabCut, its training set, and the snapshot to start from."""
    images = folder / "labeled-data/video"
    images.mkdir(parents=True)
    rows, names = [], []
    for path, points in zip(job["images"], job["points"]):
        shutil.copy(path, images)
        names.append(("labeled-data", "video", Path(path).name))
        rows.append(np.asarray(points, float).reshape(-1))
    columns = pd.MultiIndex.from_product([[SCORER], job["keypoints"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    table = pd.DataFrame(rows, pd.MultiIndex.from_tuples(names), columns)
    table.to_csv(images / f"CollectedData_{SCORER}.csv")
    table.to_hdf(images / f"CollectedData_{SCORER}.h5", key="df_with_missing", mode="w")
    train, test = frames_of_part(job, "train"), frames_of_part(job, "test")
    config = {
        "Task": "bench",
        "scorer": SCORER,
        "date": "Jan1",
        "multianimalproject": False,
        "identity": False,
        "project_path": str(folder),
        "engine": "pytorch",
        "video_sets": {str(folder / "videos/video.mp4"): {"crop": "0, 640, 0, 480"}},
        "bodyparts": job["keypoints"],
        "skeleton": [],
        "TrainingFraction": [round(len(train) / (len(train) + len(test)), 2)],
        "iteration": 0,
        "default_net_type": job["options"]["net"],
        "default_augmenter": "albumentations",
        "snapshotindex": -1,
        "batch_size": 8,
        "pcutoff": 0.6,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    deeplabcut.create_training_dataset(
        str(folder / "config.yaml"),
        Shuffles=[1],
        trainIndices=[train],
        testIndices=[test],
        net_type=job["options"]["net"],
        userfeedback=False,
    )
    torch.manual_seed(job["seed"])
    model = PoseModel.build(DLCLoader(folder / "config.yaml", shuffle=1).model_cfg["model"], pretrained_backbone=False)
    torch.save({"model": model.state_dict(), "metadata": {"epoch": 0}}, folder / "start.pt")


def train(job: dict, folder: Path, clock: Clock) -> None:
    step = PoseTrainingRunner.step

    def timed(self, batch, mode="train"):
        losses = step(self, batch, mode)
        if mode == "train":
            clock.step(lambda path: torch.save({"model": self.model.state_dict(), "metadata": {"epoch": 0}}, path))
        return losses

    PoseTrainingRunner.step = timed
    with suppress(Spent):
        deeplabcut.pose_estimation_pytorch.train_network(
            folder / "config.yaml",
            device="cpu",
            snapshot_path=folder / "start.pt",
            display_iters=5,
            pytorch_cfg_updates={"train_settings.seed": job["seed"]},
        )


def predict(job: dict, folder: Path, paths: list[Path]):
    config = DLCLoader(folder / "config.yaml", shuffle=1).model_config_path
    for path in paths:
        runner = get_pose_inference_runner(config, path, device="cpu", max_individuals=1)
        found = runner.inference([job["images"][i] for i in frames_of_part(job, "test")])
        yield [frame["bodyparts"][0, :, :2].tolist() for frame in found]


if __name__ == "__main__":
    run(prepare, train, predict)
