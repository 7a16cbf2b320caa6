"""Learning curves with known faults, for the tests of the diagnosis: python bench/curves.py FOLDER [STATE …]

A small network is trained on drawn mice of 160 × 120 pixels: long enough, too shortly, on six frames without augmentation, with a
learning rate that is a hundred times too high (three seeds), and with one that is a thousand times too low.
"""

import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.config.settings import Augment, Model, Probability
from posemake.core.tables import write_rows
from posemake.data.geometry import apply_map
from posemake.data.visibility import Visibility
from posemake.demo.motion import KEYPOINTS
from posemake.demo.videos import draw_video
from posemake.models.train import fit_network
from posemake.models.trainer import HISTORY_COLUMNS
from posemake.networks.input_image import fit
from posemake.networks.inputs import Frames

NO_AUGMENTATION = Augment(probability=Probability(**dict.fromkeys(Probability.model_fields, 0.0)))
COMMON = {"batch_size": 4, "warmup": 20}
HIGH = COMMON | {"steps": 300, "validate_every": 15, "patience": 0, "learning_rate": 0.2}
# settings; videos and frames of the training and of the validation
MANY = ((1, 2, 3), range(0, 200, 10), (1, 2, 3), range(5, 200, 20))
FEW = ((1,), range(0, 200, 34), (2, 3), range(5, 200, 20))
STATES = {
    "good": (Model(steps=800, validate_every=40, **COMMON), MANY),
    "too_short": (Model(steps=60, validate_every=6, **COMMON), MANY),
    "six_frames": (Model(steps=400, validate_every=20, patience=0, augment=NO_AUGMENTATION, **COMMON), FEW),
    "rate_too_high": (Model(**HIGH), MANY),
    "rate_too_high_2": (Model(seed=2, **HIGH), MANY),
    "rate_too_high_3": (Model(seed=3, **HIGH), MANY),
    "rate_too_low": (Model(steps=200, validate_every=10, patience=0, learning_rate=2e-6, **COMMON), MANY),
}


def load(folder: Path, videos: tuple[int, ...], chosen: range) -> Frames:
    """Return frames of drawn videos, which are named by their seeds."""
    loaded = []
    for seed in videos:
        path, truth = folder / f"{seed}.mp4", folder / f"{seed}.csv"
        if not path.exists():
            draw_video(path, truth, 200, 4.0, seed, size=(160, 120))
        xy = pd.read_csv(truth, index_col="frame").to_numpy().reshape(-1, len(KEYPOINTS), 2)
        with av.open(str(path)) as container:
            images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        loaded += [(*fit(images[i], 1.0, 32), xy[i]) for i in chosen]
    images, maps, points = map(np.stack, zip(*loaded))
    visibility = np.full(points.shape[:2], Visibility.VISIBLE, np.int8)
    return Frames(images, np.stack([apply_map(m, p) for m, p in zip(maps, points)]), visibility, maps)


def main() -> None:
    torch.set_num_threads(1)
    out, *names = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for name in names or STATES:
            settings, (videos, frames, validation_videos, validation_frames) = STATES[name]
            parts = load(Path(folder), videos, frames), load(Path(folder), validation_videos, validation_frames)
            _, history = fit_network(*parts, list(KEYPOINTS), settings, torch.device("cpu"))
            write_rows(Path(out) / f"{name}.csv", HISTORY_COLUMNS, (list(row.values()) for row in history))
            print(f"{name}: {len(parts[0].images)} training frames, error {history[-1]['validation_error']:.1f} px", flush=True)


if __name__ == "__main__":
    main()
