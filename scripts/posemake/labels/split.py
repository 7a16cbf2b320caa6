"""labels.split."""

import hashlib
from typing import Any

import numpy as np

from posemake.config.settings import Split, make
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.label_table import PARTS, read_table

GOLDEN = (5**0.5 - 1) / 2


def part_of(name: str, block: int, seed: int, validation: float, test: float) -> str:
    """The part of a unit of the split, from its own key (name, block, seed) alone.

    The blocks of one name walk around a circle in steps of the golden ratio, which spreads any run of them evenly
    (Weyl's low-discrepancy sequence): with a few labelled blocks already, each part gets about its share.
    """
    start = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big") / 2**64
    place = (start + block * GOLDEN) % 1.0
    return "test" if place < test else "validation" if place < test + validation else "train"


def split_dataset(labels_file: str, split_file: str, settings: dict[str, Any], subjects: dict[str, str]) -> None:
    """Write the part of each labelled frame; more labels move none that was there.

    ``subjects`` names the animal of each video, where the sheet does; a video without counts as its own.

    Raises
    ------
    PosemakeError
        If a part stays empty.
    """
    wanted = make(Split, settings)
    keys, _, xy = read_table(labels_file)
    units = {
        "block": lambda row: (row.video, row.frame // wanted.block),
        "video": lambda row: (row.video, 0),
        "subject": lambda row: (subjects.get(row.video) or row.video, 0),
    }
    found = [units[wanted.unit](row) for row in keys.itertuples()]
    names = [f"{name}/{block}" for name, block in found]
    parts = [part_of(*unit, wanted.seed, wanted.validation, wanted.test) for unit in found]
    seen = np.isfinite(xy).any((1, 2))  # a frame on which nothing was found teaches and tests nothing
    counts = {part: sum(p == part for p, some in zip(parts, seen) if some) for part in PARTS}
    logger.info("frames with a point: %s", ", ".join(f"{n} {part}" for part, n in counts.items()))
    for part in PARTS:
        if not counts[part]:
            raise PosemakeError(
                f"{len(parts)} labelled frames in {len(set(names))} units ({wanted.unit}) leave none for the part {part!r}; "
                f"label more frames, make units smaller (split.unit, split.block), raise its share, or change split.seed"
            )
    write_rows(split_file, ["video", "image", "frame", "unit", "part"], zip(keys.video, keys.image, keys.frame, names, parts))
