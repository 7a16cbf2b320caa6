"""The demo's person: labels the chosen frames with their known positions, as a labeller does."""

import argparse
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from posemake.data.label_files import Labels, find_label_file, write_labels

SCORER = "demo"


def label_frames(frames_dir: str | Path, truth_dir: str | Path, labels_dir: str | Path) -> int:
    """Label every open video below ``frames_dir`` from ``<truth_dir>/<video>.truth.csv``; returns the number of frames.

    Images are copied beside the labels, so that the folder is complete in itself. Labels that are there stay.
    """
    count = 0
    for folder in sorted(Path(frames_dir).iterdir()):
        if find_label_file(Path(labels_dir) / folder.name):
            continue
        frames = pd.read_csv(folder / "frames.csv", dtype={"image": str})
        if not len(frames):
            continue
        truth = pd.read_csv(Path(truth_dir) / f"{folder.name}.truth.csv", index_col="frame").loc[frames["frame"]]
        keypoints = tuple(dict.fromkeys(column.rsplit(".", 1)[0] for column in truth.columns))
        xy = truth.to_numpy(float).reshape(len(truth), len(keypoints), 2)
        target = Path(labels_dir) / folder.name
        target.mkdir(parents=True, exist_ok=True)
        for image in frames["image"]:
            shutil.copyfile(folder / "images" / image, target / image)
        labels = Labels(SCORER, keypoints, tuple(frames["image"]), np.round(xy, 1))
        write_labels(target / f"CollectedData_{SCORER}.csv", labels, folder.name)
        count += len(frames)
    return count


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m posemake.person", description=__doc__.splitlines()[0])
    parser.add_argument("frames", help="folder of the chosen frames, a folder per video")
    parser.add_argument("truth", help="folder of the videos and their known positions")
    parser.add_argument("labels", help="folder that the labels go to")
    given = parser.parse_args()
    count = label_frames(given.frames, given.truth, given.labels)
    print(f"{count} frames labelled")


if __name__ == "__main__":
    main()
