"""Runner of bench/training.py for posemake itself."""

import csv
from functools import partial
from pathlib import Path

from training_clock import Clock, Spent, frames_of_part, run

import posemake.models.train
from posemake.config.settings import Model
from posemake.data.image_names import frame_number
from posemake.data.images import read_image
from posemake.data.label_table import COORDINATES
from posemake.models.train import TrainInputs, TrainOutputs
from posemake.models.trainer import Trainer
from posemake.networks.model_file import load_model, save_model
from posemake.networks.torch_runtime import Predictor


def prepare(job: dict, folder: Path) -> None:
    """Write the tables of labels and split, as the workflow's rules do."""
    (folder / "labels/round-0").mkdir(parents=True)
    names = [Path(image) for image in job["images"]]
    (folder / "labels/round-0/video").symlink_to(names[0].parent)
    with (folder / "labels.csv").open("w") as labels, (folder / "split.csv").open("w") as split:
        rows, parts = csv.writer(labels), csv.writer(split)
        rows.writerow(
            ["round", "video", "image", "frame", *(f"{name}.{column}" for name in job["keypoints"] for column in COORDINATES)]
        )
        parts.writerow(["video", "image", "part"])
        for name, points, part in zip(names, job["points"], job["parts"]):
            cells = [cell for x, y in points for cell in (("", "", 0) if x != x else (x, y, 2))]
            rows.writerow([0, "video", name.name, frame_number(name.name), *cells])
            parts.writerow(["video", name.name, part])


def train(job: dict, folder: Path, clock: Clock) -> None:
    trainers = []

    def save(network):
        return partial(save_model, network=network, settings=trainers[0].settings.model_dump(), keypoints=job["keypoints"])

    class TimedTrainer(Trainer):
        def advance(self) -> None:
            super().advance()
            clock.step(save(self.average))

    def make_trainer(*args) -> TimedTrainer:
        trainers.append(TimedTrainer(*args))
        return trainers[0]

    posemake.models.train.Trainer = make_trainer
    inputs = TrainInputs(labels=folder / "labels.csv", split=folder / "split.csv", images=folder / "labels")
    outputs = TrainOutputs(weights=folder / "weights.pt", history=folder / "history.csv")
    try:
        posemake.models.train.train_model(inputs, outputs, Model(seed=job["seed"], **job["options"]))
        clock.note("snapshot", save(trainers[0].average))
        clock.note("kept", lambda path: path.write_bytes((folder / "weights.pt").read_bytes()))
    except Spent:
        trainer = trainers[0]
        if trainer.best_weights:  # those that an interrupted training would resume with, and keep if none were better
            trainer.network.load_state_dict(trainer.best_weights)
            clock.note("kept", save(trainer.network))


def predict(job: dict, folder: Path, paths: list[Path]):
    frames = [read_image(job["images"][i]) for i in frames_of_part(job, "test")]
    for path in paths:
        predictor = Predictor(load_model(path))
        yield [predictor([frame])[0][0].tolist() for frame in frames]


if __name__ == "__main__":
    run(prepare, train, predict)
