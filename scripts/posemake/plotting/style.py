"""The look of figures and videos: colours of keypoints, and matplotlib without a display."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
from PIL import Image

from posemake.core.atomic import write_bytes
from posemake.core.errors import PosemakeError

if TYPE_CHECKING:  # slow to import, and a labelled video needs colours alone
    from matplotlib.figure import Figure

matplotlib.use("agg")
# the same figure gives the same bytes, also as SVG
matplotlib.rcParams["svg.hashsalt"] = "posemake"
matplotlib.rcParams.update(
    {"axes.spines.top": False, "axes.spines.right": False, "figure.constrained_layout.use": True, "font.size": 9}
)


# what would tell the program and the time of day
METADATA = {".png": ["Software"], ".svg": ["Date", "Creator"], ".pdf": ["CreationDate", "Creator", "Producer"]}


def save_figure(figure: "Figure", path: str | Path, dpi: int) -> None:
    """Write a figure as PNG, SVG or PDF by the path's ending; the same figure gives the same bytes."""
    ending, content = Path(path).suffix, io.BytesIO()
    figure.savefig(content, format=ending[1:], dpi=dpi, metadata=dict.fromkeys(METADATA[ending]))
    write_bytes(path, content.getvalue())


def save_jpeg(image: Image.Image, path: str | Path) -> None:
    """Write a picture as JPEG; from memory, as Pillow on a full disk leaves a torn file and says nothing."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=88)
    write_bytes(path, content.getvalue())


def keypoint_colors(keypoints: int, colormap: str) -> list[tuple[float, float, float]]:
    """Colours (red, green, blue in 0 … 1) spread over a colour map; its faint ends are left out.

    Raises
    ------
    PosemakeError
        If matplotlib has no such colour map.
    """
    if colormap not in matplotlib.colormaps:
        raise PosemakeError(f"there is no colour map {colormap!r}; take one of matplotlib's, e.g. turbo")
    chosen = matplotlib.colormaps[colormap]
    return [chosen(0.08 + 0.87 * i / max(1, keypoints - 1))[:3] for i in range(keypoints)]


def color(name: str) -> tuple[float, float, float]:
    """A colour by one of matplotlib's names, or ``#rrggbb``.

    Raises
    ------
    PosemakeError
        If there is no such colour.
    """
    try:
        return matplotlib.colors.to_rgb(name)
    except ValueError as error:
        raise PosemakeError(f"there is no colour {name!r}; give a name such as white or a code such as #ff8800") from error
