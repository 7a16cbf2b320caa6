"""Training state and the training step."""

import copy
import math
import time
from typing import Any

import numpy as np
import torch

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.sampling import pick_evenly
from posemake.core.symmetry import flip_order
from posemake.data.geometry import apply_map, inverse
from posemake.models.augmentation import Batch, augment
from posemake.models.checkpoint import pack, random_state, restore_random_state
from posemake.models.losses import pose_loss
from posemake.models.schedule import DivergenceDetector, learning_rate
from posemake.networks.build import make_network
from posemake.networks.heatmap import decode
from posemake.networks.inputs import Frames

EMA_HORIZON = 0.05  # share of the training over which weights are averaged; less noisy at the end than those of a single step
CHECK_EVERY = 20  # steps between checks for divergence, as reading the loss makes a GPU wait
MAX_GRADIENT = 10.0  # norm; greater gradients are scaled down to it
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
# attributes of a trainer that a checkpoint holds: plain values and tensors, and objects with a state_dict
SAVED_VALUES = (
    "step",
    "micro_batch",
    "queue",
    "losses",
    "history",
    "best_weights",
    "best_error",
    "validations_since_best",
    "seconds",
    "images_seen",
)
SAVED_OBJECTS = ("network", "average", "optimizer", "scaler")


class Diverged(Exception):
    """The loss is not finite, or far too high, at a step."""


@torch.inference_mode()
def validate(
    network: torch.nn.Module, frames: Frames, settings: Model, batch: int, device: torch.device
) -> tuple[np.ndarray, float]:
    """Predict frames and compare them with their labels.

    Parameters
    ----------
    network
        On the device.
    frames
        N labelled frames.
    settings
        Stride and sigma of the model.
    batch
        Frames to predict at once.
    device
        Where to compute.

    Returns
    -------
    error
        Distances (N, K) in pixels of the original frames, NaN without a label.
    loss
        Mean over the frames.
    """
    network.eval()
    predicted, losses = [], []
    for i in range(0, len(frames.images), batch):
        part = slice(i, i + batch)
        images = torch.from_numpy(frames.images[part]).to(device).permute(0, 3, 1, 2).float()
        labels = torch.from_numpy(frames.xy[part]).float().to(device), torch.from_numpy(frames.visibility[part]).to(device)
        heat, offset = network(images.contiguous(memory_format=torch.channels_last))
        losses.append(len(images) * float(pose_loss(heat, offset, *labels, settings.stride, settings.sigma)))
        predicted.append(decode(heat, offset, settings.stride)[0].cpu().numpy())
    to_frame = inverse(frames.maps)
    pairs = zip(to_frame, np.concatenate(predicted).astype(float), frames.xy)
    error = np.array([np.linalg.norm(apply_map(m, xy) - apply_map(m, label), axis=-1) for m, xy, label in pairs])
    return error, sum(losses) / len(frames.images)


def sample_frames(frames: Frames, count: int) -> Frames:
    """Return at most ``count`` frames with a keypoint, evenly spread."""
    return frames.select(np.array(pick_evenly(np.flatnonzero(frames.with_keypoint).tolist(), count)))


def multiplies_bfloat16() -> bool:
    """Return whether the CPU has instructions for products of bfloat16; without, they are slower than those of float32."""
    return any(getattr(torch.cpu, name, bool)() for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))


