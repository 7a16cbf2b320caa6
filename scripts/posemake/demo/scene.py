"""Drawing of the demo's scene: a mouse in a box with bedding, seen from above."""

from dataclasses import dataclass

import cv2
import numpy as np

from posemake.data.geometry import apply_map, crop_map, resize_map
from posemake.demo.motion import BODY, EARS, HEAD, TAIL, direction, unit_in_pixels

FINE = 3  # the animal is drawn this many times larger and averaged down, which smooths its edges
SHIFT = 4  # bits of a pixel's fraction; OpenCV draws with integers

# half the body's width along the spine, from the snout (0) to the base of the tail (1)
ALONG = np.linspace(0, 1, 33)
_KNOTS = (0, 0.03, 0.08, 0.16, 0.25, 0.34, 0.42, 0.55, 0.68, 0.78, 0.87, 0.94, 1)
WIDTH = np.interp(ALONG, _KNOTS, (1.4, 2.4, 4.2, 6.9, 8.8, 9.2, 9.9, 12.0, 13.9, 14.0, 11.8, 7.8, 2.6))
# the spine is the cubic through snout, middle of the head, centre and base of the tail
SPINE = np.vander(ALONG, 4) @ np.linalg.inv(np.vander((0, HEAD, 0.5, 1), 4))


def _fill(image: np.ndarray, outline: np.ndarray, color: float | np.ndarray) -> None:
    """Fill a polygon (N, 2) of an image."""
    points = np.rint(outline * 2**SHIFT).astype(np.int32)
    cv2.fillPoly(image, [points], np.atleast_1d(color).tolist(), cv2.LINE_AA, SHIFT)


def _ellipse(centre: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return the outline (N, 2) of an ellipse with two half axes (2,)."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    return centre + np.cos(angle) * along + np.sin(angle) * across


def _thick_line(line: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the outline (2 N, 2) of a line (N, 2) with half its width (N,) at each point."""
    ahead = np.gradient(line, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9
    side = np.stack([-ahead[:, 1], ahead[:, 0]], 1) * width[:, None]
    return np.concatenate([line + side, (line - side)[::-1]])


def _texture(size: tuple[int, int], sigma: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Return a texture (H, W) of zero mean and unit variance with grains of ``sigma`` (x, y) pixels."""
    noise = rng.standard_normal(size[::-1], dtype=np.float32)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1]))
    return (image - image.mean()) / image.std()


