"""Pictures of all labels, and a list of those that are likely mistakes (N frames, K keypoints)."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from posemake.analysis.label_outliers import Suspect, find_odd_bones, find_rare, find_same_place, find_swapped
from posemake.analysis.skeleton import KeypointPair, find_bones
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.round_path import parse_round_path, round_name
from posemake.core.tables import write_rows
from posemake.data.geometry import outside_frame
from posemake.data.images import read_image
from posemake.data.label_files import find_label_files, label_file_scorer, read_labels, reorder
from posemake.plotting.colors import keypoint_colors
from posemake.plotting.contact_sheet import Legend, PixelColor, TileGrid, pixel_color, shorten_text
from posemake.plotting.jpeg import save_jpeg

COLUMNS = ("video", "image", "keypoint", "what", "value", "round", "scorer")
PAGE_COLUMNS, PAGE_ROWS = 6, 5  # pictures on a page
TILE, GAP, TEXT = 260, 8, 13  # pixels of a picture, between pictures, and of the text
CAPTION = 2 * TEXT + GAP  # pixels of the two lines of text below a picture
MARGIN = 0.35  # space around the labelled points, as a share of their extent
MIN_MARGIN = 20  # pixels
SUBPIXEL_BITS = 4  # binary digits behind the point, in which OpenCV draws
RED, GREY = (192, 32, 32), (200, 200, 200)


@dataclass(frozen=True)
class CheckInputs:
    """Files that `check_labels` reads."""

    labels: Sequence[StrPath]  # `…/round-<r>/<video>/CollectedData_<scorer>.csv` or `.h5`, of all rounds and people


@dataclass(frozen=True)
class CheckOutputs:
    """Files that `check_labels` writes."""

    pages: StrPath  # folder: a JPEG per 30 frames of a label file, with what is suspicious in red
    table: StrPath  # a row per suspicious label (CSV); values are those of `label_outliers`, pixels, or numbers of labels


@dataclass
class LabelledFrame:
    """A labelled frame of one person."""

    round: int
    video: str
    scorer: str
    path: Path  # of the image
    xy: np.ndarray  # (K, 2) in pixels
    suspects: list[Suspect] = field(default_factory=list)


def read_frames(label_files: Sequence[StrPath], keypoints: Sequence[str]) -> list[LabelledFrame]:
    """Return all labelled frames of label files, in the order of rounds, videos, people and images."""
    frames = []
    for path in sorted(map(Path, label_files), key=lambda path: (parse_round_path(path), path.name)):
        if path not in find_label_files(path.parent):
            continue  # the HDF5 twin of a CSV
        labels = read_labels(path)
        folder, scorer = parse_round_path(path), label_file_scorer(path)
        for image, xy in sorted(zip(labels.images, reorder(labels, keypoints)), key=lambda row: row[0]):
            frames.append(LabelledFrame(folder.round, folder.name, scorer, path.parent / image, xy))
    return frames


def check_labels(inputs: CheckInputs, outputs: CheckOutputs, keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> None:
    """Draw all labels, and list those to look at again.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    keypoints
        Names (K,) in the order of the config.
    skeleton
        Pairs of keypoints that are connected; may be empty.
    """
    frames = read_frames(inputs.labels, keypoints)
    Path(outputs.pages).mkdir(parents=True, exist_ok=True)
    rare = []
    if frames:
        xy = np.stack([frame.xy for frame in frames])
        videos = np.array([frame.video for frame in frames])
        odd_bones = find_odd_bones(xy, videos, keypoints, skeleton)
        for suspect in [*find_swapped(xy, keypoints), *odd_bones, *find_same_place(xy, keypoints)]:
            frames[suspect.row].suspects.append(suspect)
        rare = [
            [None, None, name, f"labelled in {count} of {len(frames)} frames", count, None, None]
            for name, count in find_rare(xy, keypoints)
        ]
    draw_pages(frames, Path(outputs.pages), keypoints, find_bones(keypoints, skeleton) if skeleton else [])
    rows = [
        [frame.video, frame.path.name, suspect.keypoint, suspect.what, suspect.value, frame.round, frame.scorer]
        for frame in frames
        for suspect in frame.suspects
    ]
    write_rows(outputs.table, COLUMNS, [*rare, *rows])
    logger.info("%d labelled frames, %d things to look at again", len(frames), len(rows) + len(rare))


def draw_pages(frames: Sequence[LabelledFrame], folder: Path, keypoints: Sequence[str], bones: Sequence[KeypointPair]) -> None:
    """Draw each frame once, and add what is wrong with its image, and with points in it, to its suspects.

    Parameters
    ----------
    frames
        All frames.
    folder
        Where pages are written.
    keypoints
        Names (K,).
    bones
        Pairs of numbers of keypoints to connect.
    """
    colors = [pixel_color(color) for color in keypoint_colors(len(keypoints), "turbo")]
    first_with_image: dict[str, LabelledFrame] = {}
    groups: dict[tuple[str, int, str], list[LabelledFrame]] = {}
    for frame in frames:
        groups.setdefault((frame.video, frame.round, frame.scorer), []).append(frame)
    per_page = PAGE_COLUMNS * PAGE_ROWS
    for (video, number, scorer), group in groups.items():
        pages = math.ceil(len(group) / per_page)
        for page in range(pages):
            shown = group[page * per_page : (page + 1) * per_page]
            tiles = [_check_and_draw(frame, first_with_image, keypoints, bones, colors) for frame in shown]
            title = f"{video}, round {number}, labels of {scorer}, page {page + 1} of {pages}"
            name = f"{video}_{round_name(number)}_{scorer}_{page + 1:02d}.jpg"
            save_jpeg(_draw_page(title, shown, tiles, keypoints, colors), folder / name)


def _check_and_draw(
    frame: LabelledFrame,
    first_with_image: dict[str, LabelledFrame],
    keypoints: Sequence[str],
    bones: Sequence[KeypointPair],
    colors: Sequence[PixelColor],
) -> np.ndarray | None:
    """Return a frame's tile, or None without an image; add what is wrong to the frame's suspects."""
    try:
        image = read_image(frame.path)
    except PosemakeError:
        frame.suspects.append(Suspect(0, "", "the image is missing or damaged", np.nan))
        return None
    size = image.shape[1], image.shape[0]
    for k in np.flatnonzero(outside_frame(frame.xy, size)).tolist():
        beyond = np.maximum(-0.5 - frame.xy[k], frame.xy[k] - np.array(size) + 0.5).max()
        frame.suspects.append(Suspect(0, keypoints[k], "outside the frame", float(beyond)))
    first = first_with_image.setdefault(hashlib.sha256(image.tobytes()).hexdigest() + str(size), frame)
    # an image may be labelled by several people, and again in a later round
    if (first.video, first.path.name) != (frame.video, frame.path.name):
        frame.suspects.append(Suspect(0, "", f"the same image as {first.video}/{first.path.name}", np.nan))
    return draw_tile(image, frame.xy, bones, colors)


def _crop_square(image: np.ndarray, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the square of an image (H, W, 3) around the labels (K, 2), or all of it, and the square's corner (x, y)."""
    size = np.array([image.shape[1], image.shape[0]])
    known = np.clip(xy[np.isfinite(xy).all(1)], -0.1 * size, 1.1 * size)  # a point far away would leave nothing to see
    low, high = (known.min(0), known.max(0)) if len(known) else (np.zeros(2), size - 1.0)
    extent = float((high - low).max())
    side = math.ceil(extent + 2 * max(MIN_MARGIN, MARGIN * extent)) if len(known) else int(size.max())
    x, y = np.floor((low + high - side + 1) / 2).astype(int)
    pad = max(0, -x, -y, x + side - size[0], y + side - size[1])
    padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=GREY)
    return padded[y + pad : y + pad + side, x + pad : x + pad + side], np.array([x, y])


