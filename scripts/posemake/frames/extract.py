"""Stage `extract_frames`: images of the chosen frames of a video."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from posemake.core.log import progress
from posemake.core.paths import StrPath
from posemake.data.png import write_png
from posemake.video.reader import open_video


@dataclass(frozen=True)
class ExtractInputs:
    """Files that `extract_frames` reads."""

    video: StrPath  # video file, TIFF, or folder of images
    info: StrPath  # what the video holds (JSON)
    standard: StrPath  # folder of the timestamps and the transcoded copy
    frames: StrPath  # chosen frames (CSV)


def extract_frames(inputs: ExtractInputs, folder: StrPath) -> None:
    """Write the chosen frames into a folder as PNG, whole and in full size."""
    table = pd.read_csv(inputs.frames)
    names = dict(zip(table["frame"], table["image"]))
    Path(folder).mkdir(parents=True, exist_ok=True)
    if not names:
        return
    images = open_video(inputs.video, inputs.info, inputs.standard).images_at(names)
    for index, image in progress(images, len(names), "frames"):
        write_png(Path(folder, names[index]), image)
