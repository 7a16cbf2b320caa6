"""Simulated annotator of the demo, who labels the chosen frames with the true positions of the keypoints."""

import argparse
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.data.label_files import Labels, find_label_file, write_labels

SCORER = "demo"


def label_frames(frames_dir: StrPath, truth_dir: StrPath, labels_dir: StrPath) -> int:
    """Label the chosen frames of all videos that have no labels yet.

    Images are copied beside the labels, so that the folder of labels is complete in itself.

    Parameters
    ----------
    frames_dir
        Chosen frames, a folder per video.
    truth_dir
        True positions, ``<video>.truth.csv``.
    labels_dir
        Where the labels go, a folder per video.

    Returns
    -------
    int
        Number of frames that were labelled.
    """
    count = 0
    for folder in sorted(Path(frames_dir).iterdir()):
        target = Path(labels_dir) / folder.name
        frames = pd.read_csv(folder / "frames.csv", dtype={"image": str})
        if find_label_file(target) or not len(frames):
            continue
        truth = pd.read_csv(Path(truth_dir) / f"{folder.name}.truth.csv", index_col="frame").loc[frames["frame"]]
        keypoints = tuple(dict.fromkeys(str(column).rsplit(".", 1)[0] for column in truth.columns))
        xy = truth.to_numpy(float).reshape(len(truth), len(keypoints), 2)
        target.mkdir(parents=True, exist_ok=True)
        for image in frames["image"]:
            shutil.copyfile(folder / "images" / image, target / image)
        labels = Labels(SCORER, keypoints, tuple(frames["image"]), np.round(xy, 1))
        write_labels(target / f"CollectedData_{SCORER}.csv", labels, folder.name)
        count += len(frames)
    return count


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m posemake.demo.annotator", description="Label the chosen frames of the demo.")
    parser.add_argument("frames", help="folder of the chosen frames, with a folder per video")
    parser.add_argument("truth", help="folder of the videos and the true positions of their keypoints")
    parser.add_argument("labels", help="folder that the labels go to")
    options = parser.parse_args()
    count = label_frames(options.frames, options.truth, options.labels)
    print(f"{count_noun(count, 'frame')} labelled")


if __name__ == "__main__":
    main()
