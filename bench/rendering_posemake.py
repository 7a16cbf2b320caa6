"""Runner of bench/rendering.py for posemake."""

import json
import sys
from functools import partial
from pathlib import Path

import cv2
from rendering_clock import measure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.config.settings import Prepare, Render
from posemake.data.poses import read_poses, write_poses
from posemake.figures.render import RenderInputs, RenderOutputs, RenderRow, render_video
from posemake.video.prepare import PrepareOutputs, PrepareRow, prepare_video

VIDEO, POSES, WAYS, OUT = sys.argv[1:]
ways, folder = json.loads(WAYS), Path(OUT)
cv2.setNumThreads(1)
write_poses(read_poses(POSES), folder / "poses.h5", folder / "poses.csv")
inputs = RenderInputs(
    video=VIDEO,
    info=folder / "video.json",
    standard=folder / "standard",
    times=folder / "times.npy",
    raw=folder / "poses.h5",
    poses=folder / "poses.h5",
)
# both systems read the same file
prepared = PrepareOutputs(info=inputs.info, times=inputs.times, standard=inputs.standard)
prepare_video(VIDEO, prepared, Prepare(transcode="never"), PrepareRow())
out = folder / "out"
outputs = RenderOutputs(video=out / "labelled.mp4", preview=out / "preview.mp4", poster=out / "poster.png")


def draw(way: dict) -> None:
    """Render the video in one way."""
    settings = Render(**{"trail": way["trail"]} | way["settings"])
    render_video(inputs, outputs, settings, way["skeleton"], RenderRow())


print(json.dumps([measure(partial(draw, way)) | {"bytes": outputs.video.stat().st_size} for way in ways]))
