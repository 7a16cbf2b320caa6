"""Parts of a long video that are predicted by several jobs (K keypoints)."""

import json
from dataclasses import asdict, dataclass

import numpy as np

from posemake.config.settings import DynamicCrop
from posemake.core.atomic import atomic_write
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class Prediction:
    """What the poses of a video follow from, but for its name and the model's."""

    weights_sha256: str
    engine: str  # of networks.runtimes.ENGINES; several, separated by commas, where parts were computed on different machines
    device: str
    graph_sha256: str | None  # None where torch computes
    video_digest: str
    frames: int  # of the whole video
    start: int  # first frame that is analysed
    stop: int  # the frame after the last
    crop: tuple[int, int, int, int]  # x1, x2, y1, y2 in pixels of the frame, x2 and y2 excluded
    dynamic_crop: DynamicCrop | None  # None where the whole of each crop is predicted
    keypoints: tuple[str, ...]
    versions: dict[str, str]  # of the packages that computed

    def as_dict(self) -> dict[str, object]:
        """Return the content as JSON holds it."""
        settings = self.dynamic_crop.model_dump() if self.dynamic_crop else None
        return asdict(self) | {"dynamic_crop": settings}


@dataclass(frozen=True)
class PosesOfPart:
    """Raw poses of n consecutive frames of a video."""

    xy: np.ndarray  # (n, K, 2) float64 in pixels of the full frame
    confidence: np.ndarray  # (n, K) float32 in 0 … 1
    prediction: Prediction


def part_bounds(start: int, stop: int, parts: int, unit: int) -> list[int]:
    """Divide a range of frames into parts of equal size.

    Parameters
    ----------
    start, stop
        First frame, and the frame after the last.
    parts
        Number of parts; with fewer units than parts, some are empty.
    unit
        Each part but the last has a multiple of so many frames.

    Returns
    -------
    list
        The first frame of each part, and the end: parts + 1 indices.
    """
    units = -(-(stop - start) // unit)
    return [*(start + unit * (units * k // parts) for k in range(parts)), stop]


def write_part(path: StrPath, part: PosesOfPart) -> None:
    """Write the poses of a part (NPZ)."""
    with atomic_write(path) as file:
        np.savez(file, xy=part.xy, confidence=part.confidence, prediction=json.dumps(part.prediction.as_dict()))


def read_part(path: StrPath) -> PosesOfPart:
    """Read the poses of a part (NPZ)."""
    with np.load(path) as file:
        content = json.loads(str(file["prediction"]))
        x1, x2, y1, y2 = content["crop"]
        content |= {"crop": (x1, x2, y1, y2), "keypoints": tuple(content["keypoints"])}
        if content["dynamic_crop"] is not None:
            content["dynamic_crop"] = DynamicCrop(**content["dynamic_crop"])
        return PosesOfPart(file["xy"], file["confidence"], Prediction(**content))
