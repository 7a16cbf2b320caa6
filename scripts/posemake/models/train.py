"""Training of one network on labelled frames."""

from dataclasses import dataclass
from pathlib import Path

import torch

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.core.log import logger, progress
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.label_table import read_labelled
from posemake.models.checkpoint import (
    CheckpointTimer,
    catch_sigterm,
    read_checkpoint,
    remove_checkpoint,
    training_digest,
    write_checkpoint,
)
from posemake.models.tensorboard import TensorboardCurve
from posemake.models.trainer import HISTORY_COLUMNS, Diverged, Trainer
from posemake.networks.devices import CPU_HINT, best_device, requested_device
from posemake.networks.inputs import Frames, input_scale, load_part
from posemake.networks.model_file import save_model
from posemake.networks.network import MULTIPLE


@dataclass(frozen=True)
class TrainInputs:
    """Files that `train_model` reads."""

    labels: StrPath  # labels of all frames (CSV)
    split: StrPath  # part of each frame (CSV)
    images: StrPath  # folder of the labelled images, with a folder per round


@dataclass(frozen=True)
class TrainOutputs:
    """Files that `train_model` writes."""

    weights: StrPath  # model file; while the training runs, its checkpoint is beside it
    history: StrPath  # learning curve (CSV), a row per validation
    tensorboard: StrPath | None = None  # folder of event files for TensorBoard


def _resume(trainer: Trainer, checkpoint: StrPath, digest: str, may_change_device: bool) -> None:
    """Restore a training from its checkpoint, if there is one.

    Parameters
    ----------
    trainer
        The training, before its first step.
    checkpoint
        File of the checkpoint.
    digest
        Of the training, as by `training_digest`.
    may_change_device
        Whether a training that began on a GPU may continue on the CPU.

    Raises
    ------
    PosemakeError
        If it began on a GPU, may not continue on the CPU, and there is no GPU.
    """
    content = read_checkpoint(checkpoint, digest)
    if content is None:
        return
    if content["device"] != "cpu" and trainer.device.type == "cpu" and not may_change_device:
        raise PosemakeError(
            f"{checkpoint}: the training began on {content['device']}, and there is no such device now; run again where there is "
            f"one; {CPU_HINT}"
        )
    trainer.restore(content)
    logger.info("resumed from %s at step %d", checkpoint, trainer.step)


def fit_network(
    train: Frames,
    validation: Frames,
    keypoints: list[str],
    settings: Model,
    device: torch.device | None = None,
    checkpoint: StrPath | None = None,
    code: str = "",
    tensorboard: StrPath | None = None,
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """Train a network from its starting weights, or resume from a checkpoint.

    Parameters
    ----------
    train, validation
        Labelled frames.
    keypoints
        Names (K,) in the order of the labels.
    settings
        Of the model.
    device
        Where to compute; by default `best_device`.
    checkpoint
        File to resume from, if it is of the same training, and to write now and then. It is kept when the training is done.
    code
        Digest of the code that trains: a checkpoint of other code is not used.
    tensorboard
        Folder of event files for TensorBoard.

    Returns
    -------
    network
        With the averaged weights of the step whose mean validation error is the least.
    history
        A row per validation, with ``HISTORY_COLUMNS``; errors in pixels of the original frames.

    Raises
    ------
    PosemakeError
        If the loss diverges, one frame does not fit into memory, the process gets SIGTERM, or a training that began on a GPU
        finds none.
    """
    may_change_device = bool(device or requested_device())
    device = device or best_device()
    torch.use_deterministic_algorithms(device.type == "cpu")
    trainer = Trainer(train, validation, keypoints, settings, device)
    logger.info("%d training and %d validation frames on %s", len(train.images), len(validation.images), device)
    digest, last_good, timer = "", b"", CheckpointTimer()
    if checkpoint:
        arrays = [a for frames in (train, validation) for a in (frames.images, frames.xy, frames.visibility, frames.maps)]
        digest = training_digest({**settings.model_dump(), "keypoints": keypoints}, code, trainer.network, arrays)
        _resume(trainer, checkpoint, digest, may_change_device)
    curve = TensorboardCurve(tensorboard, trainer.history, trainer.seconds)
    try:
        with catch_sigterm() as terminated:
            for _ in progress(range(trainer.step, settings.steps), settings.steps, "training steps"):
                if settings.patience and trainer.validations_since_best >= settings.patience:
                    logger.info("no better validation error in %d validations: stopped", trainer.validations_since_best)
                    break
                trainer.advance()
                if trainer.step % settings.validate_every == 0 or trainer.step == settings.steps:
                    trainer.validate()
                    curve.add(trainer.history[-1])
                    last_good = trainer.pack(digest) if checkpoint and trainer.is_finite() else last_good
                if checkpoint and (timer.due() or terminated.is_set()):
                    if not trainer.is_finite():
                        raise Diverged(trainer.step)
                    write_checkpoint(checkpoint, trainer.pack(digest))
                    timer.reset()
                if terminated.is_set():
                    raise PosemakeError(f"stopped by SIGTERM after step {trainer.step}; run again to resume from there")
    except Diverged as error:
        if checkpoint and last_good:
            write_checkpoint(checkpoint, last_good)
        raise PosemakeError(
            f"training diverged before step {error} (the loss is not finite, or stays far above its start); lower `learning_rate`"
        ) from None
    finally:
        curve.close()
    if trainer.best_weights is not None:
        trainer.network.load_state_dict(trainer.best_weights)
    logger.info("best validation error %.2f px", trainer.best_error)
    return trainer.network.eval(), trainer.history


def train_model(inputs: TrainInputs, outputs: TrainOutputs, settings: Model, code: str = "") -> None:
    """Train the network of a model; write the model file and the learning curve.

    While it trains, ``checkpoint.pt`` beside the model file lets an interrupted training resume.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    settings
        Of the model.
    code
        Digest of the code that trains: a checkpoint of other code is not used.
    """
    labelled = read_labelled(inputs.labels, inputs.split, inputs.images)
    scale = input_scale(labelled, settings.scale)
    settings = settings.model_copy(update={"scale": scale})
    train, validation = (load_part(labelled, part, scale, MULTIPLE, settings.unseen) for part in ("train", "validation"))
    height, width = train.images.shape[1:3]
    logger.info("frames enter the network at scale %.4g, as %d x %d pixels", scale, width, height)
    checkpoint = Path(outputs.weights).with_name("checkpoint.pt")
    network, history = fit_network(
        train, validation, labelled.keypoints, settings, checkpoint=checkpoint, code=code, tensorboard=outputs.tensorboard
    )
    write_rows(outputs.history, HISTORY_COLUMNS, ([row[name] for name in HISTORY_COLUMNS] for row in history))
    save_model(outputs.weights, network, settings.model_dump(), labelled.keypoints)
    remove_checkpoint(checkpoint)
