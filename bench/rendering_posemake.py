"""Runner of bench/rendering.py for posemake."""

import json
import sys
from functools import partial
from pathlib import Path

import cv2
import pandas as pd
from rendering_clock import spent

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.config import settings
from posemake.data.poses import make_poses, write_poses
from posemake.figures.render import render_video
from posemake.video.prepare import prepare_video

VIDEO, POSES, WAYS, OUT = sys.argv[1:]
ways, folder = json.loads(WAYS), Path(OUT)
cv2.setNumThreads(1)
table = pd.read_csv(POSES, header=[0, 1, 2], index_col=0)
keypoints = list(dict.fromkeys(table.columns.get_level_values("bodyparts")))
values = table.to_numpy().reshape(len(table), len(keypoints), 3)
poses = folder / "poses.h5"
write_poses(make_poses(values[..., :2], values[..., 2], keypoints), poses, folder / "poses.csv", "bench")
prepared = [str(folder / name) for name in ("video.json", "times.npy", "standard")]
# the same file is read as by the other
row = {"pattern": None, "downscale": None, "deinterlace": None}
prepare_video(VIDEO, *prepared, settings.plain(settings.Prepare, {"standardise": "never"}), row)
info, times, standard = prepared
out = folder / "out"


def draw(way: dict) -> None:
    wanted = settings.plain(settings.Render, {"trail": way["trail"]} | way["settings"])
    files = [str(out / name) for name in ("labelled.mp4", "preview.mp4", "poster.png")]
    of_row = {"fps": None, "start": None, "stop": None}
    render_video(VIDEO, info, standard, times, str(poses), str(poses), *files, wanted, of_row, way["skeleton"])


print(json.dumps([spent(partial(draw, way)) | {"bytes": (out / "labelled.mp4").stat().st_size} for way in ways]))
