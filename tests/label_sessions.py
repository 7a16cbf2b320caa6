"""What tests of a session of labelling share."""

import cv2
import numpy as np
from labelling import KEYPOINTS

from posemake.files import write_rows
from posemake.label_items import collect_items
from posemake.label_session import Session
from posemake.label_store import LabelStore

NAN = float("nan")
SKELETON = [["snout", "ear"]]
SEEN = {"placed", "accepted"}


def picture(shift=(0, 0), size=(64, 48), seed=1):
    """A smooth random texture (height, width, 3), moved by whole pixels (x, y)."""
    texture = np.random.default_rng(seed).integers(0, 256, (240, 240, 3)).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    x, y = 30 - shift[0], 30 - shift[1]
    return np.ascontiguousarray(texture[y : y + size[1], x : x + size[0]])


class Project:
    """A folder with chosen frames."""

    def __init__(self, folder):
        self.folder = folder

    def choose(self, video, frames, number=0, images=None, predicted=None):
        """Choose frames by index; ``predicted`` is {frame: x, y and likelihood of each keypoint}."""
        folder = self.folder / f"results/frames/round-{number}/{video}"
        (folder / "images").mkdir(parents=True)
        names = [f"img{frame:04d}.png" for frame in frames]
        write_rows(folder / "frames.csv", ["frame", "image", "reason"], [[f, n, "a, b"] for f, n in zip(frames, names)])
        for i, name in enumerate(names):
            cv2.imwrite(str(folder / "images" / name), picture((2 * i, i)) if images is None else images[i])
        if predicted is not None:
            columns = [["scorer", *["model"] * 9], ["bodyparts", *[k for k in KEYPOINTS for _ in "xyl"]]]
            head = ["coords", *["x", "y", "likelihood"] * 3]
            rows = [[f"img{frame:04d}.png", *values] for frame, values in predicted.items()]
            write_rows(folder / "predictions.csv", columns[0], [columns[1], head, *rows])
        return self

    def labels(self, video="m1", number=0, scorer="anna"):
        return self.folder / f"labels/round-{number}/{video}/CollectedData_{scorer}.csv"

    def open(self, number=0, scorer="anna", keypoints=KEYPOINTS, **settings):
        def open_store(folder, video):
            return LabelStore(folder, scorer, list(keypoints), video, read_only=True)

        items, stores = collect_items(self.folder, number, list(keypoints), open_store)
        return Session(items, keypoints, SKELETON, stores, **settings)


def cells(session, index=None):
    item = session.items[session.frame if index is None else index]
    xy, words = session.stores[item.key].get(item.image)
    return [(*point, word) if word in SEEN else word for point, word in zip(xy.tolist(), words)]


def here(session):
    return session.frame, session.keypoint
