"""What tests of the store of labels share."""

import numpy as np
from labelling import KEYPOINTS

from posemake.labels import Labels, write_labels

NAN = float("nan")
NOTHING = (np.full((3, 2), NAN), [None] * 3)
SEEN = {"placed", "accepted"}


def put(store, image, *cells, what="test"):
    """Change an image: (x, y) or (x, y, decision) for a point, a word or None for none."""
    xy = [cell[:2] if isinstance(cell, tuple) else (NAN, NAN) for cell in cells]
    words = [(*cell, "placed")[2] if isinstance(cell, tuple) else cell for cell in cells]
    store.put(image, np.array(xy, float), words, what)


def cells(store, image):
    """What ``put`` was given."""
    xy, words = store.get(image)
    return [(*point, word) if word in SEEN else word for point, word in zip(xy.tolist(), words)]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def other_tool(folder, rows, keypoints=KEYPOINTS, scorer="anna"):
    """Write a label file as another tool would: {image: x, y of each keypoint}."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"CollectedData_{scorer}.csv"
    xy = np.array(list(rows.values()), float).reshape(len(rows), len(keypoints), 2)
    write_labels(path, Labels(scorer, tuple(keypoints), tuple(rows), xy), "m1")
    return path


def crashed(store):
    """Leave a store as a process that dies does; the lock goes, as the process of the test lives on."""
    store._journal.close()
    store._lock.release()
    store.read_only = True
