"""The stage that shows every label, and lists those that are likely slips of the hand (N frames, K keypoints)."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from posemake.analysis.label_outliers import Suspect, find_odd_bones, find_rare, find_same_place, find_swapped
from posemake.analysis.skeleton import find_bones
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.geometry import outside
from posemake.data.images import read_image
from posemake.data.label_files import find_label_files, read_labels, reorder
from posemake.plotting.style import keypoint_colors, save_jpeg

COLUMNS = ("video", "image", "keypoint", "what", "value", "round", "scorer")
ACROSS, DOWN = 6, 5  # pictures on a page
TILE, GAP, TEXT = 260, 8, 13  # pixels of a picture, between pictures, and of the writing
MARGIN = 0.35  # around the labelled points, as a share of their extent
LEAST_MARGIN = 20  # pixels
RED, GREY = (192, 32, 32), (200, 200, 200)


@dataclass
class Frame:
    """A labelled frame of one person."""

    round: int
    video: str
    scorer: str
    path: Path
    xy: np.ndarray  # (K, 2) in pixels
    wrong: list[Suspect] = field(default_factory=list)


def read_frames(label_files: Sequence[str], keypoints: list[str]) -> list[Frame]:
    """All labelled frames of ``…/round-<r>/<video>/CollectedData_<scorer>.csv`` or ``.h5``, in the order of rounds and videos."""
    frames = []
    for path in sorted(map(Path, label_files), key=lambda p: (int(p.parts[-3].removeprefix("round-")), p.parts[-2], p.name)):
        if path not in find_label_files(path.parent):
            continue  # the HDF5 twin of a CSV
        labels = read_labels(path)
        number, scorer = int(path.parts[-3].removeprefix("round-")), path.stem.removeprefix("CollectedData_")
        found = sorted(zip(labels.images, reorder(labels, keypoints)), key=lambda row: row[0])
        frames += [Frame(number, path.parts[-2], scorer, path.parent / image, xy) for image, xy in found]
    return frames


def check_labels(
    label_files: list[str], pages_dir: str, table_file: str, keypoints: list[str], skeleton: list[list[str]]
) -> None:
    """Draw all labels, and write which of them to look at again.

    Parameters
    ----------
    label_files
        Those of all rounds and people.
    pages_dir
        Folder to write, a JPEG per 30 frames of a label file: the animal large, with its labels; what is suspicious in red.
    table_file
        CSV to write, a row per suspicious label: video, image, keypoint, what, value, round, scorer. Values are those of
        `suspects`, pixels, or numbers of labels.
    """
    frames = read_frames(label_files, keypoints)
    Path(pages_dir).mkdir(parents=True, exist_ok=True)
    everywhere = []
    if frames:
        xy = np.stack([frame.xy for frame in frames])
        videos = np.array([frame.video for frame in frames])
        found = [*find_swapped(xy, keypoints), *find_odd_bones(xy, videos, keypoints, skeleton), *find_same_place(xy, keypoints)]
        for suspect in found:
            frames[suspect.row].wrong.append(suspect)
        of = f"of {len(frames)} frames"
        everywhere = [
            [None, None, name, f"labelled in {count} {of}", count, None, None] for name, count in find_rare(xy, keypoints)
        ]
    draw_pages(frames, Path(pages_dir), keypoints, find_bones(keypoints, skeleton) if skeleton else [])
    rows = [
        [frame.video, frame.path.name, wrong.keypoint, wrong.what, wrong.value, frame.round, frame.scorer]
        for frame in frames
        for wrong in frame.wrong
    ]
    write_rows(table_file, COLUMNS, [*everywhere, *rows])
    logger.info("%d labelled frames, %d things to look at again", len(frames), len(rows) + len(everywhere))


def draw_pages(frames: list[Frame], folder: Path, keypoints: list[str], bones: list[tuple[int, int]]) -> None:
    """Draw each frame once, and note on the way what is wrong with its image, and with points in it."""
    colors = [tuple(round(255 * part) for part in rgb) for rgb in keypoint_colors(len(keypoints), "turbo")]
    seen: dict[str, Frame] = {}
    groups: dict[tuple, list[Frame]] = {}
    for frame in frames:
        groups.setdefault((frame.video, frame.round, frame.scorer), []).append(frame)
    for (video, number, scorer), group in groups.items():
        pages = math.ceil(len(group) / (ACROSS * DOWN))
        for page in range(pages):
            some = group[page * ACROSS * DOWN : (page + 1) * ACROSS * DOWN]
            tiles = [_look(frame, seen, keypoints, bones, colors) for frame in some]
            title = f"{video}, round {number}, labels of {scorer}, page {page + 1} of {pages}"
            name = f"{video}_round-{number}_{scorer}_{page + 1:02d}.jpg"
            save_jpeg(_page(title, some, tiles, keypoints, colors), folder / name)


def _look(frame: Frame, seen: dict[str, Frame], keypoints, bones, colors) -> np.ndarray | None:
    try:
        image = read_image(frame.path)
    except PosemakeError:
        frame.wrong.append(Suspect(0, "", "the image is missing or damaged", np.nan))
        return None
    size = image.shape[1], image.shape[0]
    for k in np.flatnonzero(outside(frame.xy, size)):
        beyond = np.maximum(-0.5 - frame.xy[k], frame.xy[k] - np.array(size) + 0.5).max()
        frame.wrong.append(Suspect(0, keypoints[k], "outside the frame", float(beyond)))
    first = seen.setdefault(hashlib.sha256(image).hexdigest() + str(size), frame)
    # an image may be labelled by several people, and again in a later round
    if (first.video, first.path.name) != (frame.video, frame.path.name):
        frame.wrong.append(Suspect(0, "", f"the same image as {first.video}/{first.path.name}", np.nan))
    return draw_tile(image, frame.xy, bones, colors)


def draw_tile(image: np.ndarray, xy: np.ndarray, bones: list[tuple[int, int]], colors: list[tuple]) -> np.ndarray:
    """The square of an image (H, W, 3) around the labels (K, 2), or all of it, at the size of a tile, with the labels drawn."""
    size = np.array([image.shape[1], image.shape[0]])
    known = np.clip(xy[np.isfinite(xy).all(1)], -0.1 * size, 1.1 * size)  # a point far away would leave nothing to see
    low, high = (known.min(0), known.max(0)) if len(known) else (np.zeros(2), size - 1.0)
    extent = float((high - low).max())
    side = math.ceil(extent + 2 * max(LEAST_MARGIN, MARGIN * extent)) if len(known) else int(size.max())
    x, y = np.floor((low + high - side + 1) / 2).astype(int)
    pad = max(0, -x, -y, x + side - size[0], y + side - size[1])
    framed = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=GREY)
    crop = framed[y + pad : y + pad + side, x + pad : x + pad + side]
    scale = TILE / side
    tile = cv2.resize(crop, (TILE, TILE), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    at = (np.clip(xy, -1e4, 1e4) - (x, y) + 0.5) * scale - 0.5  # as in geometry.resize_map

    def fixed(point: np.ndarray) -> tuple[int, int]:
        return tuple(int(v) for v in np.round(point * 16))  # OpenCV's four bits behind the point

    for a, b in bones:
        if np.isfinite(at[[a, b]]).all():
            cv2.line(tile, fixed(at[a]), fixed(at[b]), (255, 255, 255), 1, cv2.LINE_AA, 4)
    for point, color in zip(at, colors):
        if np.isfinite(point).all():
            cv2.circle(tile, fixed(point), 5 * 16, (0, 0, 0), 3, cv2.LINE_AA, 4)
            cv2.circle(tile, fixed(point), 5 * 16, color, 2, cv2.LINE_AA, 4)
            cv2.circle(tile, fixed(point), 12, color, -1, cv2.LINE_AA, 4)
    return tile


def _page(
    title: str, frames: list[Frame], tiles: list[np.ndarray | None], keypoints: list[str], colors: list[tuple]
) -> Image.Image:
    font = ImageFont.load_default(TEXT)
    across = min(ACROSS, len(frames))
    width = max(GAP + across * (TILE + GAP), 3 * TILE)
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    places, x, y = [], GAP, 2 * GAP + TEXT
    for name in keypoints:  # the legend, in as many lines as it takes
        needed = measure.textlength(name, font) + 3 * GAP + TEXT
        if x + needed > width and x > GAP:
            x, y = GAP, y + TEXT + GAP
        places.append((x, y))
        x += needed
    top, below = y + TEXT + 2 * GAP, 2 * TEXT + GAP
    height = top + math.ceil(len(frames) / across) * (TILE + below + GAP)
    page = Image.new("RGB", (math.ceil(width), math.ceil(height)), "white")
    draw = ImageDraw.Draw(page)
    draw.text((GAP, GAP), title, "black", font)
    for name, (x, y), color in zip(keypoints, places, colors):
        draw.ellipse((x, y + 3, x + TEXT - 3, y + TEXT), fill=color)
        draw.text((x + TEXT + 2, y), name, "black", font)
    for number, (frame, tile) in enumerate(zip(frames, tiles)):
        x, y = GAP + number % across * (TILE + GAP), top + number // across * (TILE + below + GAP)
        if tile is not None:
            page.paste(Image.fromarray(tile), (x, y))
        words = "; ".join(f"{wrong.keypoint}: {wrong.what}" if wrong.keypoint else wrong.what for wrong in frame.wrong)
        if words:
            draw.rectangle((x - 3, y - 3, x + TILE + 2, y + TILE + 2), outline=RED, width=3)
        draw.text((x, y + TILE + 3), frame.path.name, "black", font)
        draw.text((x, y + TILE + 3 + TEXT), _shortened(words, draw, font), RED, font)
    return page


def _shortened(words: str, draw: ImageDraw.ImageDraw, font) -> str:
    if draw.textlength(words, font) <= TILE:
        return words
    while words and draw.textlength(words + "…", font) > TILE:
        words = words[:-1]
    return words + "…"
