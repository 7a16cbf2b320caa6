"""Stage `plot_frames`: figures of the chosen frames of a video and of what they were chosen from."""

import math
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from posemake.core.paths import StrPath
from posemake.data.frame_times import frame_times
from posemake.data.images import image_size, read_image
from posemake.frames.selection import read_selection
from posemake.plotting.contact_sheet import TileGrid
from posemake.plotting.jpeg import save_jpeg
from posemake.plotting.style import save_figure, style_context

METHOD_COLORS = {"kmeans": "#2a788e", "motion": "#d95f02", "uniform": "#7570b3", "fill": "#b8860b", "manual": "#66a61e"}
DROPPED_COLOR = "#c0392b"
SHEET_WIDTH = 1600  # pixels
SHEET_SHAPE = 1.5  # width of the contact sheet over its height, about
MAX_WIDTH = 480  # pixels of an image in the contact sheet
GAP, FONT_SIZE = 8, 15  # pixels; between images, and of the text below each
MAX_POINTS = 20000  # points drawn per series; more cannot be told apart


@dataclass(frozen=True)
class PlotFramesInputs:
    """Files that `plot_frames` reads."""

    candidates: StrPath  # measurements of all candidates (CSV)
    frames: StrPath  # chosen frames (CSV)
    selection: StrPath  # summary of the choice (JSON)
    images: StrPath  # folder of the images of the chosen frames
    times: StrPath  # seconds of each frame of the video (NPY)


@dataclass(frozen=True)
class PlotFramesOutputs:
    """Files that `plot_frames` writes."""

    sheet: StrPath  # contact sheet of the chosen frames, each with its index, time and method (JPEG)
    selection: StrPath  # candidates in the plane of their first two principal components, and over time (PNG)


@style_context()
def plot_frames(inputs: PlotFramesInputs, outputs: PlotFramesOutputs, fps: float | None) -> None:
    """Draw the chosen frames of a video, and their place among all candidates.

    Parameters
    ----------
    inputs, outputs
        Files to read and to write.
    fps
        Frame rate that the sheet states, which takes precedence over the timestamps.
    """
    candidates = pd.read_csv(inputs.candidates)
    chosen = pd.read_csv(inputs.frames)
    selection = read_selection(inputs.selection)
    seconds = frame_times(inputs.times, fps)
    outcome = selection.note or f"{selection.chosen} of {len(candidates)} candidates are chosen"
    title = "\n".join(textwrap.wrap(f"{outcome}; compared by {selection.features}", 150))
    sheet = draw_contact_sheet(chosen, seconds, inputs.images) if len(chosen) else _draw_text(title)
    save_jpeg(sheet, outputs.sheet)
    figure = Figure(figsize=(13, 4.8))
    if len(chosen):
        figure.suptitle(title, fontsize="medium")
        draw_selection(figure, candidates, chosen, seconds)
    else:
        figure.text(0.5, 0.5, title, ha="center", va="center")
    save_figure(figure, outputs.selection, 120)


def _draw_text(text: str) -> Image.Image:
    """Return a page that holds a text only."""
    page = Image.new("RGB", (SHEET_WIDTH, 160), "white")
    ImageDraw.Draw(page).multiline_text((2 * FONT_SIZE, 2 * FONT_SIZE), text, "black", ImageFont.load_default(FONT_SIZE))
    return page


