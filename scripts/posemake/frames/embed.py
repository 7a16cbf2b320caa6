"""The stage that describes frames by the features of a network that was trained on photographs (N candidates, D features)."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from posemake.config.settings import Frames, make
from posemake.core.atomic import replacing
from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json
from posemake.core.log import logger, progress
from posemake.frames.candidates import frames_to_look_at
from posemake.networks.backbones import make_encoder
from posemake.networks.devices import best_device
from posemake.networks.network import IMAGENET_MEAN, IMAGENET_STD, MULTIPLE
from posemake.video.frame import Picture
from posemake.video.reader import open_video

LONG_SIDE = 224  # pixels, what these networks were trained on
BATCH = 32  # frames


def input_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the network's input for a region of that size: about its shape, the long side 224 pixels."""
    scale = LONG_SIDE / max(width, height)
    return tuple(max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in (width, height))


class Embedder:
    """Frames in, features out: the deepest level of a backbone, averaged over the picture."""

    def __init__(self, backbone: str, weights: str, device: torch.device | None = None):
        self.device = device or best_device()
        self.network: nn.Module = make_encoder(backbone, weights).eval().to(self.device)
        self.mean, self.std = (
            torch.tensor(values, device=self.device).reshape(1, 3, 1, 1) * 255 for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        logger.info("computing on %s", self.device)

    @torch.inference_mode()
    def __call__(self, images: list[np.ndarray]) -> np.ndarray:
        """Features (B, D) float32 of B images of one size, RGB uint8 (H, W, 3)."""
        batch = torch.from_numpy(np.stack(images)).to(self.device).permute(0, 3, 1, 2).float()
        return self.network((batch - self.mean) / self.std)[-1].mean((2, 3)).float().cpu().numpy()


def embed_frames(
    video_file: str, info_file: str, standard_dir: str, features_file: str, settings: dict[str, Any], row: dict[str, Any]
) -> None:
    """Write the features of a video's candidates, (N, D) float16, as .npy.

    Without candidates, as the video cannot be read, or without ImageNet weights, as they cannot be downloaded, the array is
    empty, (0, 0), and thumbnails are compared instead.

    Parameters
    ----------
    settings
        Those of `settings.Frames`.
    row
        Of the sheet: start, stop, roi, frames.

    Raises
    ------
    PosemakeError
        If a file of weights does not fit, or the sheet asks for what the video does not have.
    """
    wanted = make(Frames, settings)
    info = read_json(info_file)
    features = np.zeros((0, 0), np.float16)
    embedder = None if info["fault"] else _load(wanted, features_file)
    if embedder:
        frames, _, region = frames_to_look_at(video_file, info, wanted, row)
        video = open_video(video_file, info_file, standard_dir)
        features = _embed(video.pictures(int(frames[0]), int(frames[-1]) + 1), frames, region, embedder)
    with replacing(features_file) as part:
        np.save(part, features)


def _load(wanted: Frames, features_file: str) -> Embedder | None:
    try:
        return Embedder(wanted.features, wanted.weights)
    except PosemakeError as error:
        if wanted.weights != "imagenet":
            raise
        logger.info("thumbnails are compared instead: %s; delete %s to try again", error, features_file)
        return None


def _embed(pictures: Iterator[tuple[int, Picture]], frames: np.ndarray, region: list[int], embedder: Embedder) -> np.ndarray:
    """Features (N, D) float16 of those pictures that are among the frames (N,)."""
    x1, x2, y1, y2 = region
    size = input_size(x2 - x1, y2 - y1)
    chosen, batch, found = set(frames.tolist()), [], []
    for index, picture in progress(pictures, int(frames[-1] - frames[0]) + 1, "frames embedded"):
        if index not in chosen:
            continue
        batch.append(cv2.resize(picture.rgb()[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA))
        if len(batch) == BATCH or index == frames[-1]:
            found.append(embedder(batch).astype(np.float16))
            batch = []
    return np.concatenate(found)
