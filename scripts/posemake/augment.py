"""Random variation of labelled frames, images and keypoints by the same map (B batch, K keypoints, H W pixels)."""

import numpy as np
import torch
import torch.nn.functional as F

from posemake.geometry import rotate_map
from posemake.settings import Augment


def random_maps(batch: int, size: tuple[int, int], settings: Augment, rng: np.random.Generator) -> np.ndarray:
    """Draw maps (B, 3, 3) from the frame to its variant: rotation and scale about the centre, then translation."""
    height, width = size
    centre = ((width - 1) / 2, (height - 1) / 2)
    maps = np.empty((batch, 3, 3))
    for i in range(batch):
        turn = rng.uniform(-settings.rotation, settings.rotation)
        scale = np.exp(rng.uniform(np.log(settings.scale[0]), np.log(settings.scale[1])))
        shift = rng.uniform(-settings.translation, settings.translation, 2) * (width, height)
        maps[i] = rotate_map(turn, scale, centre)
        maps[i, :2, 2] += shift
    return maps


def warp(images: torch.Tensor, xy: torch.Tensor, maps: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Move images (B, C, H, W) and keypoints (B, K, 2) by maps (B, 3, 3); keypoints that leave the frame become NaN.

    One sampling per image, so that turning, scaling and moving blur it only once. What lies outside is black.
    """
    height, width = images.shape[-2:]
    # grid_sample wants, for each output pixel, the input position in coordinates from -1 to 1 over the pixels' outer edges
    to_unit = np.array([[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1.0]])
    inverse = to_unit @ np.linalg.inv(maps) @ np.linalg.inv(to_unit)
    theta = torch.as_tensor(inverse[:, :2], dtype=images.dtype, device=images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    forward = torch.as_tensor(maps, dtype=xy.dtype, device=xy.device)
    xy = xy @ forward[:, :2, :2].transpose(1, 2) + forward[:, None, :2, 2]
    limit = torch.tensor([width - 0.5, height - 0.5], dtype=xy.dtype, device=xy.device)
    inside = ((xy > -0.5) & (xy < limit)).all(-1, keepdim=True)
    return images, torch.where(inside, xy, torch.nan)


def relight(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Vary contrast and brightness of images (B, C, H, W) in 0 … 255, each image by its own amount."""
    batch = len(images)

    def draw(low: float, high: float) -> torch.Tensor:
        values = rng.uniform(low, high, (batch, 1, 1, 1))
        return torch.as_tensor(values, dtype=images.dtype, device=images.device)

    contrast = draw(1 - settings.contrast, 1 + settings.contrast)
    brightness = draw(-settings.brightness, settings.brightness) * 255
    mean = images.mean((1, 2, 3), keepdim=True)
    return ((images - mean) * contrast + mean + brightness).clamp(0, 255)


def vary(
    images: torch.Tensor, xy: torch.Tensor, settings: Augment, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Apply all of a model's augmentation to float images (B, C, H, W) in 0 … 255 and keypoints (B, K, 2)."""
    images, xy = warp(images, xy, random_maps(len(images), tuple(images.shape[-2:]), settings, rng))
    return relight(images, settings, rng), xy
