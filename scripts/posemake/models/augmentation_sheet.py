"""Contact sheet of training frames as a network sees them: each as it is, and augmented."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw

from posemake.config.settings import Augment
from posemake.core.paths import StrPath
from posemake.core.sampling import pick_evenly
from posemake.core.symmetry import flip_order
from posemake.data.label_table import read_labelled
from posemake.models.augmentation import Batch, augment
from posemake.networks.inputs import input_scale, load_part
from posemake.networks.network import MULTIPLE
from posemake.plotting.colors import keypoint_colors
from posemake.plotting.contact_sheet import PixelColor, TileGrid, pixel_color
from posemake.plotting.jpeg import save_jpeg

FRAMES, VARIANTS = 6, 6  # rows, and columns beside the frame itself
WIDTH, GAP, RADIUS = 260, 4, 3  # pixels: width of a picture, space between pictures, radius of a keypoint


@dataclass(frozen=True)
class AugmentationInputs:
    """Files that `plot_augmentation` reads."""

    labels: StrPath  # labels of all frames (CSV)
    split: StrPath  # part of each frame (CSV)
    images: StrPath  # folder of the labelled images, with a folder per round


@dataclass(frozen=True)
class AugmentationOutputs:
    """Files that `plot_augmentation` writes."""

    sheet: StrPath  # JPEG


def plot_augmentation(
    inputs: AugmentationInputs, outputs: AugmentationOutputs, settings: Augment, scale: float | str, seed: int
) -> None:
    """Draw a few training frames with their keypoints: a row for each, as it is and augmented.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    settings
        Augmentation of the model.
    scale, seed
        Settings of the model.
    """
    labelled = read_labelled(inputs.labels, inputs.split, inputs.images)
    frames = load_part(labelled, "train", input_scale(labelled, scale), MULTIPLE)
    rng = np.random.default_rng(seed)
    rows = pick_evenly(range(len(frames.images)), FRAMES)
    height, width = frames.images.shape[1:3]
    factor = WIDTH / width
    grid = TileGrid(columns=1 + VARIANTS, width=WIDTH, height=max(1, round(height * factor)), gap=GAP)
    colors = [pixel_color(color) for color in keypoint_colors(len(labelled.keypoints), "turbo")]
    page = grid.new_page(len(rows) * grid.columns)
    for line, row in enumerate(rows):
        images = torch.from_numpy(frames.images[row]).permute(2, 0, 1).float().expand(VARIANTS, -1, -1, -1)
        xy = torch.from_numpy(frames.xy[row]).float().expand(VARIANTS, -1, -1)
        visibility = torch.from_numpy(frames.visibility[row]).expand(VARIANTS, -1)
        variants = augment(Batch(images, xy, visibility), settings, rng, flip_order(labelled.keypoints))
        pictures = [frames.images[row], *variants.images.permute(0, 2, 3, 1).round().to(torch.uint8).numpy()]
        for column, (picture, points) in enumerate(zip(pictures, [frames.xy[row], *variants.xy.numpy()])):
            tile = Image.fromarray(picture).resize((grid.width, grid.height), Image.Resampling.BOX)
            _draw_keypoints(tile, (points + 0.5) * factor - 0.5, colors)
            page.paste(tile, grid.place(line * grid.columns + column))
    save_jpeg(page, outputs.sheet)


def _draw_keypoints(tile: Image.Image, points: np.ndarray, colors: list[PixelColor]) -> None:
    """Draw keypoints (K, 2) in pixels of a picture; those without position (NaN) are left out."""
    draw = ImageDraw.Draw(tile)
    for (x, y), color in zip(points.tolist(), colors):
        if np.isfinite(x):
            draw.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=color, outline="black")
