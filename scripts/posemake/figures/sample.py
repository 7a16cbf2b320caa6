"""Stage that collects the figures of some videos for the report."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from posemake.core.paths import StrPath


def sample_figures(figures: Sequence[StrPath], folder: StrPath) -> None:
    """Copy ``…/<video>/<figure>`` to ``<folder>/<video>/<figure>``; Snakemake's report embeds all files that it shows."""
    for figure in map(Path, figures):
        target = Path(folder) / figure.parent.name
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(figure, target / figure.name)
