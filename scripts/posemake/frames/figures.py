"""The stage that shows which frames of a video were chosen, and from what (N candidates, C chosen frames)."""

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from posemake.core.json_files import read_json
from posemake.data.poses import frame_times
from posemake.plotting.style import save_figure, save_jpeg

COLORS = {"kmeans": "#2a788e", "motion": "#d95f02", "uniform": "#7570b3", "fill": "#b8860b", "manual": "#66a61e"}  # of methods
DROPPED = "#c0392b"
SHEET = (1600, 1.5)  # pixels of the contact sheet's width, and about its width over its height
WIDEST = 480  # pixels of a picture in it
GAP, TEXT = 8, 15  # pixels between pictures, and of the writing below each
MAX_POINTS = 20000  # drawn per series: more cannot be seen


def plot_frames(
    candidates_file: str,
    frames_file: str,
    selection_file: str,
    images_dir: str,
    times_file: str,
    sheet_file: str,
    png: str,
    fps: float | None,
) -> None:
    """Draw the chosen frames of a video, and their place among all candidates.

    Parameters
    ----------
    candidates_file, frames_file, selection_file
        What `select.select_frames` wrote.
    images_dir
        The images of the chosen frames.
    times_file
        Seconds of each frame of the video (.npy).
    sheet_file
        JPEG to write: the chosen frames side by side, each with its index, time and method.
    png
        Figure to write: the candidates in the plane of their first two principal components, and over time.
    fps
        The sheet's frame rate, which goes before the timestamps.
    """
    candidates = pd.read_csv(candidates_file)
    chosen = pd.read_csv(frames_file)
    selection = read_json(selection_file)
    seconds = frame_times(times_file, fps)
    said = selection["note"] or f"{selection['chosen']} of {len(candidates)} candidates are chosen"
    title = "\n".join(textwrap.wrap(f"{said}; compared by {selection['features']}", 150))
    sheet = contact_sheet(chosen, seconds, images_dir) if len(chosen) else _words(title)
    save_jpeg(sheet, sheet_file)
    figure = Figure(figsize=(13, 4.8))
    if len(chosen):
        figure.suptitle(title, fontsize="medium")
        draw_selection(figure, candidates, chosen, seconds)
    else:
        figure.text(0.5, 0.5, title, ha="center", va="center")
    save_figure(figure, png, 120)


def _words(text: str) -> Image.Image:
    sheet = Image.new("RGB", (SHEET[0], 160), "white")
    ImageDraw.Draw(sheet).multiline_text((2 * TEXT, 2 * TEXT), text, "black", ImageFont.load_default(TEXT))
    return sheet


def contact_sheet(chosen: pd.DataFrame, seconds: np.ndarray, images_dir: str) -> Image.Image:
    """The images of the chosen frames (columns frame, image, method) side by side, in the order of time."""
    with Image.open(f"{images_dir}/{chosen['image'][0]}") as first:
        shape = first.height / first.width
    columns = min(len(chosen), math.ceil(math.sqrt(SHEET[1] * len(chosen) * shape)))
    width = min(WIDEST, (SHEET[0] - GAP) // columns - GAP)
    height, below = max(1, round(width * shape)), TEXT + GAP
    rows = -(-len(chosen) // columns)
    sheet = Image.new("RGB", (GAP + columns * (width + GAP), GAP + rows * (height + below + GAP)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT)
    for number, row in enumerate(chosen.itertuples()):
        x, y = GAP + number % columns * (width + GAP), GAP + number // columns * (height + below + GAP)
        with Image.open(f"{images_dir}/{row.image}") as image:
            sheet.paste(image.convert("RGB").resize((width, height), Image.Resampling.BOX), (x, y))
        draw.rectangle((x, y + height, x + width - 1, y + height + 3), COLORS[row.method])
        words = f"{row.frame}   {seconds[row.frame]:.2f} s   {row.method}"
        while draw.textlength(words, font) > width and "   " in words:
            words = words.rpartition("   ")[0]  # a narrow picture says less; the colour tells the method
        draw.text((x, y + height + 5), words, "black", font)
    return sheet


def draw_selection(figure: Figure, candidates: pd.DataFrame, chosen: pd.DataFrame, seconds: np.ndarray) -> None:
    """Candidates and chosen frames by their features, and over time.

    ``candidates`` has the columns frame, brightness, motion, pc1, pc2 and dropped, ``chosen`` frame and method.
    """
    step = -(-len(candidates) // MAX_POINTS)
    useless = candidates["dropped"].notna()
    kept, dropped, every = candidates[~useless], candidates[useless], candidates[::step]
    taken = chosen.merge(candidates, on="frame")
    series = {"brightness": "brightness / grey levels"}
    if candidates["motion"].notna().any():
        series["motion"] = "motion / px per frame"
    grid = figure.add_gridspec(len(series), 2, width_ratios=(1, 1.7))
    plane = figure.add_subplot(grid[:, 0])
    plane.plot(kept["pc1"][::step], kept["pc2"][::step], ".", color="0.75", ms=3, label=f"{len(candidates)} candidates")
    if len(dropped):
        of = ", ".join(f"{number} {why}" for why, number in dropped["dropped"].value_counts().sort_index().items())
        # at the edge, as they lie so far off that the others would shrink to a spot
        x, y = (dropped[axis].clip(kept[axis].min(), kept[axis].max()) for axis in ("pc1", "pc2"))
        plane.plot(x, y, "x", color=DROPPED, ms=4, label=f"dropped: {of}")
    _mark(plane, taken, "pc1", "pc2")
    plane.set(xlabel="first principal component", ylabel="second principal component")
    plane.legend(frameon=False, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    first = None
    for place, (name, label) in enumerate(series.items()):
        first = axes = figure.add_subplot(grid[place, 1], sharex=first)
        axes.plot(seconds[every["frame"]], every[name], color="0.6", lw=0.7)
        axes.plot(seconds[dropped["frame"]], dropped[name], "x", color=DROPPED, ms=4)
        _mark(axes, taken.assign(time=seconds[taken["frame"]]), "time", name)
        axes.set(ylabel=label)
    axes.set_xlabel("time / s")


def _mark(axes: Axes, taken: pd.DataFrame, x: str, y: str) -> None:
    """The chosen frames, in the colours of their methods."""
    for method, rows in taken.groupby("method"):
        axes.plot(rows[x], rows[y], "o", color=COLORS[method], mec="white", mew=0.7, ms=6, label=f"{len(rows)} {method}")
