"""Runtime of torch, the reference for all other runtimes (B batch, K keypoints, H W pixels of the network's input)."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.networks.build import rebuild_network
from posemake.networks.devices import best_device
from posemake.networks.heatmap import decode
from posemake.networks.input_image import fit, in_frame
from posemake.networks.model_file import SavedModel
from posemake.networks.network import MULTIPLE


class Points(nn.Module):
    """A model's network, from frames (B, H, W, 3) uint8 to points (B, K, 3): x, y, confidence.

    Positions are in pixels of the network's input. H and W are divisible by ``MULTIPLE``.
    """

    def __init__(self, model: SavedModel):
        super().__init__()
        self.network: nn.Module = rebuild_network(model)
        self.stride: int = model.settings["stride"]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the points of frames."""
        heat, offset = self.network(images.permute(0, 3, 1, 2).float())
        xy, confidence = decode(heat, offset, self.stride)
        return torch.cat([xy, confidence[..., None]], -1)


class TorchRuntime:
    """A model computed by torch, in batches: one of the runtimes of `networks.runtimes`.

    Parameters
    ----------
    model
        Content of the model file.
    device
        Where to compute; by default `best_device`.
    precision
        Of the network: ``float32``, ``bfloat16`` or ``float16``. Positions are always computed in float32.
    batch
        Frames to take at once; halved where the memory of the device does not suffice.
    """

    def __init__(self, model: SavedModel, device: torch.device | None = None, precision: str = "float32", batch: int = 8):
        self.device = device or best_device()
        self.precision: torch.dtype = getattr(torch, precision)
        self.batch = batch
        self.depth = 1 if self.device.type == "cpu" else 2  # a GPU computes one batch while the next one is sent
        self.points: nn.Module = Points(model).to(self.device).to(memory_format=torch.channels_last).eval()

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
        """Start with frames (B, H, W, 3) uint8, and return a function that waits for their points (B, K, 3)."""
        points = self._compute(torch.from_numpy(images))
        return lambda: points.cpu().numpy()


class Predictor:
    """A model computed by torch, from frames to positions and confidences in these frames.

    Parameters
    ----------
    model
        Content of the model file.
    device
        Where to compute; by default `best_device`.
    """

    def __init__(self, model: SavedModel, device: torch.device | None = None):
        self.keypoints = model.keypoints
        self.scale: float = model.settings["scale"]
        self.runtime = TorchRuntime(model, device)
        logger.info("computing on %s", self.runtime.device)

    def __call__(self, frames: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Predict frames of one size.

        Parameters
        ----------
        frames
            B images, RGB uint8 (height, width, 3).

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
