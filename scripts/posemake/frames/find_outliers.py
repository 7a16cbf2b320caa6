"""Stage `find_outliers`: frames of a video on which a model is likely wrong (T frames, K keypoints)."""

from collections.abc import Sequence

import numpy as np

from posemake.analysis.pose_outliers import Criterion, describe_frame, evaluate_criteria, keypoint_scores, worst_frames
from posemake.config.settings import Refine
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.data.image_names import image_name
from posemake.data.poses import read_poses
from posemake.frames.outlier_table import CRITERIA, outlier_columns


def find_outliers(
    poses_files: Sequence[StrPath], candidates_file: StrPath, settings: Refine, skeleton: Sequence[Sequence[str]]
) -> None:
    """Write the frames of a video on which the first of several models is likely wrong, the worst first.

    Parameters
    ----------
    poses_files
        Raw poses (HDF5), one file per model.
    candidates_file
        CSV to write, in the layout of `outlier_table`. The value of ``confidence`` is the least one, that of ``jump`` is in its
        unit, and the others are in median absolute deviations.
    settings
        Criteria, and number and distance of the frames.
    skeleton
        Pairs of keypoints whose distances are checked; all pairs if there are none.

    Raises
    ------
    PosemakeError
        If the models do not have the same keypoints and frames.
    """
    first, *others = [read_poses(path) for path in poses_files]
    for path, other in zip(poses_files[1:], others):
        if other.keypoints != first.keypoints or len(other) != len(first):
            raise PosemakeError(f"{path}: has other keypoints or frames than {poses_files[0]}; delete both and run again")
    xy, confidence, keypoints = first.xy(), first.confidence_of(), first.keypoints
    criteria = evaluate_criteria(xy, confidence, keypoints, skeleton, settings, [other.xy() for other in others])
    score = keypoint_scores(criteria, keypoints, skeleton).sum(1)
    frames = worst_frames(score, settings.max_candidates, settings.min_distance)
    logger.info("%d of %d frames are in doubt, %d of them candidates", np.count_nonzero(score), len(score), len(frames))
    rows = []
    for frame in frames.tolist():
        values = [float(score[frame]), describe_frame(criteria, frame), *(_worst(criteria, name, frame) for name in CRITERIA)]
        points = np.column_stack([xy[frame], confidence[frame]])
        rows.append([frame, image_name(frame, len(first)), *values, *points.reshape(-1).tolist()])
    write_rows(candidates_file, outlier_columns(keypoints), rows)


def _worst(criteria: dict[str, Criterion], name: str, frame: int) -> float | None:
    """Return the worst value of a frame by a criterion; None if the criterion is off or no value is known."""
    if name not in criteria:
        return None
    values = criteria[name].value[frame]
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return float(known.min() if name == "confidence" else known.max())
