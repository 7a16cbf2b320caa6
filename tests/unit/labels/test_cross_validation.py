import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.core.tables import write_rows
from posemake.data.label_table import KEY_COLUMNS, PARTS
from posemake.labels.cross_validation import (
    UNUSED,
    RepeatInputs,
    RepeatOutputs,
    assign_fold,
    assign_repeat,
    choose_units,
    group_evenly,
    split_repeat,
)

units = st.lists(st.integers(0, 30).map(lambda block: f"m{block % 3}/{block}"), min_size=1, max_size=120)
many = units.filter(lambda found: len(set(found)) >= 8)


def sizes(units, groups_of_unit, groups):
    return [sum(groups_of_unit[unit] == group for unit in units) for group in range(groups)]


@given(units, st.integers(1, 12))
def test_groups_differ_by_no_more_than_the_largest_unit(units, groups):
    found = group_evenly(units, groups)
    assert set(found) == set(units) and set(found.values()) <= set(range(groups))
    held = sizes(units, found, groups)
    assert max(held) - min(held) <= max(units.count(unit) for unit in units)
    assert len(set(found.values())) == min(groups, len(set(units)))


def test_neighbours_of_one_size_lie_in_different_groups():
    found = group_evenly([f"m{video}/{block}" for video in range(3) for block in range(10)], 5)
    assert [found[f"m1/{block}"] for block in range(10)] == [0, 1, 2, 3, 4] * 2


@given(many, st.integers(2, 6), st.floats(0.05, 0.5))
def test_folds_test_each_unit_once_and_have_all_parts(units, folds, validation):
    found = [assign_fold(units, fold, folds, validation) for fold in range(1, folds + 1)]
    for unit in set(units):
        assert [parts[unit] for parts in found].count("test") == 1
    for parts in found:
        assert set(parts) == set(units) and set(parts.values()) == set(PARTS)


@pytest.mark.parametrize(("folds", "validation"), [(2, 0.15), (5, 0.15), (5, 0.3), (10, 0.1)])
def test_folds_keep_the_shares(folds, validation):
    units = [f"m{video}/{block}" for video in range(10) for block in range(20)]
    for fold in range(1, folds + 1):
        parts = list(assign_fold(units, fold, folds, validation).values())
        assert parts.count("test") == pytest.approx(200 / folds, abs=1)
        assert parts.count("validation") == pytest.approx(200 * validation, rel=0.25)


@given(units, st.lists(st.floats(0.01, 0.99), min_size=2, max_size=5).map(sorted))
def test_shares_are_nested(units, shares):
    found = [choose_units(units, share) for share in shares]
    for share, smaller, larger in zip(shares, found, [*found[1:], set(units)]):
        assert smaller <= larger
        assert len(smaller) == max(1, round(share * len(set(units))))


@given(units, units, st.floats(0.01, 0.99))
def test_more_labels_reorder_no_unit(units, more, share):
    """Of two units of before, the one that a share takes first is taken first with more labels too."""
    ranked = [min((n for n in range(1, 101) if unit in choose_units(units, n / 100)), default=101) for unit in sorted({*units})]
    grown = [*units, *more]
    after = [min((n for n in range(1, 101) if unit in choose_units(grown, n / 100)), default=101) for unit in sorted({*units})]
    assert all(after[a] <= after[b] for a in range(len(ranked)) for b in range(len(ranked)) if ranked[a] < ranked[b])


table = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=30, max_size=80)


@given(table, st.integers(2, 4))
def test_each_frame_with_a_point_is_tested_in_one_fold_and_stays_with_its_unit(rows, folds):
    units, seen = np.array([f"m/{block}" for block, _ in rows]), np.array([s for _, s in rows])
    parts = np.full(len(rows), "train")
    found = [assign_repeat(f"fold-{i}-of-{folds}", units, parts, seen, 0.2) for i in range(1, folds + 1)]
    assert (sum(of == "test" for of in found)[seen] == 1).all()
    for of in found:
        assert len(set(zip(units.tolist(), of.tolist()))) == len(set(units.tolist()))


@given(table, st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_a_share_of_the_labels_takes_from_the_training_part_alone(rows, share):
    units, seen = np.array([f"m/{block}" for block, _ in rows]), np.array([s for _, s in rows])
    parts = np.array([PARTS[block % 3] for block, _ in rows], "<U10")
    found = assign_repeat(f"labels-{share}", units, parts, seen, 0.2)
    changed = found != parts
    assert set(found[changed].tolist()) <= {UNUSED} and (parts[changed] == "train").all()
    trained = set(units[found == "train"].tolist())
    assert not trained & set(units[changed].tolist())
    of = set(units[seen & (parts == "train")].tolist())
    assert len(trained & of) == (max(1, round(share * len(of))) if of else 0)


def test_another_seed_has_the_same_split():
    parts = np.array(["train", "validation", "test"])
    assert assign_repeat("seed-7", np.array(["a/0", "a/1", "a/2"]), parts, np.ones(3, bool), 0.2).tolist() == parts.tolist()


@pytest.fixture
def divided(tmp_path):
    """Labels and split of 12 frames in 6 units, the last frame without a point."""
    rows = [[0, "007", f"img{i}.png", i, 1.0 if i < 11 else None, 2.0 if i < 11 else None, 2 if i < 11 else 0] for i in range(12)]
    write_rows(tmp_path / "labels.csv", [*KEY_COLUMNS, "snout.x", "snout.y", "snout.visibility"], rows)
    parts = ["train"] * 6 + ["validation"] * 2 + ["test"] * 4
    split = [["007", f"img{i}.png", i, f"007/{i // 2}", part] for i, part in enumerate(parts)]
    write_rows(tmp_path / "split.csv", ["video", "image", "frame", "unit", "part"], split)
    inputs = RepeatInputs(labels=tmp_path / "labels.csv", split=tmp_path / "split.csv")
    return inputs, RepeatOutputs(split=tmp_path / "out.csv")


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_split_of_a_repeat_has_the_rows_of_the_split(divided):
    before = read(divided[0].split)
    for repeat in ("seed-2", "fold-1-of-3", "labels-0.5"):
        split_repeat(*divided, repeat, 0.15)
        after = read(divided[1].split)
        assert [{**row, "part": ""} for row in after] == [{**row, "part": ""} for row in before]
    assert [row["part"] for row in after].count("train") == 4 and [row["part"] for row in after].count(UNUSED) == 2


def test_too_many_folds_are_refused(divided):
    with pytest.raises(
        PosemakeError, match=r"fold-7-of-7: 11 labelled frames in 6 units .* none for the part 'test'; lower repeats"
    ):
        split_repeat(*divided, "fold-7-of-7", 0.15)


@pytest.mark.parametrize("repeat", ["fold-1-of-2", "fold-2-of-2", "labels-0.5"])
def test_units_without_a_point_teach_in_each_fold_and_share(repeat):
    units, seen = np.array([f"m1/{block}" for block in range(9)]), np.array([True] * 8 + [False])
    parts = np.array(["train"] * 4 + ["validation", "validation", "test", "test", "train"])
    assert assign_repeat(repeat, units, parts, seen, 0.25)[-1] == "train"
