"""Random variation of labelled frames, images and keypoints by the same map (B batch, K keypoints, H W pixels).

All numbers are drawn from one numpy generator, in an order that follows from the settings alone; images are computed on
their device, each way of varying them on those of the batch that it falls to.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from posemake.config.settings import Augment
from posemake.data.geometry import rotate_map

LUMA = (0.299, 0.587, 0.114)  # red, green, blue (ITU-R BT.601)


def random_maps(batch: int, size: tuple[int, int], settings: Augment, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw maps from the frame (height, width) to its variant: mirrored, sheared, turned and scaled about the centre, moved.

    Returns
    -------
    maps
        (B, 3, 3).
    flipped
        (B,) bool, those that are mirrored.
    """
    height, width = size
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    often = settings.probability
    maps, flipped = np.empty((batch, 3, 3)), np.zeros(batch, bool)
    for i in range(batch):
        turn, scale, x, y, shear = rng.uniform(size=5) * 2 - 1
        falls = rng.random(5)
        low, high = np.log(settings.scale)
        turn *= settings.rotation * (falls[0] < often.rotation)
        scale = np.exp(low + (high - low) * (scale + 1) / 2) if falls[1] < often.scale else 1.0
        shift = settings.translation * np.array([x * width, y * height]) * (falls[2] < often.translation)
        slant = np.tan(np.radians(shear * settings.shear)) * (falls[3] < often.shear)
        flipped[i] = falls[4] < often.flip
        skew = np.array([[-1 if flipped[i] else 1, slant, 0], [0, 1, 0], [0, 0, 1.0]])
        skew[:2, 2] = centre - skew[:2, :2] @ centre
        maps[i] = rotate_map(turn, scale, tuple(centre)) @ skew
        maps[i, :2, 2] += shift
    return maps, flipped


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
    unseen = torch.isinf(xy)
    forward = torch.as_tensor(maps, dtype=xy.dtype, device=xy.device)
    xy = xy @ forward[:, :2, :2].transpose(1, 2) + forward[:, None, :2, 2]
    limit = torch.tensor([width - 0.5, height - 0.5], dtype=xy.dtype, device=xy.device)
    inside = ((xy > -0.5) & (xy < limit)).all(-1, keepdim=True)
    return images, torch.where(unseen, torch.inf, torch.where(inside, xy, torch.nan))


def relight(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Vary contrast and brightness of images (B, C, H, W) in 0 … 255, each image by its own amount."""
    batch, often = len(images), settings.probability
    contrast = 1 + rng.uniform(-settings.contrast, settings.contrast, batch) * (rng.random(batch) < often.contrast)
    brightness = rng.uniform(-settings.brightness, settings.brightness, batch) * 255 * (rng.random(batch) < often.brightness)
    if (contrast == 1).all() and (brightness == 0).all():
        return images
    factor, sum_ = (_as(values, images) for values in (contrast, brightness))
    mean = images.mean((1, 2, 3), keepdim=True)
    return ((images - mean) * factor + mean + sum_).clamp(0, 255)


def _as(values: np.ndarray, images: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(values.reshape(-1, 1, 1, 1), dtype=images.dtype, device=images.device)


def _curve(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    low, high = np.log(settings.gamma)
    exponent = np.exp(rng.uniform(low, high, len(images)))
    return (images / 255) ** _as(exponent, images) * 255


def _without_colour(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    weights = torch.tensor(LUMA, dtype=images.dtype, device=images.device).reshape(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True).expand_as(images)


def _smear(images: torch.Tensor, kernels: np.ndarray) -> torch.Tensor:
    """Filter each image (C, H, W) by its own odd square kernel (B, k, k); edges are continued."""
    batch, channels = images.shape[:2]
    side = kernels.shape[-1]
    weight = torch.as_tensor(kernels, dtype=images.dtype, device=images.device).repeat_interleave(channels, 0)[:, None]
    flat = F.pad(images, [side // 2] * 4, mode="replicate").reshape(
        1, batch * channels, *(n + side - 1 for n in images.shape[2:])
    )
    return F.conv2d(flat, weight, groups=batch * channels).reshape(images.shape)


def _plane(reach: float, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances (x, y) of a kernel's cells from its middle, for a kernel that reaches so many pixels."""
    at = np.arange(-max(1, int(np.ceil(reach))), max(1, int(np.ceil(reach))) + 1.0)
    return np.broadcast_to(at, (batch, len(at), len(at))), np.broadcast_to(at[:, None], (batch, len(at), len(at)))


def _blur(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    x, y = _plane(2.5 * settings.blur, len(images))
    sigma = np.maximum(rng.uniform(0, settings.blur, (len(images), 1, 1)), 1e-3)
    kernels = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return _smear(images, kernels / kernels.sum((1, 2), keepdims=True))


def _motion_blur(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Along a line through each pixel, as long to one side as to the other, so that keypoints stay where they are."""
    x, y = _plane(settings.motion_blur / 2, len(images))
    angle, length = rng.uniform(0, np.pi, (len(images), 1, 1)), rng.uniform(0, settings.motion_blur, (len(images), 1, 1))
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    kernels = np.clip(1 - np.abs(across), 0, 1) * np.clip((length + 1) / 2 - np.abs(along), 0, 1)
    return _smear(images, kernels / kernels.sum((1, 2), keepdims=True))


def _noise(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(2**62)))
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    return images + noise * _as(rng.uniform(0, settings.noise, len(images)), images)


def _cut_out(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Hide a rectangle behind the image's mean (DeVries & Taylor 2017). What is hidden keeps its label: it can be inferred."""
    images = images.clone()
    height, width = images.shape[-2:]
    for image in images:
        tall, wide = (max(1, round(settings.cutout * share * n)) for share, n in zip(rng.uniform(0.3, 1, 2), (height, width)))
        top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
        image[:, top : top + tall, left : left + wide] = image.mean((1, 2), keepdim=True)
    return images


# in the order of a camera: what stands before it, the lens, the motion, the sensor
WAYS = (
    ("cutout", _cut_out),
    ("blur", _blur),
    ("motion_blur", _motion_blur),
    ("grey", _without_colour),
    ("gamma", _curve),
    ("noise", _noise),
)


def photograph(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Vary what a camera would make of the same scene; images (B, C, H, W) in 0 … 255, each by chance and its own amount."""
    images = relight(images, settings, rng)
    for name, way in WAYS:
        rows = np.flatnonzero(rng.random(len(images)) < getattr(settings.probability, name))
        if len(rows) and getattr(settings, name, True):
            chosen = torch.from_numpy(rows).to(images.device)
            images = images.index_copy(0, chosen, way(images[chosen], settings, rng).clamp(0, 255))
    return images


def vary(
    images: torch.Tensor, xy: torch.Tensor, settings: Augment, rng: np.random.Generator, mirror: Sequence[int] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Apply all of a model's augmentation to float images (B, C, H, W) in 0 … 255 and keypoints (B, K, 2).

    ``mirror`` is the order of the keypoints in a mirrored image (``sides.mirrored``), that of the others if not given.
    """
    maps, flipped = random_maps(len(images), tuple(images.shape[-2:]), settings, rng)
    if (maps != np.eye(3)).any():
        images, xy = warp(images, xy, maps)
    if mirror is not None and flipped.any():
        turned = torch.from_numpy(flipped).to(xy.device)[:, None, None]
        xy = torch.where(turned, xy[:, list(mirror)], xy)
    return photograph(images, settings, rng), xy
