"""Runner of bench/rendering.py for DeepLabCut, in an environment of its own, with a project of names and poses alone."""

import json
import pickle
import sys
from functools import partial
from pathlib import Path

import cv2
import deeplabcut
import pandas as pd
import yaml
from rendering_clock import measure

VIDEO, POSES, WAYS, OUT = sys.argv[1:]
ways, folder = json.loads(WAYS), Path(OUT)
cv2.setNumThreads(1)
poses = pd.read_csv(POSES, header=[0, 1, 2], index_col=0)
keypoints = list(dict.fromkeys(poses.columns.get_level_values("bodyparts")))
config = {
    "Task": "bench",
    "scorer": "bench",
    "date": "Jan1",
    "multianimalproject": False,
    "identity": False,
    "project_path": str(folder),
    "engine": "pytorch",
    "video_sets": {},
    "bodyparts": keypoints,
    "skeleton": max((way["skeleton"] for way in ways), key=len),
    "skeleton_color": "white",
    "TrainingFraction": [0.8],
    "iteration": 0,
    "default_net_type": "resnet_50",
    "default_augmenter": "albumentations",
    "snapshotindex": -1,
    "batch_size": 8,
    "pcutoff": 0.6,
    "dotsize": 3,
    "colormap": "turbo",
    "alphavalue": 0.7,
}
(folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
with_scorer = folder / f"{Path(VIDEO).stem}DLC_bench"
poses.to_hdf(f"{with_scorer}.h5", key="df_with_missing", mode="w")
about = {"data": {"cropping": False, "cropping_parameters": [0, 0, 0, 0]}}
Path(f"{with_scorer}_meta.pickle").write_bytes(pickle.dumps(about))


def draw(way: dict) -> None:
    """Render the video in one way."""
    done = deeplabcut.create_labeled_video(
        str(folder / "config.yaml"),
        [VIDEO],
        destfolder=str(folder),
        init_weights="bench.pt",  # gives the name of the files of poses; nothing of it is read
        draw_skeleton=bool(way["skeleton"]),
        trailpoints=way["trail"],
        overwrite=True,
        max_workers=1,
    )
    if done != [True]:
        raise SystemExit("DeepLabCut made no video")


rows = [measure(partial(draw, way)) | {"bytes": sum(path.stat().st_size for path in folder.glob("*.mp4"))} for way in ways]
print(json.dumps(rows))
