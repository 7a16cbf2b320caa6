"""CSV tables."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.tables import write_rows


def test_rows_are_numbers_that_read_well_and_missing_is_empty(tmp_path):
    path = tmp_path / "rows.csv"
    rows = [["m,1", 1, 2.0, 1 / 3], [None, float("nan"), np.float64("nan"), np.float64(123.45678)], ['q"', True, 1e-7, 12345678]]
    write_rows(path, ["name", "a", "b", "c"], rows)
    assert path.read_bytes() == b'name,a,b,c\n"m,1",1,2,0.333333\n,,,123.457\n"q""",True,1e-07,12345678\n'


@given(rows=st.lists(st.tuples(st.text("ab, \"'", min_size=1), st.integers(), st.floats(-1e6, 1e6)), max_size=5))
def test_rows_are_read_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    write_rows(path, ["a", "b", "c"], rows)
    with open(path, newline="", encoding="utf-8") as file:
        head, *read = csv.reader(file)
    assert head == ["a", "b", "c"]
    assert [row[:2] for row in read] == [[a, str(b)] for a, b, _ in rows]
    assert [float(row[2]) for row in read] == pytest.approx([c for _, _, c in rows], rel=1e-5)
