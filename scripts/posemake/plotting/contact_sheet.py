"""Contact sheets: many small pictures side by side on one page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
PixelColor = tuple[int, int, int]  # red, green, blue in 0 … 255


def pixel_color(color: tuple[float, float, float]) -> PixelColor:
    """Return a colour of shares (red, green, blue in 0 … 1) in 0 … 255."""
    red, green, blue = (round(255 * share) for share in color)
    return red, green, blue


@dataclass(frozen=True)
class TileGrid:
    """Places of pictures of one size in rows and columns; all sizes are in pixels."""

    columns: int
    width: int  # of a picture
    height: int
    gap: int  # between pictures, and around them
    caption: int = 0  # height of the text below each picture
    top: int | None = None  # of the first row; by default the gap

    def place(self, number: int) -> tuple[int, int]:
        """Return the left upper corner (x, y) of a picture, counted from 0."""
        row, column = divmod(number, self.columns)
        top = self.gap if self.top is None else self.top
        return self.gap + column * (self.width + self.gap), top + row * (self.height + self.caption + self.gap)

    def new_page(self, count: int, min_width: int = 0) -> Image.Image:
        """Return a white page with room for a number of pictures, at least as wide as given."""
        rows = math.ceil(count / self.columns)
        width = self.gap + self.columns * (self.width + self.gap)
        return Image.new("RGB", (max(width, min_width), self.place(rows * self.columns)[1]), "white")


def text_width(text: str, font: Font) -> float:
    """Return the width of a line of text in pixels."""
    return ImageDraw.Draw(Image.new("RGB", (1, 1))).textlength(text, font)


def shorten_text(text: str, width: float, font: Font) -> str:
    """Return a text that ends in … where it is wider than a number of pixels."""
    if text_width(text, font) <= width:
        return text
    while text and text_width(text + "…", font) > width:
        text = text[:-1]
    return text + "…"


@dataclass(frozen=True)
class Legend:
    """Names with discs in their colours, in as many lines as they take; all sizes are in pixels."""

    names: Sequence[str]
    colors: Sequence[PixelColor]
    width: int
    top: int
    gap: int
    font_size: int

    def places(self) -> list[tuple[float, int]]:
        """Return the left upper corner (x, y) of each name's disc."""
        font = ImageFont.load_default(self.font_size)
        places: list[tuple[float, int]] = []
        x, y = float(self.gap), self.top
        for name in self.names:
            needed = text_width(name, font) + 3 * self.gap + self.font_size
            if x + needed > self.width and x > self.gap:
                x, y = float(self.gap), y + self.font_size + self.gap
            places.append((x, y))
            x += needed
        return places

    @property
    def bottom(self) -> int:
        """The lower edge of the last line."""
        return max((y for _, y in self.places()), default=self.top) + self.font_size

    def draw(self, page: Image.Image) -> None:
        """Draw the legend on a page."""
        draw, font = ImageDraw.Draw(page), ImageFont.load_default(self.font_size)
        for name, (x, y), color in zip(self.names, self.places(), self.colors):
            draw.ellipse((x, y + 3, x + self.font_size - 3, y + self.font_size), fill=color)
            draw.text((x + self.font_size + 2, y), name, "black", font)
