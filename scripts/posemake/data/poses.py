"""The table of poses: an xarray Dataset with the dimensions of the movement library, and its file in DeepLabCut's layout.

Variables are ``position`` (time, space, keypoints, individuals), in pixels of the full frame, and ``confidence``
(time, keypoints, individuals). One row per frame; a frame that was not looked at has no position and no confidence.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from posemake.core.atomic import replacing
from posemake.core.errors import PosemakeError

INDIVIDUAL = "individual_0"
KEY = "df_with_missing"  # the key that DeepLabCut's and movement's readers ask for


def make_poses(xy: np.ndarray, confidence: np.ndarray, keypoints: list[str], times: np.ndarray | None = None) -> xr.Dataset:
    """Build the table of one animal from positions (T, K, 2) and confidences (T, K).

    ``times`` are those of the frames (T,) in seconds; without them, time counts frames.
    """
    position = np.asarray(xy, np.float64).transpose(0, 2, 1)[..., None]
    return xr.Dataset(
        {
            "position": (("time", "space", "keypoints", "individuals"), position),
            "confidence": (("time", "keypoints", "individuals"), np.asarray(confidence, np.float64)[..., None]),
        },
        coords={
            "time": np.arange(len(position)) if times is None else times,
            "space": ["x", "y"],
            "keypoints": list(keypoints),
            "individuals": [INDIVIDUAL],
        },
        attrs={"time_unit": "frames" if times is None else "seconds", "ds_type": "poses", "source_software": "posemake"},
    )


def frame_times(path: str | Path, fps: float | None) -> np.ndarray:
    """Seconds of each frame (T,): the timestamps of the file, or, where the sheet gives a rate, index over rate."""
    times = np.load(path)
    return np.arange(len(times)) / fps if fps else times


def arrays(poses: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Positions (T, K, 2) and confidences (T, K) of the one animal."""
    return poses.position.values[..., 0].transpose(0, 2, 1), poses.confidence.values[..., 0]


def write_poses(poses: xr.Dataset, h5: str | Path, csv: str | Path, scorer: str) -> None:
    """Write the table as HDF5 and CSV in DeepLabCut's layout; the same poses give the same bytes."""
    xy, confidence = arrays(poses)
    keypoints = poses.keypoints.values.tolist()
    values = np.empty((*confidence.shape, 3), np.float32)
    values[..., :2], values[..., 2] = xy, confidence
    columns = pd.MultiIndex.from_product([[scorer], keypoints, ["x", "y", "likelihood"]], names=["scorer", "bodyparts", "coords"])
    table = pd.DataFrame(values.reshape(len(values), -1), columns=columns)
    with replacing(csv) as part:
        # "nan" rather than nothing: pandas takes an empty first row for names of the index
        table.to_csv(part, float_format="%.4f", lineterminator="\n", na_rep="nan")
    with replacing(h5) as part:
        with pd.HDFStore(part, "w") as store:
            # an index of rows, which nobody searches, would hold the time of day
            store.put(KEY, table, format="table", index=False, track_times=False)
            store.get_storer(KEY).attrs.pandas_version = "0.15.2"  # of the format; pandas 3 leaves it out, pandas 2 asks for it
        _check(part, table)


def _check(h5: Path, table: pd.DataFrame) -> None:
    """Read a file again: on a full disk, HDF5 leaves it torn and says nothing."""
    try:
        same = pd.read_hdf(h5, KEY).equals(table)
    except Exception as error:  # whatever HDF5 says of it
        raise RuntimeError("what was written cannot be read") from error
    if not same:
        raise RuntimeError("what was written is not what was to be written")


def read_poses(path: str | Path, times: np.ndarray | None = None) -> tuple[xr.Dataset, str]:
    """Read an HDF5 of the layout above; returns the table and the scorer's name.

    Raises
    ------
    PosemakeError
        If the file is not one.
    """
    try:
        table = pd.read_hdf(path, KEY)
    except Exception as error:
        raise PosemakeError(f"{path}: not a file of poses ({type(error).__name__}); delete it and run again") from error
    keypoints = list(dict.fromkeys(table.columns.get_level_values("bodyparts")))
    values = table.to_numpy(np.float64).reshape(len(table), len(keypoints), 3)
    return make_poses(values[..., :2], values[..., 2], keypoints, times), table.columns.get_level_values("scorer")[0]
