"""Split of the labelled frames into training, validation and test."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posemake.config.settings import Split
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.core.tables import write_rows
from posemake.data.label_table import PARTS, read_label_table

GOLDEN_RATIO = (5**0.5 - 1) / 2
COLUMNS = ("video", "image", "frame", "unit", "part")


@dataclass(frozen=True)
class SplitInputs:
    """Files that `split_dataset` reads."""

    labels: StrPath  # table of labels (CSV)


@dataclass(frozen=True)
class SplitOutputs:
    """Files that `split_dataset` writes."""

    split: StrPath  # unit and part of each frame (CSV), in the order of the labels


def choose_part(name: str, block: int, settings: Split) -> str:
    """Return the part of a unit of the split, which follows from its own key (name, block, seed) alone.

    The blocks of one name walk around a circle in steps of the golden ratio, which spreads any run of them evenly
    (Weyl's low-discrepancy sequence): with a few labelled blocks already, each part gets about its share.

    Parameters
    ----------
    name
        The unit's video or subject.
    block
        Number of the unit in it.
    settings
        Shares of validation and test, and the seed.
    """
    start = int.from_bytes(hashlib.sha256(f"{settings.seed}/{name}".encode()).digest()[:8], "big") / 2**64
    place = (start + block * GOLDEN_RATIO) % 1.0
    if place < settings.test:
        return "test"
    return "validation" if place < settings.test + settings.validation else "train"


def _find_units(keys: pd.DataFrame, settings: Split, subjects: Mapping[str, str | None]) -> list[tuple[str, int]]:
    """Return name and block of the unit of each frame."""
    videos, frames = keys["video"].tolist(), keys["frame"].tolist()
    if settings.unit == "block":
        return [(video, frame // settings.block) for video, frame in zip(videos, frames)]
    if settings.unit == "subject":
        return [(subjects.get(video) or video, 0) for video in videos]
    return [(video, 0) for video in videos]


def split_dataset(inputs: SplitInputs, outputs: SplitOutputs, settings: Split, subjects: Mapping[str, str | None]) -> None:
    """Write the part of each labelled frame; more labels never move a frame to another part.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    settings
        Unit, shares and seed of the split.
    subjects
        The animal of each video, where the sheet of videos names one; a video without counts as its own.

    Raises
    ------
    PosemakeError
        If a part stays empty.
    """
    table = read_label_table(inputs.labels)
    keys = table.keys
    units = _find_units(keys, settings, subjects)
    names = [f"{name}/{block}" for name, block in units]
    parts = np.array([choose_part(name, block, settings) for name, block in units], str)
    has_point = np.isfinite(table.xy).any((1, 2))  # a frame without a point teaches and tests nothing
    counts = {part: int((has_point & (parts == part)).sum()) for part in PARTS}
    logger.info("frames with a point: %s", ", ".join(f"{n} {part}" for part, n in counts.items()))
    for part in PARTS:
        if not counts[part]:
            raise PosemakeError(
                f"{count_noun(len(parts), 'labelled frame')} in {count_noun(len(set(names)), 'unit')} ({settings.unit}), "
                f"none for the part {part!r}; "
                "label more frames, make units smaller (split.unit, split.block), raise its share, or change split.seed"
            )
    write_rows(outputs.split, COLUMNS, zip(keys.video, keys.image, keys.frame, names, parts.tolist()))
