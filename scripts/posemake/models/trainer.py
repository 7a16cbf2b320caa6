"""A training between two steps: the state that a checkpoint holds, and what takes it on."""

import copy
import math
import time
from typing import Any

import numpy as np
import torch

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.symmetry import mirrored
from posemake.data.geometry import apply_map
from posemake.models.augmentation import vary
from posemake.models.checkpoint import pack, random_state, restore_random
from posemake.models.losses import pose_loss
from posemake.models.schedule import LossWatch, learning_rate
from posemake.networks.heatmap import decode
from posemake.networks.inputs import Frames
from posemake.networks.model_file import make_network

EMA_HORIZON = 0.05  # share of the training over which weights are averaged: less noise at the end than any single step
CHECK_EVERY = 20  # steps; looking at the loss makes a GPU wait
HISTORY_COLUMNS = (
    "step",
    "seconds",
    "learning_rate",
    "train_loss",
    "validation_loss",
    "train_error",
    "train_median",
    "validation_error",
    "validation_median",
    "images_per_second",
)
PLAIN = ("step", "part", "order", "losses", "history", "best", "best_error", "stale", "seconds", "images_seen")
STATEFUL = ("network", "average", "optimizer", "scaler")


class Diverged(Exception):
    """The loss is no number, or far too high, at a step."""


@torch.inference_mode()
def validate(
    network: torch.nn.Module, frames: Frames, settings: Model, batch: int, device: torch.device
) -> tuple[np.ndarray, float]:
    """Distances (N, K) in pixels of the original frames, and the mean loss of the batches."""
    network.eval()
    found, losses = [], []
    for i in range(0, len(frames.images), batch):
        images = torch.from_numpy(frames.images[i : i + batch]).to(device).permute(0, 3, 1, 2).float()
        points = torch.from_numpy(frames.xy[i : i + batch]).float().to(device)
        outputs = network(images.contiguous(memory_format=torch.channels_last))
        losses.append(len(images) * float(pose_loss(*outputs, points, settings.stride, settings.sigma)))
        xy, _ = decode(*outputs, settings.stride)
        found.append(xy.cpu().numpy())
    back = np.linalg.inv(frames.maps)
    labels = np.where(np.isinf(frames.xy), np.nan, frames.xy)
    pairs = zip(back, np.concatenate(found).astype(float), labels)
    error = np.array([np.linalg.norm(apply_map(m, p) - apply_map(m, q), axis=-1) for m, p, q in pairs])
    return error, sum(losses) / len(frames.images)


def some_of(frames: Frames, count: int) -> Frames:
    """At most so many frames with a keypoint, spread evenly."""
    rows = np.flatnonzero(np.isfinite(frames.xy).any((1, 2)))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int))]
    return Frames(frames.images[rows], frames.xy[rows], frames.maps[rows])


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for products of bfloat16; elsewhere, they are slower than those of float32."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in asked)


