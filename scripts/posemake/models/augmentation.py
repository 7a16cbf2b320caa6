"""Augmentation: random variation of labelled frames (B batch, K keypoints, H W pixels).

All random numbers come from one numpy generator, in an order that depends on the settings alone. Images are computed on their
device, each effect on those images of the batch that it is drawn for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from posemake.config.settings import Augment
from posemake.data.geometry import inverse, rotate_map
from posemake.data.visibility import Visibility

LUMA = (0.299, 0.587, 0.114)  # of red, green, blue (ITU-R BT.601)


@dataclass(frozen=True)
class Batch:
    """Labelled images on one device."""

    images: torch.Tensor  # (B, C, H, W) float in 0 … 255
    xy: torch.Tensor  # (B, K, 2) in pixels, NaN where there is no position
    visibility: torch.Tensor  # (B, K) int8, as in `inputs.Frames`

    def split(self, size: int) -> Iterator["Batch"]:
        """Yield parts of at most ``size`` images."""
        for part in zip(self.images.split(size), self.xy.split(size), self.visibility.split(size)):
            yield Batch(*part)


def random_maps(batch: int, size: tuple[int, int], settings: Augment, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw maps from an image to its variant: mirrored, sheared, rotated and scaled about the centre, and shifted.

    Parameters
    ----------
    batch
        Number of maps B.
    size
        (H, W) of the images.
    settings
        Ranges and probabilities.
    rng
        Source of random numbers.

    Returns
    -------
    maps
        (B, 3, 3).
    flipped
        (B,) bool, those that are mirrored.
    """
    height, width = size
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    probability = settings.probability
    maps, flipped = np.empty((batch, 3, 3)), np.zeros(batch, bool)
    for i in range(batch):
        turn, scale, x, y, shear = rng.uniform(size=5) * 2 - 1
        chance = rng.random(5)
        low, high = np.log(settings.scale)
        turn *= settings.rotation * (chance[0] < probability.rotation)
        scale = np.exp(low + (high - low) * (scale + 1) / 2) if chance[1] < probability.scale else 1.0
        shift = settings.translation * np.array([x * width, y * height]) * (chance[2] < probability.translation)
        slant = np.tan(np.radians(shear * settings.shear)) * (chance[3] < probability.shear)
        flipped[i] = chance[4] < probability.flip
        flip_and_shear = np.array([[-1 if flipped[i] else 1, slant, 0], [0, 1, 0], [0, 0, 1.0]])
        flip_and_shear[:2, 2] = centre - flip_and_shear[:2, :2] @ centre
        maps[i] = rotate_map(turn, scale, (centre[0], centre[1])) @ flip_and_shear
        maps[i, :2, 2] += shift
    return maps, flipped


