"""Splits of cross-validation, of other seeds and of smaller numbers of labels (N frames)."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.core.tables import write_rows
from posemake.data.label_table import PARTS, read_label_table

UNUSED = "unused"  # part of the frames that a repeat neither learns from nor is tested on


@dataclass(frozen=True)
class RepeatInputs:
    """Files that `split_repeat` reads."""

    labels: StrPath  # table of labels (CSV)
    split: StrPath  # split of the model (CSV)


@dataclass(frozen=True)
class RepeatOutputs:
    """Files that `split_repeat` writes."""

    split: StrPath  # split of the repeat (CSV), with the columns and rows of the model's


def group_evenly(units: Sequence[str], groups: int) -> dict[str, int]:
    """Return the group 0 … of each unit, so that groups hold about equally many frames and neighbouring units are apart.

    The largest unit goes first, and each goes to the group that holds the least (Graham 1969), as in scikit-learn's GroupKFold.
    Units of one size follow in the order in which they are given, which spreads neighbours over the groups; GroupKFold takes them
    in reverse order of their names, and refuses fewer units than groups, which is the caller's to explain.

    Parameters
    ----------
    units
        (N,) the unit of each frame.
    groups
        Number of groups; some stay empty if there are fewer units.
    """
    sizes, frames = Counter(units), [0] * groups
    group_of = {}
    for unit in sorted(sizes, key=sizes.__getitem__, reverse=True):
        group_of[unit] = frames.index(min(frames))
        frames[group_of[unit]] += sizes[unit]
    return group_of


def assign_fold(units: Sequence[str], fold: int, folds: int, validation: float) -> dict[str, str]:
    """Return the part of each unit in one fold of k-fold cross-validation (Stone 1974).

    Each unit is tested in one fold. Of the others, about the share ``validation`` of all frames chooses the weights, as in the
    split, but half of them at most.

    Parameters
    ----------
    units
        (N,) the unit of each frame.
    fold
        Number of the fold, from 1.
    folds
        Number of folds.
    validation
        Share of the frames that chooses the weights.
    """
    fold_of = group_evenly(units, folds)
    others = [unit for unit in units if fold_of[unit] != fold - 1]
    groups = max(2, round((1 - 1 / folds) / validation))
    groups = min(groups, len(set(others)))
    inner = group_evenly(others, max(1, groups))
    parts = {unit: "validation" if group == fold % groups else "train" for unit, group in inner.items()}
    return {unit: parts.get(unit, "test") for unit in fold_of}


def choose_units(units: Sequence[str], share: float) -> set[str]:
    """Return a share of the units, one at least; a smaller share lies within a larger one.

    The order is that of a digest of each unit's own name, so more labels reorder none.
    """
    ordered = sorted(set(units), key=lambda unit: hashlib.sha256(unit.encode()).digest())
    return set(ordered[: max(1, round(share * len(ordered)))])


def assign_repeat(repeat: str, units: np.ndarray, parts: np.ndarray, has_point: np.ndarray, validation: float) -> np.ndarray:
    """Return the part (N,) of each frame in a repeat.

    Parameters
    ----------
    repeat
        ``seed-<seed>`` (the split as it is), ``fold-<i>-of-<k>``, or ``labels-<share>`` (of the training units).
    units, parts
        (N,) of the split.
    has_point
        (N,) whether the frame has a keypoint. Units without any test nothing and do not count in folds and shares; their frames
        train in every repeat.
    validation
        Share of the frames that chooses the weights, in folds.
    """
    kind, *numbers = repeat.split("-")
    if kind == "fold":
        part_of_unit = assign_fold(units[has_point].tolist(), int(numbers[0]), int(numbers[-1]), validation)
        return np.array([part_of_unit.get(unit, "train") for unit in units.tolist()], str)
    if kind == "labels":
        kept = choose_units(units[has_point & (parts == "train")].tolist(), float(numbers[0]))
        left_out = np.isin(units, units[has_point]) & ~np.isin(units, list(kept))
        return np.where((parts == "train") & left_out, UNUSED, parts)
    return parts


def split_repeat(inputs: RepeatInputs, outputs: RepeatOutputs, repeat: str, validation: float) -> None:
    """Write the split of one repeat.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    repeat, validation
        As in `assign_repeat`.

    Raises
    ------
    PosemakeError
        If a part stays empty.
    """
    has_point = np.isfinite(read_label_table(inputs.labels).xy).any((1, 2))
    split = pd.read_csv(inputs.split, dtype=str, keep_default_na=False)
    units, parts = (split[name].to_numpy(str) for name in ("unit", "part"))
    repeated = assign_repeat(repeat, units, parts, has_point, validation)
    counts = {part: int((has_point & (repeated == part)).sum()) for part in PARTS}
    logger.info("%s, frames with a point: %s", repeat, ", ".join(f"{n} {part}" for part, n in counts.items()))
    for part in PARTS:
        if not counts[part]:
            raise PosemakeError(
                f"{repeat}: {count_noun(int(has_point.sum()), 'labelled frame')} in "
                f"{count_noun(len(set(units[has_point])), 'unit')} of the split, none for the part {part!r}; "
                "lower repeats.folds, make units smaller (split.unit, split.block), or label more frames"
            )
    write_rows(outputs.split, split.columns, split.assign(part=repeated).itertuples(index=False))
