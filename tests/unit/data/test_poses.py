import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from posemake.core.errors import PosemakeError
from posemake.data.poses import KEY, arrays, make_poses, read_poses, write_poses

KEYPOINTS = ["snout", "left_ear", "tail"]
FPS = 12.5


@pytest.fixture
def poses():
    rng = np.random.default_rng(0)
    xy, confidence = rng.uniform(0, 640, (20, 3, 2)), rng.uniform(0, 1, (20, 3))
    xy[3, 1] = np.nan  # filtered out
    xy[7:9] = confidence[7:9] = np.nan  # not looked at
    return make_poses(xy, confidence, KEYPOINTS, np.arange(20) / FPS)


def write(folder, poses):
    write_poses(poses, folder / "poses.h5", folder / "poses.csv", "posemake_small")
    return folder / "poses.h5", folder / "poses.csv"


def test_the_table_says_what_is_where():
    xy = np.arange(12.0).reshape(2, 3, 2)
    poses = make_poses(xy, np.arange(6).reshape(2, 3) / 10, KEYPOINTS, np.arange(2) / FPS)
    assert poses.position.dims == ("time", "space", "keypoints", "individuals")
    assert poses.position.sel(keypoints="left_ear", space="y").values[1, 0] == xy[1, 1, 1]
    assert poses.confidence.sel(keypoints="tail").values[1, 0] == 0.5
    assert poses.time.values == pytest.approx([0, 0.08])
    np.testing.assert_array_equal(arrays(poses)[0], xy)


def test_the_same_poses_give_the_same_bytes(tmp_path, poses):
    first = [path.read_bytes() for path in write(tmp_path / "a", poses)]
    time.sleep(1.1)  # HDF5 keeps times in seconds
    assert [path.read_bytes() for path in write(tmp_path / "b", poses)] == first


def test_what_is_written_is_read_again(tmp_path, poses):
    h5, _ = write(tmp_path, poses)
    read, scorer = read_poses(h5, np.arange(20) / FPS)
    assert scorer == "posemake_small"
    xr.testing.assert_allclose(read, poses, rtol=1e-6)
    assert read.attrs == poses.attrs
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["poses.csv", "poses.h5"]


def test_pandas_reads_it_as_deeplabcut_writes_it(tmp_path, poses):
    h5, csv = write(tmp_path, poses)
    with pd.HDFStore(h5, "r") as store:
        assert store.keys() == ["/df_with_missing"]
        assert store.get_storer(KEY).attrs.pandas_version == "0.15.2"  # without it, pandas 2 cannot read the table
    table = pd.read_hdf(h5, KEY)
    assert table.columns.names == ["scorer", "bodyparts", "coords"]
    assert table.columns.tolist()[:3] == [("posemake_small", "snout", what) for what in ("x", "y", "likelihood")]
    assert table.index.tolist() == list(range(20))
    xy, confidence = arrays(poses)
    np.testing.assert_allclose(table["posemake_small"]["tail"][["x", "y"]], xy[:, 2], rtol=1e-6)
    np.testing.assert_allclose(table["posemake_small"]["tail"]["likelihood"], confidence[:, 2], rtol=1e-6)
    text = pd.read_csv(csv, header=[0, 1, 2], index_col=0)
    assert text.columns.tolist() == table.columns.tolist() and text.index.tolist() == table.index.tolist()
    np.testing.assert_allclose(text, table, atol=6e-5)


@pytest.mark.parametrize("ending", [0, 1], ids=["h5", "csv"])
def test_movement_reads_the_same_table(tmp_path, poses, ending):
    from movement.io import load_poses

    loaded = load_poses.from_file(write(tmp_path, poses)[ending], source_software="DeepLabCut", fps=FPS)
    assert loaded.position.dims == poses.position.dims and loaded.confidence.dims == poses.confidence.dims
    for name in ("position", "confidence"):
        np.testing.assert_allclose(loaded[name], poses[name], atol=6e-5)
    for name in ("time", "space", "keypoints", "individuals"):
        assert loaded[name].values.tolist() == poses[name].values.tolist()


@pytest.mark.parametrize("content", [None, b"", b"no HDF5"])
def test_what_is_no_file_of_poses_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "poses.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PosemakeError, match=r"poses.h5: not a file of poses"):
        read_poses(path)


def test_a_file_that_reads_otherwise_than_it_was_written_is_none(tmp_path, monkeypatch):
    """As HDF5 leaves it on a full disk, without an error."""
    read = pd.read_hdf
    monkeypatch.setattr(pd, "read_hdf", lambda *given: read(*given) + 1)
    table = make_poses(np.zeros((3, 1, 2)), np.ones((3, 1)), ["snout"])
    with pytest.raises(RuntimeError, match="not what was to be written"):
        write_poses(table, tmp_path / "poses.h5", tmp_path / "poses.csv", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["poses.csv"]
