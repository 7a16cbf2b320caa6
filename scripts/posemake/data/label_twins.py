"""Comparison of two label files of one scorer, CSV and HDF5."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posemake.core.plural import count_noun
from posemake.data.label_files import Labels, reorder

TOLERANCE = 0.01  # pixels; smaller differences come from rounding


@dataclass(frozen=True)
class TwinDifference:
    """What differs between a CSV and an HDF5 file of the same scorer and folder."""

    csv: str  # file names
    hdf5: str
    rows_of_csv: int  # images that only the CSV has
    rows_of_hdf5: int
    points_of_csv: int  # points that only the CSV has, in images that both have
    points_of_hdf5: int
    moved_points: int  # points that both have, at different positions

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.rows_of_csv or self.points_of_csv) and self.csv_has_all

    @property
    def csv_has_all(self) -> bool:
        """Whether the CSV has all rows and points of the HDF5 file."""
        return not (self.rows_of_hdf5 or self.points_of_hdf5 or self.moved_points)

    def __str__(self) -> str:
        rows = f"{count_noun(self.rows_of_csv, 'row')} and {count_noun(self.points_of_csv, 'point')} only in the CSV"
        others = f"{count_noun(self.rows_of_hdf5, 'row')} and {count_noun(self.points_of_hdf5, 'point')} only in the HDF5 file"
        moved = f"{count_noun(self.moved_points, 'point')} at different positions"
        return f"{self.csv} and {self.hdf5} differ ({rows}, {others}, {moved})"


def find_twin(path: Path) -> Path | None:
    """Return the label file of the same scorer in the other format, or None."""
    twin = path.with_suffix(".csv" if path.suffix == ".h5" else ".h5")
    return twin if twin.is_file() else None


def compare_twins(path: Path, csv: Labels, hdf5: Labels) -> TwinDifference:
    """Compare the labels of a CSV and its HDF5 twin.

    Parameters
    ----------
    path
        One of the two files.
    csv, hdf5
        Content of the two.
    """
    keypoints = list(dict.fromkeys([*csv.keypoints, *hdf5.keypoints]))
    first = dict(zip(csv.images, reorder(csv, keypoints)))
    second = dict(zip(hdf5.images, reorder(hdf5, keypoints)))
    shared = [image for image in first if image in second]
    shape = (len(shared), len(keypoints), 2)
    one, other = (np.array([labels[image] for image in shared], float).reshape(shape) for labels in (first, second))
    has_one, has_other = ~np.isnan(one[..., 0]), ~np.isnan(other[..., 0])
    moved = has_one & has_other & (np.abs(one - other) > TOLERANCE).any(-1)
    return TwinDifference(
        path.with_suffix(".csv").name,
        path.with_suffix(".h5").name,
        len(first) - len(shared),
        len(second) - len(shared),
        int((has_one & ~has_other).sum()),
        int((has_other & ~has_one).sum()),
        int(moved.sum()),
    )
