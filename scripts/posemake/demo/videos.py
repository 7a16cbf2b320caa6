"""The built-in demo: videos of a drawn mouse seen from above, whose keypoints are known exactly."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.log import progress
from posemake.data.geometry import apply_map, crop_map, resize_map
from posemake.demo.motion import BODY, EARS, HEAD, KEYPOINTS, SIZE, TAIL, drift, simulate, towards, unit_of
from posemake.jobs.failures import ERROR_MARK
from posemake.video.writer import video_writer

VIDEOS = (("slow_1", 2.0), ("slow_2", 2.0), ("slow_3", 2.0), ("fast_1", 5.8), ("fast_2", 5.8), ("fast_3", 5.8))

FINE = 3  # the animal is drawn this many times larger and averaged down, which smooths its edges
SHIFT = 4  # OpenCV's drawing takes integers: bits of a pixel's fraction

# half the body's width along the spine, from the snout (0) to the base of the tail (1)
ALONG = np.linspace(0, 1, 33)
_KNOTS = (0, 0.03, 0.08, 0.16, 0.25, 0.34, 0.42, 0.55, 0.68, 0.78, 0.87, 0.94, 1)
WIDTH = np.interp(ALONG, _KNOTS, (1.4, 2.4, 4.2, 6.9, 8.8, 9.2, 9.9, 12.0, 13.9, 14.0, 11.8, 7.8, 2.6))
# the spine is the cubic through snout, middle of the head, centre and base of the tail
SPINE = np.vander(ALONG, 4) @ np.linalg.inv(np.vander((0, HEAD, 0.5, 1), 4))


def _fill(image: np.ndarray, outline: np.ndarray, color: float | np.ndarray) -> None:
    points = np.rint(outline * 2**SHIFT).astype(np.int32)
    cv2.fillPoly(image, [points], np.atleast_1d(color).tolist(), cv2.LINE_AA, SHIFT)


def _oval(xy: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    return xy + np.cos(angle) * along + np.sin(angle) * across


def _hull(line: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Outline of a line (N, 2) with half its width (N,) at each point."""
    ahead = np.gradient(line, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9
    side = np.stack([-ahead[:, 1], ahead[:, 0]], 1) * width[:, None]
    return np.concatenate([line + side, (line - side)[::-1]])


def _noise(size: tuple[int, int], sigma: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Texture (H, W) of zero mean and unit variance with grains of ``sigma`` (x, y) pixels."""
    image = rng.standard_normal(size[::-1], dtype=np.float32)
    image = cv2.GaussianBlur(image, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1])
    return (image - image.mean()) / image.std()


def _draw_floor(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Bedding of wood chips within low walls, (H, W, 3) in 0 … 255."""
    width, height = size
    unit, fine = unit_of(size), (width * 2, height * 2)
    base = np.array([206, 193, 172]) + rng.uniform(-10, 8) + rng.uniform(-2, 2, 3)
    grain = 4 * _noise(fine, (30 * unit, 30 * unit), rng) + 3 * _noise(fine, (1.5, 1.5), rng)
    floor = (base + grain[..., None]).astype(np.uint8)
    for _ in range(int(rng.integers(1300, 1900))):
        along = towards(rng.uniform(0, np.pi)) * rng.uniform(2, 8) * unit
        across = along[::-1] * (1, -1) * rng.uniform(0.2, 0.5)
        corners = rng.uniform(0, fine) + np.array([-along - across, along - across, along + across, across - along])
        _fill(floor, corners, base + rng.normal(0, 9) + rng.normal(0, 2, 3))
    floor = cv2.resize(floor, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    left, top, right, bottom = rng.uniform(5, 10, 4) * unit
    x, y = np.arange(width), np.arange(height)
    x, y = np.minimum(x - left, width - 1 - right - x), np.minimum(y - top, height - 1 - bottom - y)
    inside = np.minimum.outer(y, x) / unit  # distance to the wall
    floor *= (1 - 0.3 * np.exp(-np.maximum(inside, 0) / 5))[..., None]
    wall = (150 + rng.uniform(-15, 15) + 4 * np.minimum(-inside, 6))[..., None] * np.array([0.98, 1, 1.02])
    share = np.clip(0.5 - inside, 0, 1)[..., None]
    return (floor * (1 - share) + wall * share).astype(np.float32)


@dataclass(frozen=True)
class _Scene:
    """What stays the same throughout one video; colours are RGB in 0 … 255."""

    size: tuple[int, int]
    floor: np.ndarray  # (H, W, 3)
    vignette: np.ndarray  # (H, W), share of the light that arrives
    fur: np.ndarray  # (N, N), brightness about 0, hairs along x
    coat: np.ndarray
    skin: np.ndarray  # of ears and tail
    lamp: np.ndarray  # direction towards it

    @classmethod
    def make(cls, size: tuple[int, int], rng: np.random.Generator) -> "_Scene":
        """Draw a scene by lot."""
        unit = unit_of(size)
        side = int(200 * unit * FINE)
        x, y = (np.linspace(-1, 1, n) - rng.uniform(-0.25, 0.25) for n in size)
        return cls(
            size=size,
            floor=_draw_floor(size, rng),
            vignette=1 - rng.uniform(0.08, 0.15) * np.add.outer(y**2, x**2).astype(np.float32),
            fur=_noise((side, side), (1.6 * unit * FINE, 0.35 * unit * FINE), rng),
            coat=rng.uniform(72, 100) * np.array([1.06, rng.uniform(0.93, 0.98), rng.uniform(0.8, 0.92)]),
            skin=rng.uniform(0.9, 1.05) * np.array([186, 126, 116]),
            lamp=towards(rng.uniform(-np.pi, np.pi)),
        )

    def draw(self, pose: np.ndarray) -> np.ndarray:
        """Picture (H, W, 3) of a pose (6, 2), evenly lit and without the camera's noise."""
        unit = unit_of(self.size)
        x0, y0 = np.maximum(np.floor(pose.min(0) - 22 * unit), 0).astype(int).tolist()
        x1, y1 = np.minimum(np.ceil(pose.max(0) + 22 * unit), self.size).astype(int).tolist()
        size = (x1 - x0, y1 - y0)
        large = (size[0] * FINE, size[1] * FINE)
        color, cover = self._draw_animal(apply_map(resize_map(size, large) @ crop_map(x0, y0), pose), large)
        color = cv2.resize(color, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
        away = crop_map(*(3.5 * unit * self.lamp))[:2]
        shadow = cv2.GaussianBlur(cv2.warpAffine(cover, away, size), (0, 0), 2.5 * unit)
        image = self.floor.copy()
        part = image[y0:y1, x0:x1]
        part *= 1 - 0.45 * shadow[..., None]
        part += (color - part) * cover[..., None]
        return image

    def _draw_animal(self, pose: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Colour (H, W, 3) and cover (H, W) in 0 … 1 of the animal alone."""
        unit = unit_of(self.size) * FINE
        snout, left, right, centre, base, tip = pose
        middle, across = (left + right) / 2, (left - right) / (2 * EARS)
        ahead = (snout - middle) / (HEAD * BODY)
        spine = SPINE @ np.array([snout, middle, centre, base])
        width = WIDTH * unit
        back = (spine[-1] - spine[-4]) / np.linalg.norm(spine[-1] - spine[-4])
        t = np.linspace(0, 1, 24)[:, None]
        tail = (1 - t) ** 2 * base + 2 * t * (1 - t) * (base + 0.45 * TAIL * unit * back) + t**2 * tip
        thickness = np.linspace(2.4, 0.9, 24) * unit

        color = np.empty((size[1], size[0], 3), np.uint8)
        color[:] = 0.5 * self.coat
        for level in np.linspace(0, 0.9, 10):  # the back is round, and lighter towards the lamp
            outline = _hull(spine, width * (1 - level)) + self.lamp * 4 * level * unit
            _fill(color, outline, self.coat * (0.5 + 0.95 * level))
        color = cv2.GaussianBlur(color, (0, 0), 1.2 * unit)
        fur = self._lay_fur(spine, size)
        color = cv2.multiply(color, cv2.merge([1 + 0.16 * fur] * 3), dtype=cv2.CV_8U)
        mask = np.zeros(size[::-1], np.uint8)
        _fill(mask, _hull(spine, width), 255)
        mask = cv2.GaussianBlur(mask, (0, 0), 0.8 * unit).astype(np.float32) / 255
        mask = np.clip(0.5 + 1.5 * (mask - 0.5) + 0.1 * fur, 0, 1)  # hairs make the edge rough

        # what has no fur; its colour reaches beyond its cover, so that no dark line surrounds it
        bare = np.zeros(size[::-1], np.uint8)
        _fill(bare, _hull(tail, thickness), 255)
        _fill(color, _hull(tail, thickness + 0.8 * unit), 0.72 * self.skin)
        _fill(color, _hull(tail + 0.3 * unit * self.lamp, 0.5 * thickness), 0.9 * self.skin)
        for ear, outwards in ((left, across), (right, -across)):
            _fill(bare, _oval(ear, 4.6 * ahead, 5.4 * across), 255)
            _fill(color, _oval(ear, 5.4 * ahead, 6.2 * across), 0.55 * self.coat)
            _fill(color, _oval(ear, 3.6 * ahead, 4.3 * across), 0.82 * self.skin)
            _fill(color, _oval(ear - 1.2 * outwards, 1.9 * ahead, 2.2 * across), 0.68 * self.skin)
            eye = snout - 9.2 * ahead + 5.2 * outwards
            _fill(bare, _oval(eye, 1.6 * ahead, 1.6 * across), 255)
            _fill(color, _oval(eye, 1.7 * ahead, 1.7 * across), np.array([18, 14, 14]))
            _fill(color, _oval(eye + 0.5 * unit * self.lamp, 0.5 * ahead, 0.5 * across), np.full(3, 190))
        _fill(bare, _oval(snout, 1.7 * ahead, 1.7 * across), 255)
        _fill(color, _oval(snout, 2.2 * ahead, 2.2 * across), self.skin * (1, 0.9, 0.9))
        return color, np.maximum(mask, bare.astype(np.float32) / 255)

    def _lay_fur(self, spine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Fur (H, W) that moves and turns with the body."""
        along = (spine[0] - spine[-1]) / np.linalg.norm(spine[0] - spine[-1])
        turn = np.array([[along[0], -along[1]], [along[1], along[0]]])
        shift = spine[len(spine) // 2] - turn @ np.full(2, len(self.fur) / 2)
        return cv2.warpAffine(self.fur, np.column_stack([turn, shift]), size, borderMode=cv2.BORDER_REFLECT)


def draw_video(
    path: str | Path,
    truth_path: str | Path,
    frames: int,
    speed: float,
    seed: int,
    size: tuple[int, int] = SIZE,
    fps: float = 30,
    grooming: float = 0.0,
) -> None:
    """Draw one video and write where its keypoints are; the same seed gives the same files.

    Parameters
    ----------
    path, truth_path
        The MP4, and the CSV with one line per frame: its index, then x and y of each keypoint in pixels.
    frames, speed, size, grooming
        As for `simulate`.
    seed
        Decides on the walk, the looks of animal and arena, the light and the noise.
    fps
        Frames per second of the file.
    """
    if frames < 1:
        raise PosemakeError(f"{path}: a video has at least one frame, and {frames} were asked for")
    walk, looks, lighting, camera = np.random.default_rng(seed).spawn(4)
    poses = simulate(frames, speed, size, walk, grooming)
    scene = _Scene.make(size, looks)
    gain = 1 + 0.05 * drift(frames, 60, lighting)
    tilt = 0.05 * np.stack([drift(frames, 80, lighting) for _ in "xy"], 1).astype(np.float32)
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


def draw_demo(folder: str | Path, seed: int = 1, frames: int = 300, grooming: float = 0.0) -> None:
    """Draw all videos of the demo as ``<id>.mp4`` and ``<id>.truth.csv``, in place of those already there; ``grooming`` as for
    `simulate`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, speed) in enumerate(VIDEOS):
        draw_video(folder / f"{name}.mp4", folder / f"{name}.truth.csv", frames, speed, 100 * seed + number, grooming=grooming)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m posemake.demo", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    draw = commands.add_parser("draw", help="draw the videos and write their true keypoints")
    draw.add_argument("folder", type=Path, help="where the videos go")
    draw.add_argument("--frames", type=int, default=300, help="length of each video (default: %(default)s)")
    draw.add_argument("--seed", type=int, default=1, help="another seed gives other videos (default: %(default)s)")
    draw.set_defaults(run=lambda given: draw_demo(given.folder, given.seed, given.frames))
    given = parser.parse_args(arguments)
    try:
        given.run(given)
    except PosemakeError as error:
        sys.exit(f"{ERROR_MARK}{error}")


if __name__ == "__main__":
    main()
