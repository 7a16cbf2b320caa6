import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posemake.analysis.bootstrap import MIN_BLOCKS, bootstrap_intervals, compare_groups

NAMES = ["mean", "rmse", "median", "pck_5"]


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Of 200 samples of 40 blocks with 3 points each, about 95 % of the intervals hold the true mean; a block is drawn whole."""
    rng = np.random.default_rng(1)
    block = np.repeat(np.arange(40), 3)
    held = 0
    for seed in range(200):
        error = 10 + np.repeat(rng.normal(0, 2, 40), 3) + rng.normal(0, 0.5, 120)
        low, high = bootstrap_intervals(error, block, (), 400, seed)["mean"]
        held += low <= 10 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_points_of_one_block_are_no_more_than_one():
    error = np.random.default_rng(2).normal(10, 2, 30)
    once = bootstrap_intervals(error, np.arange(30), (), 1000, 1)["mean"]
    many = bootstrap_intervals(np.repeat(error, 50), np.repeat(np.arange(30), 50), (), 1000, 1)["mean"]
    assert many == pytest.approx(once)
    alone = bootstrap_intervals(np.repeat(error, 50), np.arange(1500), (), 1000, 1)["mean"]
    assert alone[1] - alone[0] < 0.3 * (many[1] - many[0])


def test_intervals_are_those_of_samples_drawn_one_by_one():
    rng = np.random.default_rng(3)
    error, block = rng.gamma(2, 3, 60), rng.permutation(np.arange(60) % 12)
    found = bootstrap_intervals(error, np.array(list("abcdefghijkl"))[block], (5.0,), 300, 7)
    times = np.random.default_rng(7).multinomial(12, np.full(12, 1 / 12), 300)
    samples = [np.repeat(error, draw[block]) for draw in times]
    figures = {"mean": np.mean, "median": np.median, "pck_5": lambda v: np.mean(v <= 5)}
    figures["rmse"] = lambda v: np.sqrt(np.mean(v**2))
    for name, figure in figures.items():
        assert found[name] == pytest.approx(np.percentile([figure(s) for s in samples], (2.5, 97.5))), name


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 9)), max_size=40))
def test_intervals_lie_within_the_errors(points):
    error, block = np.array([e for e, _ in points], float), np.array([b for _, b in points], int)
    found = bootstrap_intervals(error, block, (5.0,), 100, 1)
    assert list(found) == NAMES
    if len(set(block.tolist())) < MIN_BLOCKS:
        assert np.isnan(list(found.values())).all()
    else:
        for name in ("mean", "rmse", "median"):
            assert error.min() - 1e-6 <= found[name][0] <= found[name][1] <= error.max() + 1e-6
        assert 0 <= found["pck_5"][0] <= found["pck_5"][1] <= 1
        assert found == bootstrap_intervals(error, block, (5.0,), 100, 1)


def groups_of(means):
    """Errors, blocks and groups, of groups with the given means of blocks; two points of each block lie either side of it."""
    rows = [
        (mean + off, f"{group}/{b}", group) for group, of in means.items() for b, mean in enumerate(of) for off in (-0.5, 0.5)
    ]
    return tuple(np.array(column) for column in zip(*rows))


def test_groups_that_are_apart():
    """Ranks 1 … 3 and 4 … 6: H = 12 / (6 · 7) · (6² / 3 + 15² / 3) - 3 · 7 = 3.857, and epsilon² = H / 5."""
    found = compare_groups(*groups_of({"a": [1.0, 2, 3], "b": [11.0, 12, 13]}))
    assert found["statistic"] == pytest.approx(27 / 7) and found["epsilon_squared"] == pytest.approx(27 / 35)
    assert found["p"] == pytest.approx(0.0495, abs=1e-4) and found["note"] == ""
    assert found["groups"] == {"a": 3, "b": 3} and found["median"] == {"a": 2.0, "b": 12.0}


def test_groups_that_are_alike():
    rng = np.random.default_rng(5)
    found = compare_groups(*groups_of({name: rng.normal(5, 1, 40).tolist() for name in "abc"}))
    assert found["p"] > 0.05 and found["epsilon_squared"] < 0.05


@pytest.mark.parametrize(
    ("means", "why"),
    [
        ({"a": [1.0, 2, 3, 4]}, "fewer than two groups"),
        ({"a": [1.0, 2, 3], "": [9.0, 9, 9]}, "fewer than two groups"),
        ({"a": [1.0, 2, 3], "b": [4.0, 5]}, "fewer than 3 test blocks in b"),
        ({"a": [1.0] * 3, "b": [1.0] * 3}, "the same error"),
    ],
)
def test_no_test_without_enough_groups_or_blocks(means, why):
    found = compare_groups(*groups_of(means))
    assert why in found["note"] and found["p"] is found["statistic"] is found["epsilon_squared"] is None