def _draw_floor(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a floor of wood chips within low walls, (H, W, 3) in 0 … 255."""
    width, height = size
    unit, fine = unit_in_pixels(size), (width * 2, height * 2)
    base = np.array([206, 193, 172]) + rng.uniform(-10, 8) + rng.uniform(-2, 2, 3)
    grain = 4 * _texture(fine, (30 * unit, 30 * unit), rng) + 3 * _texture(fine, (1.5, 1.5), rng)
    chips = (base + grain[..., None]).astype(np.uint8)
    for _ in range(int(rng.integers(1300, 1900))):
        along = direction(rng.uniform(0, np.pi)) * rng.uniform(2, 8) * unit
        across = along[::-1] * (1, -1) * rng.uniform(0.2, 0.5)
        corners = rng.uniform(0, fine) + np.array([-along - across, along - across, along + across, across - along])
        _fill(chips, corners, base + rng.normal(0, 9) + rng.normal(0, 2, 3))
    floor = cv2.resize(chips, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    left, top, right, bottom = rng.uniform(5, 10, 4) * unit
    x, y = np.arange(width), np.arange(height)
    x, y = np.minimum(x - left, width - 1 - right - x), np.minimum(y - top, height - 1 - bottom - y)
    inside = np.minimum.outer(y, x) / unit  # distance to the wall
    floor *= (1 - 0.3 * np.exp(-np.maximum(inside, 0) / 5))[..., None]
    wall = (150 + rng.uniform(-15, 15) + 4 * np.minimum(-inside, 6))[..., None] * np.array([0.98, 1, 1.02])
    share = np.clip(0.5 - inside, 0, 1)[..., None]
    return (floor * (1 - share) + wall * share).astype(np.float32)


@dataclass(frozen=True)
class Scene:
    """Everything that stays the same throughout one video; colours are RGB in 0 … 255."""

    size: tuple[int, int]  # width, height
    floor: np.ndarray  # (H, W, 3)
    vignette: np.ndarray  # (H, W), share of the light that arrives
    fur: np.ndarray  # (N, N), brightness about 0, hairs along x
    coat: np.ndarray  # (3,) colour of the fur
    skin: np.ndarray  # (3,) colour of ears and tail
    lamp: np.ndarray  # (2,) direction towards the lamp

    @classmethod
    def random(cls, size: tuple[int, int], rng: np.random.Generator) -> "Scene":
        """Return a random scene."""
        unit = unit_in_pixels(size)
        side = int(200 * unit * FINE)
        x, y = (np.linspace(-1, 1, n) - rng.uniform(-0.25, 0.25) for n in size)
        return cls(
            size=size,
            floor=_draw_floor(size, rng),
            vignette=1 - rng.uniform(0.08, 0.15) * np.add.outer(y**2, x**2).astype(np.float32),
            fur=_texture((side, side), (1.6 * unit * FINE, 0.35 * unit * FINE), rng),
            coat=rng.uniform(72, 100) * np.array([1.06, rng.uniform(0.93, 0.98), rng.uniform(0.8, 0.92)]),
            skin=rng.uniform(0.9, 1.05) * np.array([186, 126, 116]),
            lamp=direction(rng.uniform(-np.pi, np.pi)),
        )

    def draw(self, pose: np.ndarray) -> np.ndarray:
        """Return an image (H, W, 3) of a pose (6, 2), evenly lit and without the camera's noise."""
        unit = unit_in_pixels(self.size)
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
        """Return colour (H, W, 3) and cover (H, W) in 0 … 1 of the animal alone."""
        snout, left, right, centre, base, _ = pose
        spine = SPINE @ np.array([snout, (left + right) / 2, centre, base])
        color, mask = self._draw_body(spine, size)
        # the colour of bare skin reaches beyond its cover, so that no dark line surrounds it
        bare = np.zeros(size[::-1], np.uint8)
        self._draw_tail(color, bare, spine, pose)
        self._draw_head(color, bare, pose)
        return color, np.maximum(mask, bare.astype(np.float32) / 255)

    def _draw_body(self, spine: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return colour (H, W, 3) and cover (H, W) in 0 … 1 of the part with fur."""
        unit = unit_in_pixels(self.size) * FINE
        width = WIDTH * unit
        color: np.ndarray = np.empty((size[1], size[0], 3), np.uint8)
        color[:] = 0.5 * self.coat
        for level in np.linspace(0, 0.9, 10):  # the back is round, and lighter towards the lamp
            outline = _thick_line(spine, width * (1 - level)) + self.lamp * 4 * level * unit
            _fill(color, outline, self.coat * (0.5 + 0.95 * level))
        color = cv2.GaussianBlur(color, (0, 0), 1.2 * unit)
        fur = self._lay_fur(spine, size)
        color = cv2.multiply(color, cv2.merge([1 + 0.16 * fur] * 3), dtype=cv2.CV_8U)
        mask: np.ndarray = np.zeros(size[::-1], np.uint8)
        _fill(mask, _thick_line(spine, width), 255)
        mask = cv2.GaussianBlur(mask, (0, 0), 0.8 * unit).astype(np.float32) / 255
        return color, np.clip(0.5 + 1.5 * (mask - 0.5) + 0.1 * fur, 0, 1)  # hairs make the edge rough

    def _draw_tail(self, color: np.ndarray, bare: np.ndarray, spine: np.ndarray, pose: np.ndarray) -> None:
        """Draw the tail.

        Parameters
        ----------
        color
            (H, W, 3) image to draw on.
        bare
            (H, W) cover of bare skin to draw on, in 0 … 255.
        spine
            (33, 2) line from the snout to the base of the tail.
        pose
            (6, 2) keypoints.
        """
        unit = unit_in_pixels(self.size) * FINE
        *_, base, tip = pose
        back = (spine[-1] - spine[-4]) / np.linalg.norm(spine[-1] - spine[-4])
        t = np.linspace(0, 1, 24)[:, None]
        tail = (1 - t) ** 2 * base + 2 * t * (1 - t) * (base + 0.45 * TAIL * unit * back) + t**2 * tip
        thickness = np.linspace(2.4, 0.9, 24) * unit
        _fill(bare, _thick_line(tail, thickness), 255)
        _fill(color, _thick_line(tail, thickness + 0.8 * unit), 0.72 * self.skin)
        _fill(color, _thick_line(tail + 0.3 * unit * self.lamp, 0.5 * thickness), 0.9 * self.skin)

    def _draw_head(self, color: np.ndarray, bare: np.ndarray, pose: np.ndarray) -> None:
        """Draw ears, eyes and snout.

        Parameters
        ----------
        color
            (H, W, 3) image to draw on.
        bare
            (H, W) cover of bare skin to draw on, in 0 … 255.
        pose
            (6, 2) keypoints.
        """
        unit = unit_in_pixels(self.size) * FINE
        snout, left, right, *_ = pose
        across, ahead = (left - right) / (2 * EARS), (snout - (left + right) / 2) / (HEAD * BODY)
        for ear, outwards in ((left, across), (right, -across)):
            _fill(bare, _ellipse(ear, 4.6 * ahead, 5.4 * across), 255)
            _fill(color, _ellipse(ear, 5.4 * ahead, 6.2 * across), 0.55 * self.coat)
            _fill(color, _ellipse(ear, 3.6 * ahead, 4.3 * across), 0.82 * self.skin)
            _fill(color, _ellipse(ear - 1.2 * outwards, 1.9 * ahead, 2.2 * across), 0.68 * self.skin)
            eye = snout - 9.2 * ahead + 5.2 * outwards
            _fill(bare, _ellipse(eye, 1.6 * ahead, 1.6 * across), 255)
            _fill(color, _ellipse(eye, 1.7 * ahead, 1.7 * across), np.array([18, 14, 14]))
            _fill(color, _ellipse(eye + 0.5 * unit * self.lamp, 0.5 * ahead, 0.5 * across), np.full(3, 190))
        _fill(bare, _ellipse(snout, 1.7 * ahead, 1.7 * across), 255)
        _fill(color, _ellipse(snout, 2.2 * ahead, 2.2 * across), self.skin * (1, 0.9, 0.9))

    def _lay_fur(self, spine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Return the fur (H, W), which moves and turns with the body."""
        along = (spine[0] - spine[-1]) / np.linalg.norm(spine[0] - spine[-1])
        turn = np.array([[along[0], -along[1]], [along[1], along[0]]])
        shift = spine[len(spine) // 2] - turn @ np.full(2, len(self.fur) / 2)
        return cv2.warpAffine(self.fur, np.column_stack([turn, shift]), size, borderMode=cv2.BORDER_REFLECT)
