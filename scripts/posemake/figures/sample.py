"""The stage that gathers the figures of some videos, for the report, which holds all of its figures in itself."""

import shutil
from pathlib import Path


def sample_figures(figures: list[str], out: str) -> None:
    """Copy ``…/<video>/<figure>`` to ``out/<video>/<figure>``."""
    for figure in map(Path, figures):
        folder = Path(out) / figure.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(figure, folder / figure.name)
