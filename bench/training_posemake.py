"""Runner of bench/training.py for posemake itself."""

import csv
from functools import partial
from pathlib import Path

from training_clock import Clock, Spent, of_part, run

import posemake.models.train
from posemake.config.settings import Model
from posemake.data.images import read_image
from posemake.data.label_files import frame_number
from posemake.data.label_table import COORDINATES
from posemake.models.trainer import Training
from posemake.networks.model_file import load_model, save_model
from posemake.networks.torch_runtime import Predictor


def prepare(job: dict, folder: Path) -> None:
    """The tables of labels and split, as the workflow's rules write them."""
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
    settings = Model(seed=job["seed"], **job["options"]).model_dump()
    trainings = []

    def saving(network):
        return partial(save_model, network=network, settings=trainings[0].settings.model_dump(), keypoints=job["keypoints"])

    class Timed(Training):
        def advance(self) -> None:
            super().advance()
            clock.step(saving(self.average))

    def make(*args) -> Timed:
        trainings.append(Timed(*args))
        return trainings[0]

    posemake.models.train.Training = make
    files = [str(folder / name) for name in ("labels.csv", "split.csv", "labels", "weights.pt", "history.csv")]
    try:
        posemake.models.train.train_model(*files, settings)
        clock.note("snapshot", saving(trainings[0].average))
        clock.note("kept", lambda path: path.write_bytes((folder / "weights.pt").read_bytes()))
    except Spent:
        training = trainings[0]
        if training.best:  # what a training that is cut off would go on from, and hand out if nothing better came
            training.network.load_state_dict(training.best)
            clock.note("kept", saving(training.network))


def predict(job: dict, folder: Path, paths: list[Path]):
    frames = [read_image(job["images"][i]) for i in of_part(job, "test")]
    for path in paths:
        predictor = Predictor(load_model(path))
        yield [predictor([frame])[0][0].tolist() for frame in frames]


if __name__ == "__main__":
    run(prepare, train, predict)