def warp(batch: Batch, maps: np.ndarray) -> Batch:
    """Move images and keypoints by maps (B, 3, 3).

    Each image is sampled once, so that several movements blur it only once. What lies outside the image is black. A keypoint that
    leaves the image is no longer labelled.
    """
    images, xy = batch.images, batch.xy
    height, width = images.shape[-2:]
    # affine_grid needs, for each output pixel, the input position in coordinates from -1 to 1 over the pixels' outer edges
    to_unit = np.array([[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1.0]])
    backward = to_unit @ inverse(maps) @ inverse(to_unit)
    theta = torch.as_tensor(backward[:, :2], dtype=images.dtype, device=images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    forward = torch.as_tensor(maps, dtype=xy.dtype, device=xy.device)
    xy = xy @ forward[:, :2, :2].transpose(1, 2) + forward[:, None, :2, 2]
    limit = torch.tensor([width - 0.5, height - 0.5], dtype=xy.dtype, device=xy.device)
    inside = ((xy > -0.5) & (xy < limit)).all(-1)
    left = ~inside & (batch.visibility == Visibility.VISIBLE)
    return Batch(
        images,
        torch.where(inside[..., None], xy, torch.nan),
        torch.where(left, Visibility.NOT_LABELLED, batch.visibility),
    )


def jitter_light(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Vary contrast and brightness of images (B, C, H, W) in 0 … 255, each image by its own amount."""
    batch, probability = len(images), settings.probability
    contrast = 1 + rng.uniform(-settings.contrast, settings.contrast, batch) * (rng.random(batch) < probability.contrast)
    brightness = (
        rng.uniform(-settings.brightness, settings.brightness, batch) * 255 * (rng.random(batch) < probability.brightness)
    )
    if (contrast == 1).all() and (brightness == 0).all():
        return images
    factor, summand = (_per_image(values, images) for values in (contrast, brightness))
    mean = images.mean((1, 2, 3), keepdim=True)
    return ((images - mean) * factor + mean + summand).clamp(0, 255)


def _per_image(values: np.ndarray, images: torch.Tensor) -> torch.Tensor:
    """Return one value per image as a tensor (B, 1, 1, 1) on the images' device."""
    return torch.as_tensor(values.reshape(-1, 1, 1, 1), dtype=images.dtype, device=images.device)


def _change_gamma(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    low, high = np.log(settings.gamma)
    exponent = np.exp(rng.uniform(low, high, len(images)))
    return (images / 255) ** _per_image(exponent, images) * 255


def _remove_colour(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    weights = torch.tensor(LUMA, dtype=images.dtype, device=images.device).reshape(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True).expand_as(images)


def _convolve(images: torch.Tensor, kernels: np.ndarray) -> torch.Tensor:
    """Convolve each image (C, H, W) with its own odd square kernel (B, k, k); pixels at the edge are repeated beyond it."""
    batch, channels = images.shape[:2]
    side = kernels.shape[-1]
    weight = torch.as_tensor(kernels, dtype=images.dtype, device=images.device).repeat_interleave(channels, 0)[:, None]
    padded = F.pad(images, [side // 2] * 4, mode="replicate")
    as_channels = padded.reshape(1, batch * channels, *padded.shape[2:])
    return F.conv2d(as_channels, weight, groups=batch * channels).reshape(images.shape)


def _kernel_coordinates(radius: float, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances (x, y) of a kernel's cells from its centre, each (B, k, k), for a radius in pixels."""
    cells = max(1, int(np.ceil(radius)))
    distance = np.arange(-cells, cells + 1.0)
    shape = (batch, len(distance), len(distance))
    return np.broadcast_to(distance, shape), np.broadcast_to(distance[:, None], shape)


def _blur(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    x, y = _kernel_coordinates(2.5 * settings.blur, len(images))
    sigma = np.maximum(rng.uniform(0, settings.blur, (len(images), 1, 1)), 1e-3)
    kernels = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return _convolve(images, kernels / kernels.sum((1, 2), keepdims=True))


def _blur_by_motion(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Blur along a line through each pixel, equally long on both sides, so that keypoints stay in place."""
    x, y = _kernel_coordinates(settings.motion_blur / 2, len(images))
    angle, length = rng.uniform(0, np.pi, (len(images), 1, 1)), rng.uniform(0, settings.motion_blur, (len(images), 1, 1))
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    kernels = np.clip(1 - np.abs(across), 0, 1) * np.clip((length + 1) / 2 - np.abs(along), 0, 1)
    return _convolve(images, kernels / kernels.sum((1, 2), keepdims=True))


def _add_noise(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(2**62)))
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    return images + noise * _per_image(rng.uniform(0, settings.noise, len(images)), images)


def _cut_out(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Hide a rectangle behind the image's mean (DeVries & Taylor 2017).

    Keypoints in it keep their labels: where they are can be inferred from the others.
    """
    images = images.clone()
    height, width = images.shape[-2:]
    for image in images:
        tall, wide = (max(1, round(settings.cutout * share * n)) for share, n in zip(rng.uniform(0.3, 1, 2), (height, width)))
        top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
        image[:, top : top + tall, left : left + wide] = image.mean((1, 2), keepdim=True)
    return images


# by their keys in the settings, in the order of a camera: what stands before it, the lens, the motion, the sensor
EFFECTS: tuple[tuple[str, Callable[[torch.Tensor, Augment, np.random.Generator], torch.Tensor]], ...] = (
    ("cutout", _cut_out),
    ("blur", _blur),
    ("motion_blur", _blur_by_motion),
    ("grey", _remove_colour),
    ("gamma", _change_gamma),
    ("noise", _add_noise),
)


def augment_images(images: torch.Tensor, settings: Augment, rng: np.random.Generator) -> torch.Tensor:
    """Vary the light and the effects of a camera in images (B, C, H, W) in 0 … 255, each image by its own amount.

    Parameters
    ----------
    images
        Float images, on any device.
    settings
        Ranges and probabilities.
    rng
        Source of random numbers.
    """
    images = jitter_light(images, settings, rng)
    for name, effect in EFFECTS:
        rows = np.flatnonzero(rng.random(len(images)) < getattr(settings.probability, name))
        if len(rows) and getattr(settings, name, True):
            chosen = torch.from_numpy(rows).to(images.device)
            images = images.index_copy(0, chosen, effect(images[chosen], settings, rng).clamp(0, 255))
    return images


def augment(batch: Batch, settings: Augment, rng: np.random.Generator, flip_order: Sequence[int] | None = None) -> Batch:
    """Apply all of a model's augmentation.

    Parameters
    ----------
    batch
        Images and keypoints, which stay as they are.
    settings
        Ranges and probabilities.
    rng
        Source of random numbers.
    flip_order
        Order of the keypoints in a mirrored image (`symmetry.flip_order`); by default the same as in others.
    """
    maps, flipped = random_maps(len(batch.images), (batch.images.shape[-2], batch.images.shape[-1]), settings, rng)
    if (maps != np.eye(3)).any():
        batch = warp(batch, maps)
    xy, visibility = batch.xy, batch.visibility
    if flip_order is not None and flipped.any():
        mirrored, order = torch.from_numpy(flipped).to(xy.device)[:, None], list(flip_order)
        xy = torch.where(mirrored[..., None], xy[:, order], xy)
        visibility = torch.where(mirrored, visibility[:, order], visibility)
    return Batch(augment_images(batch.images, settings, rng), xy, visibility)
