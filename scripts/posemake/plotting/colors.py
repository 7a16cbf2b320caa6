"""Colours of keypoints and of what is drawn beside them."""

import matplotlib
from matplotlib.colors import to_rgb

from posemake.core.errors import PosemakeError

# shares of a colour map; its two ends are often too faint on paper
FIRST, LAST = 0.08, 0.95

RGB = tuple[float, float, float]


def keypoint_colors(keypoints: int, colormap: str) -> list[RGB]:
    """Return one colour per keypoint (red, green, blue in 0 … 1), spread over a colour map without its faint ends.

    Raises
    ------
    PosemakeError
        If matplotlib has no such colour map.
    """
    if colormap not in matplotlib.colormaps:
        raise PosemakeError(f"there is no colour map {colormap!r}; use one of matplotlib's, e.g. turbo")
    chosen = matplotlib.colormaps[colormap]
    return [chosen(FIRST + (LAST - FIRST) * i / max(1, keypoints - 1))[:3] for i in range(keypoints)]


def parse_color(name: str) -> RGB:
    """Return the colour (red, green, blue in 0 … 1) of one of matplotlib's names or of a code ``#rrggbb``.

    Raises
    ------
    PosemakeError
        If there is no such colour.
    """
    try:
        return to_rgb(name)
    except ValueError as error:
        raise PosemakeError(f"there is no colour {name!r}; use a name such as white or a code such as #ff8800") from error