class Training:
    """A training between two steps, and what takes it on."""

    def __init__(self, train: Frames, validation: Frames, keypoints: list[str], settings: Model, device: torch.device):
        self.settings, self.device = settings, device
        torch.manual_seed(settings.seed)
        self.rng = np.random.default_rng(settings.seed)
        network = make_network(settings, keypoints)
        self.network = network.to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
        self.mixed = device.type == "cuda" or (device.type == "cpu" and multiplies_bfloat16())
        self.precision = torch.float16 if half else torch.bfloat16
        self.scaler = torch.amp.GradScaler(device.type, enabled=half)  # float16 has too few exponents for small gradients
        self.images, self.xy = torch.from_numpy(train.images), torch.from_numpy(train.xy).float().to(device)
        try:
            self.images = self.images.to(device)
        except torch.OutOfMemoryError:
            logger.info("the frames do not fit into the memory of %s and stay in the machine's", device)
        self.validation, self.sample = validation, some_of(train, max(8, len(validation.images)))
        self.mirror = mirrored(keypoints)
        self.part = settings.batch_size  # images that go through the network together
        self.step, self.order, self.losses, self.history = 0, [], [], []
        self.best, self.best_error, self.stale = None, math.inf, 0
        self.watch = LossWatch()
        self.seconds, self.images_seen, self.since = 0.0, 0, time.monotonic()

    def advance(self) -> None:
        """One step of the optimizer, of the averaged weights and of the watch over the loss."""
        settings = self.settings
        while len(self.order) < settings.batch_size:
            self.order += self.rng.permutation(len(self.images)).tolist()
        chosen, self.order = self.order[: settings.batch_size], self.order[settings.batch_size :]
        batch = self.images[chosen].to(self.device).permute(0, 3, 1, 2).float()
        batch, points = vary(batch, self.xy[chosen], settings.augment, self.rng, self.mirror)
        self.network.train()
        while (loss := self._gradients(batch, points)) is None:
            self._smaller_parts()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, settings)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._average()
        self.losses.append(loss)
        self.step += 1
        self.images_seen += len(chosen)
        if self.step % CHECK_EVERY == 0 and self.watch.diverged(float(torch.stack(self.losses[-CHECK_EVERY:]).mean())):
            raise Diverged(self.step)

    def _gradients(self, batch: torch.Tensor, points: torch.Tensor) -> torch.Tensor | None:
        """Add up the gradients of the parts of a batch; the loss, or none where the memory did not hold a part."""
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        try:
            for images, xy in zip(batch.split(self.part), points.split(self.part)):
                with torch.autocast(self.device.type, self.precision, enabled=self.mixed):
                    outputs = self.network(images.contiguous(memory_format=torch.channels_last))
                outputs = (output if output is None else output.float() for output in outputs)  # a head may have no offsets
                loss = pose_loss(*outputs, xy, self.settings.stride, self.settings.sigma) * (len(images) / len(batch))
                self.scaler.scale(loss).backward()
                total += loss.detach()
        except torch.OutOfMemoryError:
            return None  # what it held is free only when the error is gone
        return total

    def _smaller_parts(self) -> None:
        if self.part == 1:
            raise PosemakeError(f"the memory of {self.device} does not hold one frame; lower `scale` of the model")
        self.part = -(-self.part // 2)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        size = self.settings.batch_size
        logger.info(
            "the memory does not hold a batch: its %d images go through in parts of %d, gradients add up", size, self.part
        )

    @torch.no_grad()
    def _average(self) -> None:
        horizon = max(1.0, EMA_HORIZON * self.settings.steps)
        keep = min(1 - 1 / horizon, (1 + self.step) / (10 + self.step))
        for mean, now in zip(self.average.state_dict().values(), self.network.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1 - keep)
            else:
                mean.copy_(now)

    def validate(self) -> None:
        """Add a row to the history, and keep the averaged weights if they are the best so far."""
        train_loss = float(torch.stack(self.losses).mean())
        self.count_seconds()
        speed = self.images_seen / (self.seconds - (self.history[-1]["seconds"] if self.history else 0.0))
        error, loss = validate(self.average, self.validation, self.settings, self.part, self.device)
        if not (math.isfinite(train_loss) and math.isfinite(loss)):
            raise Diverged(self.step)
        mean, median = float(np.nanmean(error)), float(np.nanmedian(error))
        of_train, _ = validate(self.average, self.sample, self.settings, self.part, self.device)
        self.count_seconds()
        rate = learning_rate(self.step - 1, self.settings)
        errors = float(np.nanmean(of_train)), float(np.nanmedian(of_train)), mean, median
        row = (self.step, self.seconds, rate, train_loss, loss, *errors, speed)
        self.history.append(dict(zip(HISTORY_COLUMNS, row)))
        logger.info("step %d: loss %.3f, validation error %.2f px, %.1f images/s", self.step, train_loss, mean, speed)
        self.stale += 1
        if mean < self.best_error:
            self.best, self.best_error, self.stale = copy.deepcopy(self.average.state_dict()), mean, 0
        self.losses, self.images_seen = [], 0

    def count_seconds(self) -> None:
        now = time.monotonic()
        self.seconds, self.since = self.seconds + now - self.since, now

    def healthy(self) -> bool:
        """Whether loss and weights are numbers."""
        tensors = [value for value in self.network.state_dict().values() if value.is_floating_point()]
        return all(bool(torch.isfinite(value).all()) for value in (*self.losses, *tensors))

    def pack(self, fingerprint: str) -> bytes:
        """All that the rest of the training follows from, as a checkpoint's bytes."""
        self.count_seconds()
        content = {name: getattr(self, name) for name in PLAIN} | {name: getattr(self, name).state_dict() for name in STATEFUL}
        content |= {"watch": [self.watch.start, self.watch.high], "random": random_state(self.rng, self.device)}
        return pack(content | {"device": self.device.type, "fingerprint": fingerprint})

    def restore(self, content: dict[str, Any]) -> None:
        """Go on from what ``pack`` packed."""
        for name in STATEFUL:
            getattr(self, name).load_state_dict(content[name])
        for name in PLAIN:
            setattr(self, name, content[name])
        self.losses = [loss.to(self.device) for loss in self.losses]
        self.watch = LossWatch(*content["watch"])
        restore_random(content["random"], self.rng, self.device)
