"""The stage that shows training frames as a network sees them, with their keypoints."""

from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from posemake.config.settings import Augment, make
from posemake.core.symmetry import mirrored
from posemake.data.label_table import read_labelled
from posemake.models.augmentation import vary
from posemake.networks.inputs import load_part, suitable_scale
from posemake.networks.network import MULTIPLE
from posemake.plotting.style import keypoint_colors, save_jpeg

FRAMES, VARIANTS = 6, 6  # rows, and columns beside the frame itself
WIDTH, GAP, DOT = 260, 4, 3  # pixels of a picture, between pictures, and of a keypoint's radius


def plot_augmentation(labels_file: str, split_file: str, labels_dir: str, out: str, settings: dict[str, Any]) -> None:
    """Draw a row for each of some training frames: as it is, then varied.

    Parameters
    ----------
    out
        JPEG to write.
    settings
        Of the model: scale, seed, augment.
    """
    labelled = read_labelled(labels_file, split_file, labels_dir)
    frames = load_part(labelled, "train", suitable_scale(labelled, settings["scale"]), MULTIPLE)
    wanted, rng = make(Augment, settings["augment"]), np.random.default_rng(settings["seed"])
    rows = np.unique(np.linspace(0, len(frames.images) - 1, min(FRAMES, len(frames.images))).astype(int))
    height, width = frames.images.shape[1:3]
    factor = WIDTH / width
    size = max(1, round(width * factor)), max(1, round(height * factor))
    step = size[0] + GAP, size[1] + GAP
    sheet = Image.new("RGB", (GAP + (1 + VARIANTS) * step[0], GAP + len(rows) * step[1]), "white")
    colors = [tuple(round(255 * part) for part in rgb) for rgb in keypoint_colors(len(labelled.keypoints), "turbo")]
    for line, row in enumerate(rows):
        images = torch.from_numpy(frames.images[row]).permute(2, 0, 1).float().expand(VARIANTS, -1, -1, -1)
        xy = torch.from_numpy(frames.xy[row]).float().expand(VARIANTS, -1, -1)
        varied, moved = vary(images, xy, wanted, rng, mirrored(labelled.keypoints))
        pictures = varied.permute(0, 2, 3, 1).round().to(torch.uint8).numpy()
        for column, (picture, points) in enumerate(zip([frames.images[row], *pictures], [frames.xy[row], *moved.numpy()])):
            drawn = Image.fromarray(picture).resize(size, Image.Resampling.BOX)
            draw = ImageDraw.Draw(drawn)
            for (x, y), color in zip((points + 0.5) * factor - 0.5, colors):
                if np.isfinite(x):
                    draw.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), fill=color, outline="black")
            sheet.paste(drawn, (GAP + column * step[0], GAP + line * step[1]))
    save_jpeg(sheet, out)
