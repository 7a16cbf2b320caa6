"""Stage `embed_frames`: features of a video's candidates by a network trained on photographs (N candidates, D features)."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import nn

from posemake.config.settings import Frames
from posemake.core.atomic import atomic_write
from posemake.core.errors import PosemakeError
from posemake.core.log import logger, progress
from posemake.core.paths import StrPath
from posemake.frames.candidates import CandidateFrames, CandidateRow, list_candidates
from posemake.networks.backbones import make_encoder
from posemake.networks.devices import best_device
from posemake.networks.network import IMAGENET_MEAN, IMAGENET_STD, MULTIPLE
from posemake.video.frame import Frame
from posemake.video.info import read_video_info
from posemake.video.reader import open_video

LONG_SIDE = 224  # pixels; size of the photographs that these networks were trained on
BATCH = 32  # frames


@dataclass(frozen=True)
class EmbedInputs:
    """Files that `embed_frames` reads."""

    video: StrPath  # video file, TIFF, or folder of images
    info: StrPath  # what the video holds (JSON)
    standard: StrPath  # folder of the timestamps and the transcoded copy


def input_size(width: int, height: int) -> tuple[int, int]:
    """Return width and height of the network's input for a region of this size: about its shape, the long side 224 pixels."""

    def side_of_input(side: int) -> int:
        return max(MULTIPLE, round(side * LONG_SIDE / max(width, height) / MULTIPLE) * MULTIPLE)

    return side_of_input(width), side_of_input(height)


class Embedder:
    """Features of images: the deepest level of a backbone, averaged over the image.

    Parameters
    ----------
    backbone
        Name of the network.
    weights
        ``imagenet``, or a file of torchvision weights.
    device
        Where to compute; the best device if None.

    Raises
    ------
    PosemakeError
        If the weights cannot be downloaded, or the file of weights does not fit.
    """

    def __init__(self, backbone: str, weights: str, device: torch.device | None = None):
        self.device = device or best_device()
        self.network: nn.Module = make_encoder(backbone, weights).eval().to(self.device)
        self.mean, self.std = (
            torch.tensor(values, device=self.device).reshape(1, 3, 1, 1) * 255 for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        logger.info("computing on %s", self.device)

    @torch.inference_mode()
    def __call__(self, images: list[np.ndarray]) -> np.ndarray:
        """Return features (B, D) float32 of B images of one size, RGB uint8 (H, W, 3)."""
        batch = torch.from_numpy(np.stack(images)).to(self.device).permute(0, 3, 1, 2).float()
        return self.network((batch - self.mean) / self.std)[-1].mean((2, 3)).float().cpu().numpy()


def embed_frames(inputs: EmbedInputs, features_file: StrPath, settings: Frames, row: CandidateRow) -> None:
    """Write the features of a video's candidates, (N, D) float16, as NPY.

    The array is empty, (0, 0), if the video cannot be read or the ImageNet weights cannot be downloaded; thumbnails are then
    compared instead.

    Parameters
    ----------
    inputs
        Files to read.
    features_file
        NPY to write.
    settings
        Network and weights, method, stride and number of candidates.
    row
        What the sheet says of this video.

    Raises
    ------
    PosemakeError
        If a file of weights does not fit, or start, stop, roi or frames of the sheet do not lie within the video.
    """
    info = read_video_info(inputs.info)
    features = np.zeros((0, 0), np.float16)
    embedder = None if info.fault else _load_embedder(settings, features_file)
    if embedder:
        candidates = list_candidates(inputs.video, info, settings, row)
        start, stop = int(candidates.frames[0]), int(candidates.frames[-1]) + 1
        frames = open_video(inputs.video, inputs.info, inputs.standard).frames(start, stop)
        features = _embed(progress(frames, stop - start, "frames embedded"), candidates, embedder)
    with atomic_write(features_file) as part:
        np.save(part, features)


def _load_embedder(settings: Frames, features_file: StrPath) -> Embedder | None:
    """Return the network with its weights; None if ImageNet weights cannot be downloaded."""
    try:
        return Embedder(settings.features, settings.weights)
    except PosemakeError as error:
        if settings.weights != "imagenet":
            raise
        logger.info("thumbnails are compared instead: %s; delete %s to try again", error, features_file)
        return None


def _embed(frames: Iterable[tuple[int, Frame]], candidates: CandidateFrames, embedder: Embedder) -> np.ndarray:
    """Return the features (N, D) float16 of those frames that are candidates."""
    x1, x2, y1, y2 = candidates.region
    size = input_size(x2 - x1, y2 - y1)
    wanted, last = set(candidates.frames.tolist()), int(candidates.frames[-1])
    batch: list[np.ndarray] = []
    features = []
    for index, frame in frames:
        if index not in wanted:
            continue
        batch.append(cv2.resize(frame.rgb()[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA))
        if len(batch) == BATCH or index == last:
            features.append(embedder(batch).astype(np.float16))
            batch = []
    return np.concatenate(features)
