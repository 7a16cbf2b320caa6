"""A trained model computed by torch, the reference for all other ways (B batch, K keypoints, H W pixels of its input)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.networks.devices import best_device
from posemake.networks.heatmap import decode
from posemake.networks.inputs import fit, in_frame
from posemake.networks.model_file import rebuild
from posemake.networks.network import MULTIPLE


class Points(nn.Module):
    """A network with what comes before and after it: frames (B, H, W, 3) uint8 to points (B, K, 3): x, y, confidence.

    Positions are in pixels of the network's input, of which H and W divide by ``MULTIPLE``.
    """

    def __init__(self, model: dict[str, Any]):
        super().__init__()
        self.network, self.stride = rebuild(model), model["settings"]["stride"]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        xy, confidence = decode(*self.network(images.permute(0, 3, 1, 2).float()), self.stride)
        return torch.cat([xy, confidence[..., None]], -1)


class TorchRuntime:
    """A model computed by torch, in batches: one of the ways of `posemake.runtimes`.

    Parameters
    ----------
    model
        What ``load_model`` returns.
    device
        Where to compute; ``best_device()`` if not given.
    precision
        Of the network: ``float32``, ``bfloat16`` or ``float16``; positions are always found in float32.
    batch
        Frames to take at once; halved where the memory of the device does not suffice.
    """

    def __init__(self, model: dict[str, Any], device: torch.device | None = None, precision: str = "float32", batch: int = 8):
        self.device = device or best_device()
        self.precision = getattr(torch, precision)
        self.batch = batch
        self.depth = 1 if self.device.type == "cpu" else 2  # a GPU works on one batch while the next one is sent
        self.points = Points(model).to(self.device, memory_format=torch.channels_last).eval()

    def _compute(self, images: torch.Tensor) -> torch.Tensor:
        reduced = self.precision != torch.float32
        try:
            with torch.autocast(self.device.type, self.precision if reduced else torch.bfloat16, enabled=reduced):
                return self.points(images.to(self.device))
        except torch.OutOfMemoryError as error:
            if len(images) == 1:
                raise PosemakeError(
                    f"the memory of {self.device} does not suffice for one frame; lower the `scale` of the model, or set a crop"
                ) from error
        self.batch = max(1, len(images) // 2)
        logger.info("the memory of %s is full: going on with batches of %d frames", self.device, self.batch)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return torch.cat([self._compute(part) for part in images.split(self.batch)])

    @torch.inference_mode()
    def start(self, images: np.ndarray) -> Callable[[], np.ndarray]:
        """Begin with frames (B, H, W, 3) uint8; what is returned waits for their points (B, K, 3)."""
        points = self._compute(torch.from_numpy(images))
        return lambda: points.cpu().numpy()


class Predictor:
    """Frames of one size in, positions and confidences out, by torch.

    Parameters
    ----------
    model
        What ``load_model`` returns.
    device
        As of `TorchRuntime`.
    """

    def __init__(self, model: dict[str, Any], device: torch.device | None = None):
        self.keypoints: list[str] = model["keypoints"]
        self.scale: float = model["settings"]["scale"]
        self.runtime = TorchRuntime(model, device)
        logger.info("computing on %s", self.runtime.device)

    def __call__(self, frames: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Predict frames of one size.

        Parameters
        ----------
        frames
            B images, RGB uint8 (H, W, 3).

        Returns
        -------
        xy
            (B, K, 2) in pixels of the frames.
        confidence
            (B, K) in 0 … 1.
        """
        fitted = [fit(frame, self.scale, MULTIPLE) for frame in frames]
        points = self.runtime.start(np.stack([image for image, _ in fitted]))()
        return in_frame(points, fitted[0][1])
