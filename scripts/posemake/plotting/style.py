"""Style of matplotlib's figures, and the files that they are written to."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from posemake.core.atomic import write_bytes
from posemake.core.paths import StrPath

# entries that would hold the time of day or the version of matplotlib, by the ending of the file
METADATA_LEFT_OUT = {".png": ["Software"], ".svg": ["Date", "Creator"], ".pdf": ["CreationDate", "Creator", "Producer"]}


@contextmanager
def style_context() -> Iterator[None]:
    """Apply posemake's style to figures that are made in a ``with`` block, or in a function that this decorates."""
    with rc_context(
        {
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
            "font.size": 9,
            "svg.hashsalt": "posemake",  # without it, the ids in an SVG are random
        }
    ):
        yield


def save_figure(figure: Figure, path: StrPath, dpi: int) -> None:
    """Write a figure as PNG, SVG or PDF.

    The same figure gives the same bytes. It should have been made within `style_context`: matplotlib fixes spines and layout when
    it makes a figure and its axes, and draws ticks only now.

    Parameters
    ----------
    figure
        Figure to write.
    path
        File to write; its ending decides on the format.
    dpi
        Dots per inch.
    """
    ending, content = Path(path).suffix, io.BytesIO()
    with style_context():
        metadata = dict.fromkeys(METADATA_LEFT_OUT[ending])
        figure.savefig(content, format=ending[1:], dpi=dpi, metadata=metadata)
    write_bytes(path, content.getvalue())