def draw_tile(image: np.ndarray, xy: np.ndarray, bones: Sequence[KeypointPair], colors: Sequence[PixelColor]) -> np.ndarray:
    """Return the square of an image around its labels, or all of it, at the size of a tile, with the labels drawn.

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    xy
        Labels (K, 2) in pixels, NaN where there is no position.
    bones
        Pairs of numbers of keypoints to connect.
    colors
        One per keypoint.
    """
    crop, corner = _crop_square(image, xy)
    scale = TILE / len(crop)
    tile = cv2.resize(crop, (TILE, TILE), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    in_tile = (np.clip(xy, -1e4, 1e4) - corner + 0.5) * scale - 0.5  # as in geometry.resize_map
    known = np.isfinite(in_tile).all(1)
    fixed = np.round(np.where(known[:, None], in_tile, 0) * 2**SUBPIXEL_BITS).astype(int).tolist()
    for a, b in bones:
        if known[a] and known[b]:
            cv2.line(tile, fixed[a], fixed[b], (255, 255, 255), 1, cv2.LINE_AA, SUBPIXEL_BITS)
    for point, color, drawn in zip(fixed, colors, known):
        if drawn:
            cv2.circle(tile, point, 5 * 16, (0, 0, 0), 3, cv2.LINE_AA, SUBPIXEL_BITS)
            cv2.circle(tile, point, 5 * 16, color, 2, cv2.LINE_AA, SUBPIXEL_BITS)
            cv2.circle(tile, point, 12, color, -1, cv2.LINE_AA, SUBPIXEL_BITS)
    return tile


def _draw_page(
    title: str,
    frames: Sequence[LabelledFrame],
    tiles: Sequence[np.ndarray | None],
    keypoints: Sequence[str],
    colors: Sequence[PixelColor],
) -> Image.Image:
    font = ImageFont.load_default(TEXT)
    columns = min(PAGE_COLUMNS, len(frames))
    width = max(GAP + columns * (TILE + GAP), 3 * TILE)
    legend = Legend(keypoints, colors, width, top=2 * GAP + TEXT, gap=GAP, font_size=TEXT)
    grid = TileGrid(columns, TILE, TILE, GAP, caption=CAPTION, top=legend.bottom + 2 * GAP)
    page = grid.new_page(len(frames), width)
    draw = ImageDraw.Draw(page)
    draw.text((GAP, GAP), title, "black", font)
    legend.draw(page)
    for number, (frame, tile) in enumerate(zip(frames, tiles)):
        x, y = grid.place(number)
        if tile is not None:
            page.paste(Image.fromarray(tile), (x, y))
        words = "; ".join(f"{wrong.keypoint}: {wrong.what}" if wrong.keypoint else wrong.what for wrong in frame.suspects)
        if words:
            draw.rectangle((x - 3, y - 3, x + TILE + 2, y + TILE + 2), outline=RED, width=3)
        draw.text((x, y + TILE + 3), frame.path.name, "black", font)
        draw.text((x, y + TILE + 3 + TEXT), shorten_text(words, TILE, font), RED, font)
    return page
