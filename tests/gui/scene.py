"""A project to label: grey pictures with a magenta square at a known place for each keypoint."""

import csv

import cv2
import numpy as np

from posemake.core.yaml_files import read_yaml
from posemake.data.label_files import read_labels

KEYPOINTS = ["snout", "left_ear", "tail"]
VIDEOS = {"first": 4, "second": 2}
SIZE = (320, 240)  # width, height
MAGENTA = (255, 0, 255)
HALF = 4  # the squares have 9 x 9 pixels, so that their middle is the middle of a pixel


def places(video, index):
    """Where the squares of a frame are, (3, 2)."""
    step = 6 * index + 20 * list(VIDEOS).index(video)
    return np.array([[60 + step, 50], [150 + step, 90 + step], [230, 180 - step]])


def picture(video, index):
    """One frame, RGB; the ground differs from frame to frame."""
    made = np.full((SIZE[1], SIZE[0], 3), 60 + index, np.uint8)
    for x, y in places(video, index):
        made[y - HALF : y + HALF + 1, x - HALF : x + HALF + 1] = MAGENTA
    return made


def image(index):
    return f"img{10 * index:04d}.png"


def make_project(folder, predicted=("second",), frames=None):
    """Write the project; the predictions of a video lie 3 pixels right of the places, none is sure."""
    (folder / "config").mkdir(parents=True)
    (folder / "config/config.yaml").write_text(
        "keypoints: [snout, left_ear, tail]\nskeleton: [[snout, left_ear], [left_ear, tail]]\nmodels: {small: {}}\n"
    )
    for video, count in (frames or VIDEOS).items():
        images = folder / "results/frames/round-0" / video / "images"
        images.mkdir(parents=True)
        for i in range(count):
            cv2.imwrite(str(images / image(i)), picture(video, i)[..., ::-1])
        with open(images.parent / "frames.csv", "w", newline="") as file:
            csv.writer(file).writerows([["frame", "image", "method"], *([10 * i, image(i), "kmeans"] for i in range(count))])
        if video in predicted:
            with open(images.parent / "predictions.csv", "w", newline="") as file:
                heads = [["scorer", *["model"] * 9], ["bodyparts", *(k for k in KEYPOINTS for _ in range(3))]]
                heads.append(["coords", *["x", "y", "likelihood"] * 3])
                rows = [[image(i), *(v for x, y in places(video, i) for v in (x + 3, y, 0.9))] for i in range(count)]
                csv.writer(file).writerows(heads + rows)
    return folder


def saved(project, video="first", scorer="anna"):
    """What the label file of a video holds: {image: (3, 2)}; nothing if there is none."""
    path = project / "labels/round-0" / video / f"CollectedData_{scorer}.csv"
    if not path.exists():
        return {}
    labels = read_labels(path)
    assert labels.keypoints == tuple(KEYPOINTS)
    return dict(zip(labels.images, labels.xy))


def decided(project, video="first", scorer="anna"):
    """The decisions beside it: {image: {keypoint: decision}}."""
    path = project / "labels/round-0" / video / f"CollectedData_{scorer}.decisions.json"
    return read_yaml(path)["images"] if path.exists() else {}
