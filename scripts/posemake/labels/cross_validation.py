"""The stage that divides the labelled frames for one repeat of a training (N frames)."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.label_table import PARTS, read_table

UNUSED = "unused"  # the part of frames that a repeat neither learns from nor is tested on


def even_groups(units: Sequence[str], groups: int) -> dict[str, int]:
    """The group 0 … of each unit, such that groups hold about as many frames, and neighbouring units lie in different ones.

    The largest unit goes first, and each to the group that holds the least (Graham 1969); units of one size follow in the order
    in which they are given, so that the same units are the same groups on every machine (a sort of numpy's keeps no such order).

    Parameters
    ----------
    units
        (N,) the unit of each frame.
    """
    sizes, held, found = Counter(units), [0] * groups, {}
    for unit in sorted(sizes, key=sizes.__getitem__, reverse=True):
        found[unit] = held.index(min(held))
        held[found[unit]] += sizes[unit]
    return found


def parts_of_fold(units: Sequence[str], fold: int, folds: int, validation: float) -> dict[str, str]:
    """The part of each unit in one fold, counted from 1, of k-fold cross-validation (Stone 1974).

    Each unit is tested in one fold. Of the others, about the share ``validation`` of all frames chooses the weights, as in the
    split, but half of them at most.
    """
    of_fold = even_groups(units, folds)
    others = [unit for unit in units if of_fold[unit] != fold - 1]
    groups = max(2, round((1 - 1 / folds) / validation))
    groups = min(groups, len(set(others)))
    inner = even_groups(others, max(1, groups))
    parts = {unit: "validation" if group == fold % groups else "train" for unit, group in inner.items()}
    return {unit: parts.get(unit, "test") for unit in of_fold}


def some_units(units: Sequence[str], share: float) -> set[str]:
    """A share of the units, one at least; a smaller share lies within a larger one.

    The order is that of a digest of each unit's own name, so that more labels reorder none.
    """
    ordered = sorted(set(units), key=lambda unit: hashlib.sha256(unit.encode()).digest())
    return set(ordered[: max(1, round(share * len(ordered)))])


def parts_of_repeat(repeat: str, units: np.ndarray, parts: np.ndarray, seen: np.ndarray, validation: float) -> np.ndarray:
    """The part (N,) of each frame in a repeat.

    Parameters
    ----------
    repeat
        ``seed-<seed>`` (the split as it is), ``fold-<i>-of-<k>``, or ``labels-<share>`` (of the training units).
    units, parts
        (N,) of the split.
    seen
        (N,) whether the frame has a keypoint. Units without any test nothing, and do not count in folds and shares: in all of
        these, what is known of them teaches.
    validation
        Share of the frames that chooses the weights, in folds.
    """
    kind, *numbers = repeat.split("-")
    if kind == "fold":
        of_unit = parts_of_fold(units[seen].tolist(), int(numbers[0]), int(numbers[-1]), validation)
        return np.array([of_unit.get(unit, "train") for unit in units.tolist()], str)
    if kind == "labels":
        kept = some_units(units[seen & (parts == "train")].tolist(), float(numbers[0]))
        left_out = np.isin(units, units[seen]) & ~np.isin(units, list(kept))
        return np.where((parts == "train") & left_out, UNUSED, parts)
    return parts


def split_repeat(labels_file: str, split_file: str, out: str, repeat: str, validation: float) -> None:
    """Write the split of one repeat, with the columns and rows of the split that it comes from.

    Raises
    ------
    PosemakeError
        If a part stays empty.
    """
    _, _, xy = read_table(labels_file)
    split = pd.read_csv(split_file, dtype=str, keep_default_na=False)
    seen = np.isfinite(xy).any((1, 2))
    units, parts = (split[name].to_numpy(str) for name in ("unit", "part"))
    found = parts_of_repeat(repeat, units, parts, seen, validation)
    counts = {part: int((seen & (found == part)).sum()) for part in PARTS}
    logger.info("%s, frames with a point: %s", repeat, ", ".join(f"{n} {part}" for part, n in counts.items()))
    for part in PARTS:
        if not counts[part]:
            raise PosemakeError(
                f"{repeat}: {int(seen.sum())} labelled frames in {len(set(units[seen]))} units of the split leave none for the "
                f"part {part!r}; lower repeats.folds, make units smaller (split.unit, split.block), or label more frames"
            )
    write_rows(out, split.columns, split.assign(part=found).itertuples(index=False))
