"""Network inputs: labelled frames, resized and padded (N frames, K keypoints, H W pixels of the network's input)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.data.geometry import apply_map
from posemake.data.images import read_image
from posemake.data.label_table import Labelled
from posemake.data.visibility import Visibility
from posemake.networks.input_image import fit

# model.unseen: visibilities of a keypoint without position that teach the network an empty heatmap
TAUGHT_AS_ABSENT: dict[str, list[Visibility]] = {
    "none": [],
    "absent": [Visibility.ABSENT],
    "all": [Visibility.ABSENT, Visibility.OCCLUDED],
}
ANIMAL_SPAN = 60  # input pixels between an animal's outermost keypoints; enough to see its posture, at the least cost
SCALE_STEPS = 16  # an automatic scale is a multiple of 1/16, so that a few more labels do not change it


@dataclass(frozen=True)
class Frames:
    """Frames as the network sees them, with their labels."""

    images: np.ndarray  # (N, H, W, 3) uint8, all padded to the size of the largest
    xy: np.ndarray  # (N, K, 2) in pixels of the network's input, NaN where there is no position
    visibility: np.ndarray  # (N, K) int8: VISIBLE with a position, ABSENT to teach an empty heatmap, else NOT_LABELLED
    maps: np.ndarray  # (N, 3, 3) from the frame to the network's input

    @property
    def with_keypoint(self) -> np.ndarray:
        """Which frames (N,) have the position of any keypoint."""
        return (~np.isnan(self.xy).any(-1)).any(-1)

    def select(self, rows: np.ndarray) -> "Frames":
        """Return some of the frames, by their numbers."""
        return Frames(self.images[rows], self.xy[rows], self.visibility[rows], self.maps[rows])


def input_scale(labelled: Labelled, scale: float | str) -> float:
    """Return the scale of the network's input: the one given, or, for ``auto``, that at which the animal spans `ANIMAL_SPAN`.

    The animal's span is the greatest distance between two of its keypoints, as the median of the training frames. Frames are
    never enlarged. Where no frame has two keypoints, the scale is 1.
    """
    if not isinstance(scale, str):
        return scale
    xy = labelled.xy[labelled.parts == "train"]
    xy = xy[(~np.isnan(xy).any(-1)).sum(1) > 1]
    if not len(xy):
        return 1.0
    spans = np.nanmax(np.linalg.norm(xy[:, :, None] - xy[:, None], axis=-1), axis=(1, 2))
    if not np.any(spans):
        return 1.0
    exact = ANIMAL_SPAN / max(float(np.median(spans)), 1.0)
    return min(1.0, max(1, round(exact * SCALE_STEPS)) / SCALE_STEPS)


def load_frames(paths: Iterable[str], xy: np.ndarray, visibility: np.ndarray, scale: float, multiple: int) -> Frames:
    """Load images at the network's scale into memory.

    Parameters
    ----------
    paths
        Of the N images.
    xy
        (N, K, 2) in pixels of the images, NaN where there is no position.
    visibility
        (N, K), as in `Frames`.
    scale, multiple
        As of `fit`.
    """
    fitted = [fit(read_image(path), scale, multiple) for path in paths]
    height = max(image.shape[0] for image, _ in fitted)
    width = max(image.shape[1] for image, _ in fitted)
    images = np.zeros((len(fitted), height, width, 3), np.uint8)
    for padded, (image, _) in zip(images, fitted):
        padded[: image.shape[0], : image.shape[1]] = image
    maps = np.stack([to_input for _, to_input in fitted])
    xy = np.stack([apply_map(to_input, points) for to_input, points in zip(maps, xy)])
    return Frames(images, xy, visibility, maps)


def load_part(labelled: Labelled, part: str, scale: float, multiple: int, unseen: str = "none") -> Frames:
    """Load the frames of one part of the split that teach anything.

    Parameters
    ----------
    labelled
        All labelled frames.
    part
        Of `label_table.PARTS`.
    scale, multiple
        As of `fit`.
    unseen
        Keypoints without position that teach the network an empty heatmap: ``none``, those that are marked as ``absent``, or
        ``all``, which adds those that are marked as occluded.

    Raises
    ------
    PosemakeError
        If no frame of the part has a keypoint.
    """
    positioned = ~np.isnan(labelled.xy).any(-1)
    absent = ~positioned & np.isin(labelled.visibility, TAUGHT_AS_ABSENT[unseen])
    visibility = np.full(positioned.shape, Visibility.NOT_LABELLED, np.int8)
    visibility[positioned], visibility[absent] = Visibility.VISIBLE, Visibility.ABSENT
    rows = np.flatnonzero((labelled.parts == part) & (positioned | absent).any(1))
    if not positioned[rows].any():
        raise PosemakeError(f"no labelled frame with a keypoint is in the part {part!r} of the split; label more frames")
    return load_frames(labelled.paths[rows], labelled.xy[rows], visibility[rows], scale, multiple)
