import numpy as np
import pytest

from posemake.data.label_files import Labels
from posemake.data.label_twins import compare_twins, find_twin

NAN = float("nan")


def labels(xy, keypoints=("snout", "tail")):
    return Labels("jane", tuple(keypoints), tuple(xy), np.array(list(xy.values()), float))


CSV = {"img1.png": [(1, 2), (3, 4)], "img2.png": [(5, 6), (NAN, NAN)]}


def test_each_file_has_a_twin(tmp_path):
    csv, hdf5 = tmp_path / "CollectedData_jane.csv", tmp_path / "CollectedData_jane.h5"
    csv.touch()
    assert find_twin(csv) is None
    hdf5.touch()
    assert find_twin(csv) == hdf5 and find_twin(hdf5) == csv


@pytest.mark.parametrize(
    "change, numbers, has_all",
    [
        ({}, (0, 0, 0, 0, 0), True),
        ({"img1.png": [(1.001, 2), (3, 4)]}, (0, 0, 0, 0, 0), True),  # rounding
        ({"img3.png": [(1, 2), (3, 4)]}, (0, 1, 0, 0, 0), False),
        ({"img1.png": [(1, 2.5), (NAN, NAN)], "img2.png": [(5, 6), (7, 8)]}, (0, 0, 1, 1, 1), False),
        ({"img1.png": [(1, 2), (NAN, NAN)]}, (0, 0, 1, 0, 0), True),
        ({"img1.png": None}, (1, 0, 0, 0, 0), True),
    ],
)
def test_rows_and_points_that_differ_are_counted(tmp_path, change, numbers, has_all):
    other = {image: xy for image, xy in (CSV | change).items() if xy is not None}
    difference = compare_twins(tmp_path / "CollectedData_jane.h5", labels(CSV), labels(other))
    counted = (
        difference.rows_of_csv,
        difference.rows_of_hdf5,
        difference.points_of_csv,
        difference.points_of_hdf5,
        difference.moved_points,
    )
    assert counted == numbers and difference.csv_has_all == has_all and difference.is_same == (not any(numbers))


def test_the_order_of_rows_and_keypoints_makes_no_difference(tmp_path):
    turned = labels({image: xy[::-1] for image, xy in reversed(CSV.items())}, ("tail", "snout"))
    assert compare_twins(tmp_path / "CollectedData_jane.csv", labels(CSV), turned).is_same


def test_a_difference_is_a_sentence(tmp_path):
    difference = compare_twins(tmp_path / "CollectedData_jane.csv", labels(CSV), labels({"img1.png": [(1, 2), (9, 9)]}))
    assert str(difference) == (
        "CollectedData_jane.csv and CollectedData_jane.h5 differ (1 row and 0 points only in the CSV, 0 rows and 0 points only "
        "in the HDF5 file, 1 point at different positions)"
    )
