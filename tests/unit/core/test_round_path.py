import pytest

from posemake.core.round_path import parse_round_folder, parse_round_path, round_name


def test_round_and_video_of_a_path():
    assert parse_round_path("labels/round-12/m1/CollectedData_anna.csv") == (12, "m1")
    assert parse_round_path("/data/round-3/labels/round-0/round-7/CollectedData_anna.csv") == (0, "round-7")
    assert parse_round_folder("labels/round-2/m1") == (2, "m1")
    assert round_name(4) == "round-4"


@pytest.mark.parametrize(
    "path", ["a.csv", "labels/m1/a.csv", "labels/round-x/m1/a.csv", "round-1/a.csv", "labels/round-/m/a.csv"]
)
def test_a_path_outside_rounds_is_refused(path):
    with pytest.raises(ValueError, match="is no folder of a round"):
        parse_round_path(path)
