"""Stage that joins the predicted parts of a video, and the files of raw poses (K keypoints)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from posemake.core.json_files import write_json
from posemake.core.paths import StrPath
from posemake.data.poses import Poses, write_poses
from posemake.networks.export_info import ExportInfo
from posemake.poses.parts import PosesOfPart, read_part


@dataclass(frozen=True)
class PoseOutputs:
    """Files of the raw poses of a video."""

    h5: StrPath
    csv: StrPath
    provenance: StrPath  # what the poses follow from (JSON)


def join_poses(parts: Sequence[StrPath], engine: StrPath, outputs: PoseOutputs, model: str, code: str) -> None:
    """Write what `predict_poses` writes, from the poses of the parts of a video.

    Parameters
    ----------
    parts
        NPZ files of `predict_part` in the order of the parts.
    engine
        ``engine.json`` of the model.
    outputs
        Files to write.
    model
        Name of the model.
    code
        Digest of the code that runs, for the record.
    """
    write_predictions([read_part(path) for path in parts], engine, outputs, model, code)


def write_predictions(parts: Sequence[PosesOfPart], engine: StrPath, outputs: PoseOutputs, model: str, code: str) -> None:
    """Write the poses of a video from those of its parts, and what they follow from.

    Parameters
    ----------
    parts
        Poses of the parts in their order.
    engine
        ``engine.json`` of the model.
    outputs
        Files to write.
    model
        Name of the model.
    code
        Digest of the code that runs, for the record.
    """
    first = parts[0].prediction
    values = np.full((first.frames, 1, len(first.keypoints), 3), np.nan)
    values[first.start : first.stop, 0, :, :2] = np.concatenate([part.xy for part in parts])
    values[first.start : first.stop, 0, :, 2] = np.concatenate([part.confidence for part in parts])
    poses = Poses(values[..., :2], values[..., 2], first.keypoints, scorer=f"posemake_{model}")
    write_poses(poses, outputs.h5, outputs.csv)

    joined = replace(  # parts may be computed on machines that differ
        first,
        engine=", ".join(sorted({part.prediction.engine for part in parts})),
        device=", ".join(sorted({part.prediction.device for part in parts})),
    )
    exported = ExportInfo.read(engine)
    content = {"model": model, **joined.as_dict(), "settings": exported.settings, "code": code}
    # at the end, in place of those of the inference alone
    versions = {"training": exported.trained_with, "inference": content.pop("versions")}
    write_json(outputs.provenance, content | {"versions": versions})
