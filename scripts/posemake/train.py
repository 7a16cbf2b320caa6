"""Training of one network on labelled frames (B batch, K keypoints, h w cells of the heatmap)."""

import copy
import math
import time
from typing import Any

import numpy as np
import torch

from posemake.augment import vary
from posemake.dataset import Frames, Labelled, load_frames, read_labelled
from posemake.engine import best_device, make_network, save_model
from posemake.files import write_rows
from posemake.geometry import apply_map
from posemake.heatmap import decode
from posemake.log import PosemakeError, logger, progress
from posemake.losses import pose_loss
from posemake.network import MULTIPLE
from posemake.settings import Model, make

EMA_HORIZON = 0.05  # share of the training over which weights are averaged: less noise at the end than any single step
HISTORY_COLUMNS = ("step", "learning_rate", "train_loss", "validation_error", "validation_median")


def learning_rate(step: int, settings: Model) -> float:
    """Rate at a step: linear warm-up, then half a cosine to one hundredth (Loshchilov & Hutter, ICLR 2017)."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


@torch.inference_mode()
def validate(network: torch.nn.Module, frames: Frames, stride: int, batch: int, device: torch.device) -> np.ndarray:
    """Distances (N, K) in pixels of the original frames."""
    network.eval()
    found = []
    for i in range(0, len(frames.images), batch):
        images = torch.from_numpy(frames.images[i : i + batch]).to(device).permute(0, 3, 1, 2).float()
        xy, _ = decode(*network(images.contiguous(memory_format=torch.channels_last)), stride)
        found.append(xy.cpu().numpy())
    back = np.linalg.inv(frames.maps)
    pairs = zip(back, np.concatenate(found).astype(float), frames.xy)
    return np.array([np.linalg.norm(apply_map(m, p) - apply_map(m, q), axis=-1) for m, p, q in pairs])


def fit_network(
    train: Frames, validation: Frames, keypoints: list[str], settings: Model, device: torch.device | None = None
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """Train a network from its starting weights.

    Returns
    -------
    network
        With the averaged weights of the step whose mean validation error was the least.
    history
        One row per validation, with ``HISTORY_COLUMNS``; errors in pixels of the original frames.

    Raises
    ------
    PosemakeError
        If the loss stops being a number.
    """
    device = device or best_device()
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    torch.use_deterministic_algorithms(device.type == "cpu")
    network = make_network(settings, keypoints)
    network = network.to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    images = torch.from_numpy(train.images).to(device)
    xy = torch.from_numpy(train.xy).float().to(device)
    horizon = max(1.0, EMA_HORIZON * settings.steps)
    logger.info("%d training and %d validation frames on %s", len(images), len(validation.images), device)

    best, best_error, history, losses = None, np.inf, [], []
    order: list[int] = []
    started, since = time.monotonic(), 0
    for step in progress(range(settings.steps), settings.steps, "training steps"):
        while len(order) < settings.batch_size:
            order += rng.permutation(len(images)).tolist()
        chosen, order = order[: settings.batch_size], order[settings.batch_size :]
        network.train()
        batch, points = vary(images[chosen].permute(0, 3, 1, 2).float(), xy[chosen], settings.augment, rng)
        heat, offset = network(batch.contiguous(memory_format=torch.channels_last))
        loss = pose_loss(heat, offset, points, settings.stride, settings.sigma)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        rate = learning_rate(step, settings)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        with torch.no_grad():
            keep = min(1 - 1 / horizon, (1 + step) / (10 + step))
            for mean, now in zip(average.state_dict().values(), network.state_dict().values()):
                if mean.dtype.is_floating_point:
                    mean.lerp_(now, 1 - keep)
                else:
                    mean.copy_(now)
        losses.append(loss.detach())
        since += len(chosen)
        if (step + 1) % settings.validate_every == 0 or step + 1 == settings.steps:
            train_loss = float(torch.stack(losses).mean())
            if not np.isfinite(train_loss):
                raise PosemakeError(f"training diverged before step {step + 1} (the loss is no number); lower `learning_rate`")
            speed = since / (time.monotonic() - started)
            error = validate(average, validation, settings.stride, settings.batch_size, device)
            mean, median = float(np.nanmean(error)), float(np.nanmedian(error))
            history.append(dict(zip(HISTORY_COLUMNS, (step + 1, rate, train_loss, mean, median))))
            logger.info("step %d: loss %.3f, validation error %.2f px, %.1f images/s", step + 1, train_loss, mean, speed)
            if mean < best_error:
                best, best_error = copy.deepcopy(average.state_dict()), mean
            losses, since, started = [], 0, time.monotonic()
    network.load_state_dict(best)
    logger.info("best validation error %.2f px", best_error)
    return network.eval(), history


def load_part(labelled: Labelled, part: str, scale: float) -> Frames:
    """Load the frames of one part of the split that have any keypoint.

    Raises
    ------
    PosemakeError
        If there are none.
    """
    rows = np.flatnonzero((labelled.parts == part) & np.isfinite(labelled.xy).any((1, 2)))
    if not len(rows):
        raise PosemakeError(f"no labelled frame with a keypoint is in the part {part!r} of the split; label more frames")
    return load_frames(labelled.paths[rows], labelled.xy[rows], scale, MULTIPLE)


def train_model(
    labels_file: str, split_file: str, labels_dir: str, model_file: str, history_file: str, settings: dict[str, Any]
) -> None:
    """Train the network that a config describes; write the model file and the learning curve as CSV."""
    wanted = make(Model, settings)
    labelled = read_labelled(labels_file, split_file, labels_dir)
    train, validation = (load_part(labelled, part, wanted.scale) for part in ("train", "validation"))
    network, history = fit_network(train, validation, labelled.keypoints, wanted)
    write_rows(history_file, HISTORY_COLUMNS, ([row[name] for name in HISTORY_COLUMNS] for row in history))
    save_model(model_file, network, settings, labelled.keypoints)
