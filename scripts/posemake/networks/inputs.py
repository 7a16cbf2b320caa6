"""Labelled frames as arrays in memory (N frames, K keypoints, H W pixels of the network's input)."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.geometry import apply_map, padded_size, resize_map, scaled_size
from posemake.data.images import read_image
from posemake.data.label_table import Labelled

TEACHING = {"none": [], "absent": ["absent"], "all": ["absent", "occluded"]}
ANIMAL = 60  # input pixels from one end of an animal to the other: its posture is seen well, at the least cost
SCALES = 16  # scales that are found are multiples of its inverse: a few more labels do not change them


def fit(image: np.ndarray, scale: float, multiple: int) -> tuple[np.ndarray, np.ndarray]:
    """Resize a frame to the network's scale and pad it with black right and below.

    Returns
    -------
    image
        uint8 (H, W, 3), H and W divide by ``multiple``.
    to_input
        The map (3, 3) from the frame to it; the padding does not move anything.
    """
    size = image.shape[1], image.shape[0]
    small = scaled_size(size, scale)
    if small != size:
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return pad(image, multiple), resize_map(size, small)


def pad(image: np.ndarray, multiple: int) -> np.ndarray:
    """Pad an image with black right and below, until its height and width divide by ``multiple``."""
    size = image.shape[1], image.shape[0]
    width, height = padded_size(size, multiple)
    return (
        image
        if (width, height) == size
        else cv2.copyMakeBorder(image, 0, height - size[1], 0, width - size[0], cv2.BORDER_CONSTANT)
    )


def in_frame(points: np.ndarray, to_input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (B, K, 3) of the network's input as positions (B, K, 2) in the frame, float64, and confidences (B, K)."""
    return apply_map(np.linalg.inv(to_input), points[..., :2].astype(np.float64)), points[..., 2]


@dataclass(frozen=True)
class Frames:
    """Frames as the network sees them."""

    images: np.ndarray  # (N, H, W, 3) uint8, all padded to the largest
    xy: np.ndarray  # (N, K, 2) in pixels of the network's input; NaN where nothing is known, inf where there is nothing to see
    maps: np.ndarray  # (N, 3, 3) from the frame to the network's input


def suitable_scale(labelled: Labelled, scale: float | str) -> float:
    """The scale of a network's input: the one given, or, for ``auto``, that at which the animal spans ``ANIMAL`` pixels.

    The animal's span is the median over the training frames of the greatest distance between two keypoints. Frames are never
    enlarged; with a single keypoint, they stay as they are.
    """
    if not isinstance(scale, str):
        return scale
    xy = labelled.xy[labelled.parts == "train"]
    known = np.isfinite(xy).all(-1)
    xy = xy[known.sum(1) > 1]
    spans = np.nanmax(np.linalg.norm(xy[:, :, None] - xy[:, None], axis=-1), axis=(1, 2)) if len(xy) else np.zeros(1)
    wanted = ANIMAL / max(float(np.median(spans)), 1.0)
    return min(1.0, max(1, round(wanted * SCALES)) / SCALES) if np.any(spans) else 1.0


def load_frames(paths: Iterable[str], xy: np.ndarray, empty: np.ndarray, scale: float, multiple: int) -> Frames:
    """Load images at the network's scale, each read once and kept; ``empty`` (N, K) marks keypoints that are not to be seen."""
    fitted = [fit(read_image(path), scale, multiple) for path in paths]
    height = max(image.shape[0] for image, _ in fitted)
    width = max(image.shape[1] for image, _ in fitted)
    images = np.zeros((len(fitted), height, width, 3), np.uint8)
    for slot, (image, _) in zip(images, fitted):
        slot[: image.shape[0], : image.shape[1]] = image
    maps = np.stack([to_input for _, to_input in fitted])
    points = np.stack([apply_map(m, p) for m, p in zip(maps, xy)])
    points[empty] = np.inf
    return Frames(images, points, maps)


def load_part(labelled: Labelled, part: str, scale: float, multiple: int, unseen: str = "none") -> Frames:
    """Load the frames of one part of the split that have any keypoint, or any of which it is known that it is not to be seen.

    ``unseen`` says of which keypoints without position that counts as known: ``none``, those that a person marked as
    ``absent``, or ``all``, the occluded ones as well.

    Raises
    ------
    PosemakeError
        If there are none.
    """
    empty = np.isin(labelled.unseen.astype(str), TEACHING[unseen]) & np.isnan(labelled.xy).any(-1)
    there = np.isfinite(labelled.xy).any((1, 2))
    rows = np.flatnonzero((labelled.parts == part) & (there | empty.any(1)))
    if not there[rows].any():
        raise PosemakeError(f"no labelled frame with a keypoint is in the part {part!r} of the split; label more frames")
    return load_frames(labelled.paths[rows], labelled.xy[rows], empty[rows], scale, multiple)
