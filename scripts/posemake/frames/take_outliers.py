"""Stage `take_outliers`: frames of the next round of one video, with the points that the model predicts in them."""

from dataclasses import dataclass

from posemake.core.paths import StrPath
from posemake.core.tables import write_rows
from posemake.frames.frame_table import write_frame_table
from posemake.frames.outlier_table import COORDS, outlier_keypoints, outlier_points, read_outliers


@dataclass(frozen=True)
class TakeOutputs:
    """Files that `take_outliers` writes."""

    frames: StrPath  # chosen frames (CSV)
    predictions: StrPath  # points of the model (CSV in DeepLabCut's layout with x, y and likelihood, a row per image)


def take_outliers(chosen_file: StrPath, outputs: TakeOutputs, video: str, model: str) -> None:
    """Write the chosen frames of one video, and what the model predicts in them.

    Parameters
    ----------
    chosen_file
        Chosen frames of all videos (CSV).
    outputs
        Files to write.
    video
        Name of the video.
    model
        Name of the model.
    """
    table = read_outliers(chosen_file)
    table = table[table["video"] == video]
    images = table["image"].tolist()
    reasons = [f"outlier: {reasons}" for reasons in table["reasons"]]
    write_frame_table(outputs.frames, zip(table["frame"].tolist(), images, ["outlier"] * len(table), reasons))
    keypoints = outlier_keypoints(table)
    scorers = ["scorer", *[f"posemake_{model}"] * 3 * len(keypoints)]
    bodyparts = ["bodyparts", *(keypoint for keypoint in keypoints for _ in COORDS)]
    coords = ["coords", *COORDS * len(keypoints)]
    rows = [[image, *points.reshape(-1).tolist()] for image, points in zip(images, outlier_points(table))]
    write_rows(outputs.predictions, scorers, [bodyparts, coords, *rows])
