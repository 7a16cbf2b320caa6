"""Videos of the built-in demo: a drawn mouse seen from above, whose keypoints are known exactly."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.log import progress
from posemake.core.paths import StrPath
from posemake.demo.motion import KEYPOINTS, SIZE, random_drift, simulate_walk
from posemake.demo.scene import Scene
from posemake.video.writer import video_writer

# ids of the videos, and speeds of their animals as for `simulate_walk`
VIDEOS = (("slow_1", 2.0), ("slow_2", 2.0), ("slow_3", 2.0), ("fast_1", 5.8), ("fast_2", 5.8), ("fast_3", 5.8))


def draw_video(
    path: StrPath,
    truth_path: StrPath,
    frames: int,
    speed: float,
    seed: int,
    size: tuple[int, int] = SIZE,
    fps: float = 30,
    grooming: float = 0.0,
) -> None:
    """Draw one video, and write the true positions of its keypoints. The same seed gives the same files.

    Parameters
    ----------
    path
        Video (MP4) to write.
    truth_path
        CSV to write, with a row per frame: its index, then x and y of each keypoint in pixels.
    frames, speed, size, grooming
        As for `simulate_walk`.
    seed
        Seed of the walk, the looks of animal and arena, the light and the noise.
    fps
        Frames per second of the file.

    Raises
    ------
    PosemakeError
        If there is no frame to draw.
    """
    if frames < 1:
        raise PosemakeError(f"{path}: a video needs at least one frame, but {frames} were asked for")
    walk, looks, lighting, camera = np.random.default_rng(seed).spawn(4)
    poses = simulate_walk(frames, speed, size, walk, grooming)
    scene = Scene.random(size, looks)
    gain = 1 + 0.05 * random_drift(frames, 60, lighting)
    tilt = 0.05 * np.stack([random_drift(frames, 80, lighting) for _ in "xy"], 1).astype(np.float32)
    x, y = (np.linspace(-1, 1, n, dtype=np.float32) for n in size)
    with video_writer(path, size, fps, quality=18) as write:
        for i, pose in enumerate(progress(poses, frames, f"frames of {Path(path).name}")):
            image = scene.draw(pose)
            image *= (gain[i] * scene.vignette * (1 + np.add.outer(tilt[i, 1] * y, tilt[i, 0] * x)))[..., None]
            image += 2.5 * camera.standard_normal(image.shape, dtype=np.float32)
            write(np.clip(image, 0, 255).astype(np.uint8))
    header = ["frame", *(f"{name}.{axis}" for name in KEYPOINTS for axis in "xy")]
    rows = [[str(i), *(f"{v:.3f}" for v in pose.ravel())] for i, pose in enumerate(poses)]
    write_text(truth_path, "".join(",".join(row) + "\n" for row in [header, *rows]))


def draw_demo(folder: StrPath, seed: int = 1, frames: int = 300, grooming: float = 0.0) -> None:
    """Draw all videos of the demo as ``<id>.mp4`` and ``<id>.truth.csv``; files that exist are replaced.

    Parameters
    ----------
    folder
        Where to write.
    seed
        Another seed gives other videos.
    frames
        Length of each video.
    grooming
        As for `simulate_walk`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, speed) in enumerate(VIDEOS):
        draw_video(folder / f"{name}.mp4", folder / f"{name}.truth.csv", frames, speed, 100 * seed + number, grooming=grooming)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m posemake.demo.videos", description="Draw the videos of the built-in demo.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    draw = commands.add_parser("draw", help="draw the videos and write the true positions of the keypoints")
    draw.add_argument("folder", type=Path, help="folder of the videos")
    draw.add_argument("--frames", type=int, default=300, help="length of each video (default: %(default)s)")
    draw.add_argument("--seed", type=int, default=1, help="another seed gives other videos (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        draw_demo(options.folder, options.seed, options.frames)
    except PosemakeError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
