"""The stage that trains one network on labelled frames."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from posemake.config.settings import Model, make
from posemake.core.errors import PosemakeError
from posemake.core.log import logger, progress
from posemake.core.tables import write_rows
from posemake.data.label_table import read_labelled
from posemake.models.checkpoint import Timer, discard, fingerprint, noticing_sigterm, read_checkpoint, write_checkpoint
from posemake.models.tensorboard import LiveCurve
from posemake.models.trainer import HISTORY_COLUMNS, Diverged, Training
from posemake.networks.devices import ON_CPU, best_device, forced
from posemake.networks.inputs import Frames, load_part, suitable_scale
from posemake.networks.model_file import save_model
from posemake.networks.network import MULTIPLE


def fit_network(
    train: Frames,
    validation: Frames,
    keypoints: list[str],
    settings: Model,
    device: torch.device | None = None,
    checkpoint: str | Path | None = None,
    code: str = "",
    events: str | Path | None = None,
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """Train a network from its starting weights, or from where a checkpoint stands.

    Parameters
    ----------
    checkpoint
        File to resume from, if it is of the same training, and to write now and then; it stays when the training is done.
    code
        Digest of the code that trains: a checkpoint of other code is not used.
    events
        Folder of the live curve for TensorBoard.

    Returns
    -------
    network
        With the averaged weights of the step whose mean validation error was the least.
    history
        One row per validation, with ``HISTORY_COLUMNS``; errors in pixels of the original frames.

    Raises
    ------
    PosemakeError
        If the loss diverges, one frame does not fit into memory, the process is asked to end (SIGTERM), or there is no GPU any
        more for what began on one.
    """
    chosen = bool(device or forced())
    device = device or best_device()
    torch.use_deterministic_algorithms(device.type == "cpu")
    training = Training(train, validation, keypoints, settings, device)
    logger.info("%d training and %d validation frames on %s", len(train.images), len(validation.images), device)
    identity, last_good, timer = "", None, Timer()
    if checkpoint:
        arrays = [part for frames in (train, validation) for part in (frames.images, frames.xy, frames.maps)]
        identity = fingerprint({**dataclasses.asdict(settings), "keypoints": keypoints}, code, training.network, arrays)
        if content := read_checkpoint(checkpoint, identity):
            if content["device"] != "cpu" and device.type == "cpu" and not chosen:
                raise PosemakeError(
                    f"{checkpoint}: the training began on {content['device']}, and there is no such device now; run again where "
                    f"there is one; {ON_CPU}"
                )
            training.restore(content)
            logger.info("resumed from %s at step %d", checkpoint, training.step)
    curve = LiveCurve(events, training.history, training.seconds)
    try:
        with noticing_sigterm() as asked_to_end:
            for _ in progress(range(training.step, settings.steps), settings.steps, "training steps"):
                if settings.patience and training.stale >= settings.patience:
                    logger.info("no better validation error in %d validations: stopped", training.stale)
                    break
                training.advance()
                if training.step % settings.validate_every == 0 or training.step == settings.steps:
                    training.validate()
                    curve.add(training.history[-1])
                    last_good = training.pack(identity) if checkpoint and training.healthy() else last_good
                if checkpoint and (timer.due() or asked_to_end.is_set()):
                    if not training.healthy():
                        raise Diverged(training.step)
                    write_checkpoint(checkpoint, training.pack(identity))
                    timer.reset()
                if asked_to_end.is_set():
                    raise PosemakeError(f"asked to end (SIGTERM) after step {training.step}; run again to go on from there")
    except Diverged as error:
        if checkpoint and last_good:
            write_checkpoint(checkpoint, last_good)
        raise PosemakeError(
            f"training diverged before step {error} (the loss is no number, or stays far above its start); lower `learning_rate`"
        ) from None
    finally:
        curve.close()
    training.network.load_state_dict(training.best)
    logger.info("best validation error %.2f px", training.best_error)
    return training.network.eval(), training.history


def train_model(
    labels_file: str,
    split_file: str,
    labels_dir: str,
    model_file: str,
    history_file: str,
    settings: dict[str, Any],
    code: str = "",
    events: str | Path | None = None,
) -> None:
    """Train the network that a config describes; write the model file and the learning curve as CSV.

    While it trains, ``checkpoint.pt`` beside the model file lets a training that was cut off go on, and the folder ``events`` has
    the curve so far.
    """
    labelled = read_labelled(labels_file, split_file, labels_dir)
    settings = settings | {"scale": suitable_scale(labelled, make(Model, settings).scale)}
    wanted = make(Model, settings)
    train, validation = (load_part(labelled, part, wanted.scale, MULTIPLE, wanted.unseen) for part in ("train", "validation"))
    height, width = train.images.shape[1:3]
    logger.info("frames enter the network at scale %.4g, as %d x %d pixels", wanted.scale, width, height)
    checkpoint = Path(model_file).with_name("checkpoint.pt")
    network, history = fit_network(train, validation, labelled.keypoints, wanted, None, checkpoint, code, events)
    write_rows(history_file, HISTORY_COLUMNS, ([row[name] for name in HISTORY_COLUMNS] for row in history))
    save_model(model_file, network, settings, labelled.keypoints)
    discard(checkpoint)