def draw_contact_sheet(chosen: pd.DataFrame, seconds: np.ndarray, images_dir: StrPath) -> Image.Image:
    """Return a page with the images of the chosen frames side by side, in the order of time.

    Parameters
    ----------
    chosen
        Chosen frames, with the columns frame, image and method.
    seconds
        (frames,) time of each frame of the video.
    images_dir
        Folder of the images.
    """
    image_width, image_height = image_size(Path(images_dir, chosen["image"][0]))
    shape = image_height / image_width
    columns = min(len(chosen), math.ceil(math.sqrt(SHEET_SHAPE * len(chosen) * shape)))
    width = min(MAX_WIDTH, (SHEET_WIDTH - GAP) // columns - GAP)
    grid = TileGrid(columns, width, max(1, round(width * shape)), GAP, caption=FONT_SIZE + GAP)
    page = grid.new_page(len(chosen))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(FONT_SIZE)
    rows = zip(chosen["frame"].tolist(), chosen["image"].tolist(), chosen["method"].tolist())
    for number, (frame, name, method) in enumerate(rows):
        x, y = grid.place(number)
        image = Image.fromarray(read_image(Path(images_dir, name)))
        page.paste(image.resize((grid.width, grid.height), Image.Resampling.BOX), (x, y))
        draw.rectangle((x, y + grid.height, x + grid.width - 1, y + grid.height + 3), METHOD_COLORS[method])
        caption = f"{frame}   {seconds[frame]:.2f} s   {method}"
        while draw.textlength(caption, font) > grid.width and "   " in caption:
            caption = caption.rpartition("   ")[0]  # a narrow image has a shorter caption; the colour tells the method
        draw.text((x, y + grid.height + 5), caption, "black", font)
    return page


def draw_selection(figure: Figure, candidates: pd.DataFrame, chosen: pd.DataFrame, seconds: np.ndarray) -> None:
    """Draw candidates and chosen frames by their features, and over time.

    Parameters
    ----------
    figure
        Empty figure.
    candidates
        Candidates, with the columns frame, brightness, motion, pc1, pc2 and dropped.
    chosen
        Chosen frames, with the columns frame and method.
    seconds
        (frames,) time of each frame of the video.
    """
    chosen = chosen.merge(candidates, on="frame")
    chosen = chosen.assign(time=seconds[chosen["frame"]])
    series = {"brightness": "brightness / grey levels"}
    if candidates["motion"].notna().any():
        series["motion"] = "motion / px per frame"
    grid = figure.add_gridspec(len(series), 2, width_ratios=(1, 1.7))
    _draw_features(figure.add_subplot(grid[:, 0]), candidates, chosen)
    step = _step(candidates)
    every, dropped = candidates[::step], candidates[candidates["dropped"].notna()]
    first: Axes | None = None
    for place, (column, label) in enumerate(series.items()):
        axes = figure.add_subplot(grid[place, 1], sharex=first)
        first = first or axes
        axes.plot(seconds[every["frame"]], every[column], color="0.6", lw=0.7)
        axes.plot(seconds[dropped["frame"]], dropped[column], "x", color=DROPPED_COLOR, ms=4)
        _mark_chosen(axes, chosen, "time", column)
        axes.set(ylabel=label)
    axes.set_xlabel("time / s")


def _step(candidates: pd.DataFrame) -> int:
    """Return the step between the candidates that are drawn."""
    return -(-len(candidates) // MAX_POINTS)


def _draw_features(axes: Axes, candidates: pd.DataFrame, chosen: pd.DataFrame) -> None:
    """Draw candidates and chosen frames in the plane of the first two principal components."""
    kept, dropped = candidates[candidates["dropped"].isna()], candidates[candidates["dropped"].notna()]
    step = _step(candidates)
    axes.plot(kept["pc1"][::step], kept["pc2"][::step], ".", color="0.75", ms=3, label=f"{len(candidates)} candidates")
    if len(dropped):
        counts = ", ".join(f"{number} {reason}" for reason, number in dropped["dropped"].value_counts().sort_index().items())
        # at the edge: they lie so far off that the others would shrink to a spot
        x, y = (dropped[axis].clip(kept[axis].min(), kept[axis].max()) for axis in ("pc1", "pc2"))
        axes.plot(x, y, "x", color=DROPPED_COLOR, ms=4, label=f"dropped: {counts}")
    _mark_chosen(axes, chosen, "pc1", "pc2")
    axes.set(xlabel="first principal component", ylabel="second principal component")
    axes.legend(frameon=False, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)


def _mark_chosen(axes: Axes, chosen: pd.DataFrame, x: str, y: str) -> None:
    """Draw the chosen frames in the colours of their methods, by two columns."""
    for method, rows in chosen.groupby("method"):
        label = f"{len(rows)} {method}"
        axes.plot(rows[x], rows[y], "o", color=METHOD_COLORS[str(method)], mec="white", mew=0.7, ms=6, label=label)