class Trainer:
    """State of a training, and its steps.

    Parameters
    ----------
    train, validation
        Labelled frames.
    keypoints
        Names (K,) in the order of the labels.
    settings
        Of the model.
    device
        Where to compute.
    """

    def __init__(self, train: Frames, validation: Frames, keypoints: list[str], settings: Model, device: torch.device):
        self.settings, self.device = settings, device
        torch.manual_seed(settings.seed)
        self.rng = np.random.default_rng(settings.seed)
        self.network = make_network(settings, keypoints).to(device).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
        self.mixed = device.type == "cuda" or (device.type == "cpu" and multiplies_bfloat16())
        self.precision = torch.float16 if half else torch.bfloat16
        self.scaler = torch.amp.GradScaler(device.type, enabled=half)  # small gradients need more exponents than float16 has
        self.images = torch.from_numpy(train.images)
        self.xy = torch.from_numpy(train.xy).float().to(device)
        self.visibility = torch.from_numpy(train.visibility).to(device)
        try:
            self.images = self.images.to(device)
        except torch.OutOfMemoryError:
            logger.info("the frames do not fit into the memory of %s and stay in the machine's", device)
        self.validation, self.sample = validation, sample_frames(train, max(8, len(validation.images)))
        self.flip_order = flip_order(keypoints)
        self.micro_batch = settings.batch_size  # images that go through the network at once
        self.step = 0
        self.queue: list[int] = []  # numbers of the next frames to train with
        self.losses: list[torch.Tensor] = []  # of the steps since the last validation
        self.history: list[dict[str, float]] = []
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.best_error, self.validations_since_best = math.inf, 0
        self.divergence = DivergenceDetector()
        self.seconds, self.images_seen, self.counted_until = 0.0, 0, time.monotonic()

    def advance(self) -> None:
        """Take one step of the optimizer, and add it to the averaged weights.

        Raises
        ------
        Diverged
            If the loss is not finite, or stays far above its start.
        """
        settings = self.settings
        while len(self.queue) < settings.batch_size:
            self.queue += self.rng.permutation(len(self.images)).tolist()
        rows, self.queue = self.queue[: settings.batch_size], self.queue[settings.batch_size :]
        images = self.images[rows].to(self.device).permute(0, 3, 1, 2).float()
        batch = augment(Batch(images, self.xy[rows], self.visibility[rows]), settings.augment, self.rng, self.flip_order)
        self.network.train()
        while (loss := self.compute_gradients(batch)) is None:
            self._halve_micro_batch()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, settings)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._update_average()
        self.losses.append(loss)
        self.step += 1
        self.images_seen += len(rows)
        if self.step % CHECK_EVERY == 0 and self.divergence.check(float(torch.stack(self.losses[-CHECK_EVERY:]).mean())):
            raise Diverged(self.step)

    def compute_gradients(self, batch: Batch) -> torch.Tensor | None:
        """Sum the gradients of a batch over its micro-batches, and return the loss, or None if the memory is too small."""
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        try:
            for part in batch.split(self.micro_batch):
                with torch.autocast(self.device.type, self.precision, enabled=self.mixed):
                    heat, offset = self.network(part.images.contiguous(memory_format=torch.channels_last))
                offset = None if offset is None else offset.float()
                loss = pose_loss(heat.float(), offset, part.xy, part.visibility, self.settings.stride, self.settings.sigma)
                loss = loss * (len(part.images) / len(batch.images))
                self.scaler.scale(loss).backward()
                total += loss.detach()
        except torch.OutOfMemoryError:
            return None  # the memory is not free before this block has been left
        return total

    def _halve_micro_batch(self) -> None:
        if self.micro_batch == 1:
            raise PosemakeError(f"the memory of {self.device} does not hold one frame; lower `scale` of the model")
        self.micro_batch = -(-self.micro_batch // 2)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        logger.info(
            "the memory does not hold a batch: its %d images go through the network in parts of %d, whose gradients add up",
            *(self.settings.batch_size, self.micro_batch),
        )

    @torch.no_grad()
    def _update_average(self) -> None:
        """Update the exponential moving average of the weights; its horizon grows at the start."""
        horizon = max(1.0, EMA_HORIZON * self.settings.steps)
        decay = min(1 - 1 / horizon, (1 + self.step) / (10 + self.step))
        for mean, current in zip(self.average.state_dict().values(), self.network.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.lerp_(current, 1 - decay)
            else:
                mean.copy_(current)

    def validate(self) -> None:
        """Add a row to the history, and keep the averaged weights if they are the best so far.

        Raises
        ------
        Diverged
            If a loss is not finite.
        """
        train_loss = float(torch.stack(self.losses).mean())
        self.count_seconds()
        speed = self.images_seen / (self.seconds - (self.history[-1]["seconds"] if self.history else 0.0))
        error, loss = validate(self.average, self.validation, self.settings, self.micro_batch, self.device)
        if not (math.isfinite(train_loss) and math.isfinite(loss)):
            raise Diverged(self.step)
        mean, median = float(np.nanmean(error)), float(np.nanmedian(error))
        train_error, _ = validate(self.average, self.sample, self.settings, self.micro_batch, self.device)
        self.count_seconds()
        rate = learning_rate(self.step - 1, self.settings)
        errors = float(np.nanmean(train_error)), float(np.nanmedian(train_error)), mean, median
        row = (self.step, self.seconds, rate, train_loss, loss, *errors, speed)
        self.history.append(dict(zip(HISTORY_COLUMNS, row)))
        logger.info("step %d: loss %.3f, validation error %.2f px, %.1f images/s", self.step, train_loss, mean, speed)
        self.validations_since_best += 1
        if mean < self.best_error:
            self.best_weights, self.best_error = copy.deepcopy(self.average.state_dict()), mean
            self.validations_since_best = 0
        self.losses, self.images_seen = [], 0

    def count_seconds(self) -> None:
        """Add the time since the last call to the training's duration."""
        now = time.monotonic()
        self.seconds, self.counted_until = self.seconds + now - self.counted_until, now

    def is_finite(self) -> bool:
        """Return whether all losses and weights are finite."""
        tensors = [value for value in self.network.state_dict().values() if value.is_floating_point()]
        return all(bool(torch.isfinite(value).all()) for value in (*self.losses, *tensors))

    def pack(self, digest: str) -> bytes:
        """Return all that the rest of the training depends on, as the bytes of a checkpoint."""
        self.count_seconds()
        content = {name: getattr(self, name) for name in SAVED_VALUES}
        content |= {name: getattr(self, name).state_dict() for name in SAVED_OBJECTS}
        content |= {"divergence": [self.divergence.initial, self.divergence.high], "random": random_state(self.rng, self.device)}
        return pack(content | {"device": self.device.type, "digest": digest})

    def restore(self, content: dict[str, Any]) -> None:
        """Continue from the content of a checkpoint."""
        for name in SAVED_OBJECTS:
            getattr(self, name).load_state_dict(content[name])
        for name in SAVED_VALUES:
            setattr(self, name, content[name])
        self.losses = [loss.to(self.device) for loss in self.losses]
        self.divergence = DivergenceDetector(*content["divergence"])
        restore_random_state(content["random"], self.rng, self.device)
