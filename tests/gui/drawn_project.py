"""A project to label: grey frames with a magenta square at a known position for each keypoint."""

import csv

import cv2
import numpy as np

from posemake.core.yaml_files import read_yaml
from posemake.data.label_files import read_labels

KEYPOINTS = ["snout", "left_ear", "tail"]
VIDEOS = {"first": 4, "second": 2}  # video: number of frames
SIZE = (320, 240)  # width, height in pixels
MAGENTA = (255, 0, 255)
HALF = 4  # the squares have 9 x 9 pixels, so that their centre is the centre of a pixel


def square_centers(video, index):
    """Return the centres (3, 2) of the squares of a frame."""
    step = 6 * index + 20 * list(VIDEOS).index(video)
    return np.array([[60 + step, 50], [150 + step, 90 + step], [230, 180 - step]])


def draw_frame(video, index):
    """Return a frame as RGB; the background differs between frames."""
    frame = np.full((SIZE[1], SIZE[0], 3), 60 + index, np.uint8)
    for x, y in square_centers(video, index):
        frame[y - HALF : y + HALF + 1, x - HALF : x + HALF + 1] = MAGENTA
    return frame


def image_name(index):
    return f"img{10 * index:04d}.png"


def make_project(folder, predicted=("second",), frames=None):
    """Write the project; the predictions of a video lie 3 pixels right of the squares, with confidence 0.9."""
    (folder / "config").mkdir(parents=True)
    (folder / "config/config.yaml").write_text(
        "keypoints: [snout, left_ear, tail]\nskeleton: [[snout, left_ear], [left_ear, tail]]\nmodels: {small: {}}\n"
    )
    for video, count in (frames or VIDEOS).items():
        images = folder / "results/frames/round-0" / video / "images"
        images.mkdir(parents=True)
        for i in range(count):
            cv2.imwrite(str(images / image_name(i)), draw_frame(video, i)[..., ::-1])
        with open(images.parent / "frames.csv", "w", newline="") as file:
            rows = [[10 * i, image_name(i), "kmeans"] for i in range(count)]
            csv.writer(file).writerows([["frame", "image", "method"], *rows])
        if video in predicted:
            with open(images.parent / "predictions.csv", "w", newline="") as file:
                header = [["scorer", *["model"] * 9], ["bodyparts", *(k for k in KEYPOINTS for _ in range(3))]]
                header.append(["coords", *["x", "y", "likelihood"] * 3])
                rows = [
                    [image_name(i), *(value for x, y in square_centers(video, i) for value in (x + 3, y, 0.9))]
                    for i in range(count)
                ]
                csv.writer(file).writerows(header + rows)
    return folder


def read_saved(project, video="first", scorer="anna"):
    """Return the content of a video's label file, {image: (3, 2)}; {} if there is no file."""
    path = project / "labels/round-0" / video / f"CollectedData_{scorer}.csv"
    if not path.exists():
        return {}
    labels = read_labels(path)
    assert labels.keypoints == tuple(KEYPOINTS)
    return dict(zip(labels.images, labels.xy))


def read_decisions(project, video="first", scorer="anna"):
    """Return the decisions beside a video's label file, {image: {keypoint: decision}}; {} if there is no file."""
    path = project / "labels/round-0" / video / f"CollectedData_{scorer}.decisions.json"
    return read_yaml(path)["images"] if path.exists() else {}
