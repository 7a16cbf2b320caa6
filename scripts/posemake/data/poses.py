"""Poses of the animals in a video, and their files in DeepLabCut's layout.

T frames, I individuals, K keypoints, D dimensions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from posemake.core.atomic import atomic_write
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath

if TYPE_CHECKING:
    import xarray as xr

INDIVIDUAL = "individual_0"  # name of a single animal, which files of one animal do not hold; movement uses the same
KEY = "df_with_missing"  # HDF5 key that DeepLabCut's and movement's readers expect
AXES = ("x", "y", "z")
LEVELS = {3: ("scorer", "bodyparts", "coords"), 4: ("scorer", "individuals", "bodyparts", "coords")}  # names of column levels
OLDER_NAMES = {"keypoints": "keypoint", "individuals": "individual"}  # dimensions of movement before 0.16


@dataclass(frozen=True, eq=False)
class Poses:
    """Positions and confidences of all animals in all frames of a video.

    Parameters
    ----------
    position
        (T, I, K, D) with D = 2 (x, y in pixels of the full frame) or D = 3 (x, y, z). NaN where a point is missing.
    confidence
        (T, I, K) in 0 … 1. NaN in frames that were not analysed.
    keypoints, individuals
        Names of the K keypoints and of the I individuals.
    times
        (T,) seconds of each frame, or None if they are unknown.
    scorer
        Name of what made the poses, ``posemake_<model>`` for predictions.

    Raises
    ------
    ValueError
        If the shapes of the arrays and the numbers of names do not match, or a name occurs twice.
    """

    position: np.ndarray
    confidence: np.ndarray
    keypoints: tuple[str, ...]
    individuals: tuple[str, ...] = (INDIVIDUAL,)
    times: np.ndarray | None = None
    scorer: str = ""

    def __post_init__(self) -> None:
        shape = (len(self.position), len(self.individuals), len(self.keypoints))
        if self.position.ndim != 4 or self.position.shape[:3] != shape or self.position.shape[3] not in (2, 3):
            raise ValueError(f"position has the shape {self.position.shape}, expected {shape} and 2 or 3 dimensions")
        if self.confidence.shape != shape:
            raise ValueError(f"confidence has the shape {self.confidence.shape}, expected {shape}")
        if self.times is not None and self.times.shape != shape[:1]:
            raise ValueError(f"times has the shape {self.times.shape}, expected {shape[:1]}")
        for names in (self.keypoints, self.individuals):
            if len(set(names)) < len(names):
                raise ValueError(f"a name occurs twice in {', '.join(names)}")

    @classmethod
    def of_one(
        cls,
        xy: np.ndarray,
        confidence: np.ndarray,
        keypoints: Iterable[str],
        times: np.ndarray | None = None,
        scorer: str = "",
    ) -> Self:
        """Build the poses of a single animal.

        Parameters
        ----------
        xy
            (T, K, 2) positions in pixels, or (T, K, 3).
        confidence
            (T, K).
        keypoints
            K names.
        times
            (T,) seconds of each frame, or None.
        scorer
            Name of what made the poses.

        Returns
        -------
        Poses
            Holds views of the arrays where they are of float64.
        """
        position, confidence = np.asarray(xy, np.float64)[:, None], np.asarray(confidence, np.float64)[:, None]
        return cls(position, confidence, tuple(keypoints), (INDIVIDUAL,), times, scorer)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.position)

    def xy(self, individual: int = 0) -> np.ndarray:
        """Return a view of the positions (T, K, D) of one individual."""
        return self.position[:, individual]

    def confidence_of(self, individual: int = 0) -> np.ndarray:
        """Return a view of the confidences (T, K) of one individual."""
        return self.confidence[:, individual]

    def to_movement(self) -> "xr.Dataset":
        """Return a poses dataset of movement, with the dimensions time, space, keypoint and individual."""
        import xarray as xr

        return xr.Dataset(
            {
                "position": (("time", "space", "keypoint", "individual"), self.position.transpose(0, 3, 2, 1)),
                "confidence": (("time", "keypoint", "individual"), self.confidence.transpose(0, 2, 1)),
            },
            coords={
                "time": np.arange(len(self)) if self.times is None else self.times,
                "space": list(AXES[: self.position.shape[3]]),
                "keypoint": list(self.keypoints),
                "individual": list(self.individuals),
            },
            attrs={
                "source_software": self.scorer or "posemake",
                "ds_type": "poses",
                "time_unit": "frames" if self.times is None else "seconds",
            },
        )

    @classmethod
    def from_movement(cls, dataset: "xr.Dataset") -> Self:
        """Build poses from a poses dataset of movement, whose source software becomes the scorer."""
        dataset = dataset.rename({old: new for old, new in OLDER_NAMES.items() if old in dataset.dims})
        position = dataset["position"].transpose("time", "individual", "keypoint", "space")
        confidence = dataset["confidence"].broadcast_like(position.isel(space=0)).transpose("time", "individual", "keypoint")
        seconds = dataset.attrs.get("time_unit") == "seconds"
        return cls(
            np.asarray(position.values, np.float64),
            np.asarray(confidence.values, np.float64),
            tuple(map(str, dataset["keypoint"].values)),
            tuple(map(str, dataset["individual"].values)),
            dataset["time"].values if seconds else None,
            dataset.attrs.get("source_software") or "",
        )


def write_poses(poses: Poses, h5: StrPath, csv: StrPath) -> None:
    """Write poses as HDF5 and CSV in DeepLabCut's layout; the same poses give the same bytes.

    Values are float32. The columns have the levels scorer, bodyparts and coords, and with several individuals the level
    individuals after the scorer; coords are x, y, likelihood, or x, y, z, likelihood.

    Parameters
    ----------
    poses
        Poses to write; their times are not written.
    h5, csv
        Files to write.

    Raises
    ------
    RuntimeError
        If the HDF5 file differs from what was written to it.
    """
    dimensions = poses.position.shape[3]
    values = np.empty((*poses.confidence.shape, dimensions + 1), np.float32)
    values[..., :dimensions], values[..., dimensions] = poses.position, poses.confidence
    individuals = [poses.individuals] if len(poses.individuals) > 1 else []
    levels = [[poses.scorer], *individuals, poses.keypoints, [*AXES[:dimensions], "likelihood"]]
    columns = pd.MultiIndex.from_product(levels, names=LEVELS[len(levels)])
    table = pd.DataFrame(values.reshape(len(values), -1), columns=columns)
    with atomic_write(csv) as part:
        # "nan", as pandas takes an empty first row for names of the index
        table.to_csv(part, float_format="%.4f", lineterminator="\n", na_rep="nan")
    with atomic_write(h5) as part:
        with pd.HDFStore(part, "w") as store:
            # an index of rows, which no reader needs, would hold the time of day
            store.put(KEY, table, format="table", index=False, track_times=False)
            # version of the format, which pandas 3 does not write and pandas 2 cannot do without
            store.get_storer(KEY).attrs.pandas_version = "0.15.2"  # type: ignore[operator]  # not in the stubs of pandas
        _check_written(part, table)


def _check_written(h5: Path, table: pd.DataFrame) -> None:
    """Read a file again, as HDF5 leaves a torn file on a full disk and raises no error."""
    try:
        same = pd.DataFrame(pd.read_hdf(h5, KEY)).equals(table)
    except Exception as error:  # HDF5's errors have no common class
        raise RuntimeError("what was written cannot be read") from error
    if not same:
        raise RuntimeError("what was written is not what was to be written")


def read_poses(path: StrPath, times: np.ndarray | None = None) -> Poses:
    """Read poses in DeepLabCut's layout: HDF5, or CSV by its ending.

    Parameters
    ----------
    path
        File to read, of one or several individuals in two or three dimensions.
    times
        (T,) seconds of each frame, or None.

    Returns
    -------
    Poses
        Its arrays are views of one array (T, I, K, D + 1).

    Raises
    ------
    PosemakeError
        If the file cannot be read, or its columns do not have the layout of `write_poses`.
    """
    try:
        table = _read_csv(path) if Path(path).suffix == ".csv" else pd.DataFrame(pd.read_hdf(path, KEY))
    except Exception as error:
        raise PosemakeError(f"{path}: not a file of poses ({type(error).__name__}); delete it and run again") from error
    names = [list(dict.fromkeys(table.columns.get_level_values(level))) for level in range(table.columns.nlevels)]
    dimensions = len(names[-1]) - 1
    if (
        tuple(table.columns.names) != LEVELS.get(len(names))
        or (*names[-1],) not in ((*AXES[:2], "likelihood"), (*AXES, "likelihood"))
        or len(names[0]) != 1
        or not table.columns.equals(pd.MultiIndex.from_product(names))
    ):
        raise PosemakeError(
            f"{path}: its columns are not those of poses, which have the levels {', '.join(LEVELS[4])} (individuals only with "
            "several animals) and, for each keypoint of each animal, x, y, likelihood or x, y, z, likelihood"
        )
    individuals = tuple(names[1]) if len(names) == 4 else (INDIVIDUAL,)
    values = table.to_numpy(np.float64).reshape(len(table), len(individuals), len(names[-2]), dimensions + 1)
    return Poses(values[..., :dimensions], values[..., dimensions], tuple(names[-2]), individuals, times, names[0][0])


def _read_csv(path: StrPath) -> pd.DataFrame:
    with Path(path).open(encoding="utf-8") as file:
        heads = [file.readline().split(",", 1)[0] for _ in range(4)]
    return pd.read_csv(path, header=list(range(heads.index("coords") + 1)), index_col=0)
