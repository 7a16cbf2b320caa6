import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from posemake.core.tables import write_rows
from posemake.frames.figures import (
    DROPPED_COLOR,
    GAP,
    METHOD_COLORS,
    PlotFramesInputs,
    PlotFramesOutputs,
    draw_contact_sheet,
    plot_frames,
)
from posemake.frames.frame_table import write_frame_table
from posemake.frames.select import CANDIDATE_COLUMNS
from posemake.frames.selection import Selection, write_selection

METHODS = list(METHOD_COLORS)


def choose(folder, count=7, candidates=60, size=(64, 48), motion=True, note=""):
    """What the stages before give: images of one colour each, and the tables."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    frames = np.linspace(0, candidates - 1, count).astype(int).tolist()
    for number, frame in enumerate(frames):
        Image.new("RGB", size, (200, 10 + 2 * number, 30)).save(folder / f"images/img{frame}.png")
    rows = ([frame, f"img{frame}.png", METHODS[i % len(METHODS)], "why"] for i, frame in enumerate(frames))
    write_frame_table(folder / "frames.csv", rows)
    known = ([i, 100.0, float(i) if motion else None, 0.5 * i, 0.1 * i, "dark" if i == 3 else None, 0] for i in range(candidates))
    write_rows(folder / "candidates.csv", CANDIDATE_COLUMNS, known)
    write_selection(folder / "selection.json", Selection(asked=9, chosen=count, features="thumbnail", note=note))
    np.save(folder / "times.npy", np.arange(candidates) / 25)


def draw(folder, *given, fps=None, **named):
    """Both figures."""
    choose(folder, *given, **named)
    names = ("candidates.csv", "frames.csv", "selection.json", "images", "times.npy")
    plot_frames(
        PlotFramesInputs(*(folder / name for name in names)),
        PlotFramesOutputs(sheet=folder / "sheet.jpg", selection=folder / "selection.png"),
        fps,
    )
    return [Image.open(folder / name) for name in ("sheet.jpg", "selection.png")]


@pytest.mark.parametrize("count, size", [(1, (64, 48)), (2, (48, 64)), (7, (640, 360)), (7, (400, 20)), (40, (64, 48))])
def test_the_sheet_shows_each_chosen_frame_in_its_order(tmp_path, count, size):
    choose(tmp_path, count, size=size)
    chosen = pd.read_csv(tmp_path / "frames.csv")
    sheet = draw_contact_sheet(chosen, np.load(tmp_path / "times.npy"), tmp_path / "images")
    assert sheet.width <= 1600 and (count < 40 or sheet.width > 900)
    pixels = np.asarray(sheet)
    places = [np.argwhere((pixels == (200, 10 + 2 * number, 30)).all(-1)) for number in range(count)]
    assert len({len(place) for place in places}) == 1
    corners = [tuple(place[0].tolist()) for place in places]
    assert corners == sorted(corners) and corners[0] == (GAP, GAP)
    shape = np.ptp(places[-1], axis=0) + 1
    assert shape[0] / shape[1] == pytest.approx(size[1] / size[0], rel=0.1)
    colors = {tuple(color) for color in pixels.reshape(-1, 3)}
    expected = {tuple(bytes.fromhex(METHOD_COLORS[method][1:])) for method in chosen["method"]}
    assert expected <= colors and len(expected) == min(count, len(METHOD_COLORS))


@pytest.mark.parametrize("motion", [True, False])
def test_both_figures_are_drawn_and_the_same_bytes_come_again(tmp_path, motion):
    sheet, figure = draw(tmp_path / "a", motion=motion, note="a word of why " * 30)
    assert sheet.format == "JPEG" and figure.format == "PNG" and figure.width > 1500
    assert len(np.unique(np.asarray(figure).reshape(-1, figure.im.bands), axis=0)) > 50
    draw(tmp_path / "b", motion=motion, note="a word of why " * 30)
    for name in ("sheet.jpg", "selection.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_methods_and_dropped_frames_are_seen(tmp_path):
    _, figure = draw(tmp_path)
    seen = {tuple(color) for color in np.asarray(figure.convert("RGB")).reshape(-1, 3)}
    assert {tuple(bytes.fromhex(color[1:])) for color in [*METHOD_COLORS.values(), DROPPED_COLOR]} <= seen


def test_the_rate_of_the_sheet_goes_before_the_timestamps(tmp_path):
    draw(tmp_path / "a")
    draw(tmp_path / "b", fps=5.0)
    assert (tmp_path / "a/sheet.jpg").read_bytes() != (tmp_path / "b/sheet.jpg").read_bytes()


@pytest.mark.parametrize("candidates", [0, 20])
def test_no_chosen_frame_is_said_in_words(tmp_path, candidates):
    sheet, figure = draw(tmp_path, 0, candidates, note="it is cut short")
    for picture in (sheet, figure):
        assert 0 < (np.asarray(picture.convert("L")) < 100).mean() < 0.05
    assert json.loads((tmp_path / "selection.json").read_text())["chosen"] == 0
