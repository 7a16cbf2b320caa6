import numpy as np
from PIL import Image, ImageFont

from posemake.plotting.contact_sheet import Legend, TileGrid, pixel_color, shorten_text, text_width


def test_pictures_lie_beside_each_other_within_the_page():
    grid = TileGrid(columns=3, width=20, height=10, gap=4, caption=6, top=30)
    assert [grid.place(i) for i in range(4)] == [(4, 30), (28, 30), (52, 30), (4, 50)]
    page = grid.new_page(4)
    assert page.size == (4 + 3 * 24, 30 + 2 * 20)
    assert grid.new_page(1, min_width=200).size == (200, 50)
    assert TileGrid(2, 20, 10, 4).new_page(2).size == (52, 18)


def test_text_is_shortened_to_the_width():
    font = ImageFont.load_default(13)
    assert shorten_text("tail", 100, font) == "tail"
    short = shorten_text("left and right swapped, with right_ear", 100, font)
    assert short.endswith("…") and text_width(short, font) <= 100 < text_width(short[:-1] + "xx…", font)
    assert shorten_text("tail", 1, font) == "…"


def test_a_legend_takes_as_many_lines_as_it_needs():
    names = [f"keypoint_{i}" for i in range(9)]
    legend = Legend(names, [(255, 0, 0)] * 9, width=300, top=20, gap=8, font_size=13)
    lines = sorted({y for _, y in legend.places()})
    assert lines == [20 + 21 * i for i in range(len(lines))] and len(lines) > 2
    assert legend.bottom == lines[-1] + 13
    page = Image.new("RGB", (300, legend.bottom + 8), "white")
    legend.draw(page)
    rows = np.flatnonzero((np.asarray(page) == (255, 0, 0)).all(-1).any(1))
    assert rows.min() >= 20 and rows.max() <= legend.bottom


def test_shares_of_colours_become_pixels():
    assert pixel_color((0, 0.5, 1)) == (0, 128, 255)
