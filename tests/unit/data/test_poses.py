import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.data.poses import AXES, INDIVIDUAL, KEY, Poses, read_poses, write_poses

KEYPOINTS = ("snout", "left_ear", "tail")
FPS = 12.5


@pytest.fixture
def poses():
    rng = np.random.default_rng(0)
    xy, confidence = rng.uniform(0, 640, (20, 3, 2)), rng.uniform(0, 1, (20, 3))
    xy[3, 1] = np.nan  # filtered out
    xy[7:9] = confidence[7:9] = np.nan  # not analysed
    return Poses.of_one(xy, confidence, KEYPOINTS, np.arange(20) / FPS, "posemake_small")


def several(seed=0, frames=20, individuals=2, keypoints=3, dimensions=2, missing=0.2):
    """Poses of several animals, of which some points are missing."""
    rng = np.random.default_rng(seed)
    position = rng.uniform(-50, 2000, (frames, individuals, keypoints, dimensions))
    position[rng.random((frames, individuals, keypoints)) < missing] = np.nan
    confidence = rng.uniform(0, 1, (frames, individuals, keypoints))
    names = tuple(f"mouse{i}" for i in range(individuals)) if individuals > 1 else (INDIVIDUAL,)
    return Poses(position, confidence, tuple(f"k{k}" for k in range(keypoints)), names, np.arange(frames) / FPS, "posemake_small")


def write(folder, poses):
    write_poses(poses, folder / "poses.h5", folder / "poses.csv")
    return folder / "poses.h5", folder / "poses.csv"


def assert_same(actual, expected, **tolerance):
    """Compare all that a file holds."""
    names = ("keypoints", "individuals", "scorer")
    assert [getattr(actual, name) for name in names] == [getattr(expected, name) for name in names]
    np.testing.assert_allclose(actual.position, expected.position, **tolerance)
    np.testing.assert_allclose(actual.confidence, expected.confidence, **tolerance)


def as_current(dataset):
    """Rename the dimensions of movement before 0.16."""
    return dataset.rename({old: old[:-1] for old in ("keypoints", "individuals") if old in dataset.dims})


def test_poses_of_one_animal_have_an_axis_of_individuals():
    xy = np.arange(12.0).reshape(2, 3, 2)
    poses = Poses.of_one(xy, np.arange(6).reshape(2, 3) / 10, KEYPOINTS)
    assert poses.position.shape == (2, 1, 3, 2) and poses.confidence.shape == (2, 1, 3) and len(poses) == 2
    assert (poses.individuals, poses.times, poses.scorer) == ((INDIVIDUAL,), None, "")
    np.testing.assert_array_equal(poses.xy(), xy)
    assert poses.confidence_of()[1].tolist() == [0.3, 0.4, 0.5]
    assert np.shares_memory(poses.xy(), xy)


def test_each_animal_is_a_view(tmp_path):
    poses = read_poses(write(tmp_path, several(individuals=3))[0])
    assert poses.xy(1).shape == (20, 3, 2) and poses.confidence_of(1).shape == (20, 3)
    arrays = (poses.position, poses.confidence, poses.xy(1), poses.confidence_of(2))
    owners = {id(array.base if array.base.base is None else array.base.base) for array in arrays}
    assert len(owners) == 1  # all are views of one array
    np.testing.assert_array_equal(poses.xy(1), poses.position[:, 1])
    np.testing.assert_array_equal(poses.confidence_of(2), poses.confidence[:, 2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position": np.zeros((4, 1, 3, 2))}, r"confidence has the shape \(5, 1, 3\), expected \(4, 1, 3\)"),
        ({"position": np.zeros((5, 1, 3, 4))}, r"position has the shape \(5, 1, 3, 4\)"),
        ({"position": np.zeros((5, 3, 2))}, "position has the shape"),
        ({"keypoints": ("a", "b")}, "position has the shape"),
        ({"individuals": ("a", "b")}, "position has the shape"),
        ({"times": np.zeros(4)}, r"times has the shape \(4,\), expected \(5,\)"),
        ({"keypoints": ("a", "b", "a")}, "a name occurs twice in a, b, a"),
    ],
)
def test_arrays_and_names_that_do_not_match_are_refused(change, message):
    values = {"position": np.zeros((5, 1, 3, 2)), "confidence": np.zeros((5, 1, 3)), "keypoints": KEYPOINTS}
    with pytest.raises(ValueError, match=message):
        Poses(**values | change)


def test_the_same_poses_give_the_same_bytes(tmp_path, poses):
    first = [path.read_bytes() for path in write(tmp_path / "a", poses)]
    time.sleep(1.1)  # HDF5 keeps times in seconds
    assert [path.read_bytes() for path in write(tmp_path / "b", poses)] == first


def test_what_is_written_is_read_again(tmp_path, poses):
    h5, _ = write(tmp_path, poses)
    read = read_poses(h5, np.arange(20) / FPS)
    assert_same(read, poses, rtol=1e-6)
    np.testing.assert_array_equal(read.times, poses.times)
    assert read_poses(h5).times is None
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["poses.csv", "poses.h5"]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(1, 30),
    individuals=st.integers(1, 3),
    keypoints=st.integers(1, 4),
    dimensions=st.sampled_from([2, 3]),
    missing=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_any_number_of_animals_and_dimensions_is_read_again(tmp_path_factory, **shape):
    folder, poses = tmp_path_factory.mktemp("poses"), several(**shape)
    h5, csv = write(folder, poses)
    assert_same(read_poses(h5), poses, rtol=1e-6)
    assert_same(read_poses(csv), poses, atol=6e-5, rtol=1e-6)
    before = [path.read_bytes() for path in (h5, csv)]
    assert [path.read_bytes() for path in write(folder, read_poses(h5))] == before


def test_pandas_reads_it_as_deeplabcut_writes_it(tmp_path, poses):
    h5, csv = write(tmp_path, poses)
    with pd.HDFStore(h5, "r") as store:
        assert store.keys() == ["/df_with_missing"]
        assert store.get_storer(KEY).attrs.pandas_version == "0.15.2"  # without it, pandas 2 cannot read the table
    table = pd.read_hdf(h5, KEY)
    assert table.columns.names == ["scorer", "bodyparts", "coords"]
    assert table.columns.tolist()[:3] == [("posemake_small", "snout", what) for what in ("x", "y", "likelihood")]
    assert table.index.tolist() == list(range(20))
    xy, confidence = poses.xy(), poses.confidence_of()
    np.testing.assert_allclose(table["posemake_small"]["tail"][["x", "y"]], xy[:, 2], rtol=1e-6)
    np.testing.assert_allclose(table["posemake_small"]["tail"]["likelihood"], confidence[:, 2], rtol=1e-6)
    text = pd.read_csv(csv, header=[0, 1, 2], index_col=0)
    assert text.columns.tolist() == table.columns.tolist() and text.index.tolist() == table.index.tolist()
    np.testing.assert_allclose(text, table, atol=6e-5)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_several_animals_have_the_level_individuals(tmp_path, dimensions):
    poses = several(dimensions=dimensions)
    h5, csv = write(tmp_path, poses)
    table = pd.read_hdf(h5, KEY)
    assert table.columns.names == ["scorer", "individuals", "bodyparts", "coords"]
    coords = [*AXES[:dimensions], "likelihood"]
    assert table.columns.tolist()[: dimensions + 1] == [("posemake_small", "mouse0", "k0", what) for what in coords]
    np.testing.assert_allclose(table["posemake_small"]["mouse1"]["k2"][coords[:-1]], poses.position[:, 1, 2], rtol=1e-6)
    text = pd.read_csv(csv, header=[0, 1, 2, 3], index_col=0)
    assert text.columns.tolist() == table.columns.tolist()


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("individuals", [1, 2])
def test_poses_go_to_movement_and_come_back(individuals, dimensions):
    poses = several(individuals=individuals, dimensions=dimensions)
    dataset = poses.to_movement()
    assert dataset.position.dims == ("time", "space", "keypoint", "individual")
    assert dataset.confidence.dims == ("time", "keypoint", "individual")
    last = poses.individuals[-1]
    np.testing.assert_array_equal(
        dataset.position.sel(keypoint="k1", space="y", individual=last).values, poses.position[:, -1, 1, 1]
    )
    np.testing.assert_array_equal(dataset.confidence.sel(keypoint="k2", individual=last).values, poses.confidence[:, -1, 2])
    assert dataset.time.values == pytest.approx(poses.times) and dataset.attrs["time_unit"] == "seconds"
    back = Poses.from_movement(dataset)
    assert_same(back, poses, rtol=0)
    np.testing.assert_array_equal(back.times, poses.times)


def test_without_times_movement_counts_frames():
    poses = Poses.of_one(np.zeros((4, 3, 2)), np.ones((4, 3)), KEYPOINTS)
    dataset = poses.to_movement()
    assert dataset.time.values.tolist() == [0, 1, 2, 3] and dataset.attrs["time_unit"] == "frames"
    assert Poses.from_movement(dataset).times is None


def test_movement_may_hold_one_confidence_per_animal():
    dataset = several().to_movement()
    dataset["confidence"] = dataset.confidence.mean("keypoint")
    poses = Poses.from_movement(dataset)
    assert poses.confidence.shape == (20, 2, 3)
    np.testing.assert_array_equal(poses.confidence[..., 0], poses.confidence[..., 2])


@pytest.mark.parametrize("ending", [0, 1], ids=["h5", "csv"])
@pytest.mark.parametrize("individuals", [1, 2])
def test_movement_reads_the_same_table(tmp_path, individuals, ending):
    from movement.io import load_poses

    poses = several(individuals=individuals)
    files, expected = write(tmp_path, poses), poses.to_movement()
    loaded = load_poses.from_file(files[ending], source_software="DeepLabCut", fps=FPS)
    loaded = as_current(loaded)
    assert loaded.position.dims == expected.position.dims and loaded.confidence.dims == expected.confidence.dims
    for name in ("position", "confidence"):
        np.testing.assert_allclose(loaded[name], expected[name], atol=1e-4)
    for name in ("time", "space", "keypoint", "individual"):
        assert loaded[name].values.tolist() == expected[name].values.tolist()


def test_what_movement_read_becomes_poses(tmp_path):
    from movement.io import load_poses

    poses = several()
    read = Poses.from_movement(load_poses.from_file(write(tmp_path, poses)[0], source_software="DeepLabCut", fps=FPS))
    assert read.scorer == "DeepLabCut" and read.keypoints == poses.keypoints and read.individuals == poses.individuals
    np.testing.assert_allclose(read.position, poses.position, rtol=1e-6)
    np.testing.assert_allclose(read.times, poses.times)


@pytest.mark.parametrize("content", [None, b"", b"no HDF5"])
@pytest.mark.parametrize("name", ["poses.h5", "poses.csv"])
def test_what_is_no_file_of_poses_is_refused_with_its_name(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PosemakeError, match=rf"{name}: not a file of poses"):
        read_poses(path)


@pytest.mark.parametrize(
    "columns",
    [
        pd.Index(["x", "y", "likelihood"]),
        pd.MultiIndex.from_product([["a"], ["snout"], ["x", "y"]], names=["scorer", "bodyparts", "coords"]),
        pd.MultiIndex.from_product([["a"], ["snout"], ["y", "x", "likelihood"]], names=["scorer", "bodyparts", "coords"]),
        pd.MultiIndex.from_product([["a", "b"], ["snout"], ["x", "y", "likelihood"]], names=["scorer", "bodyparts", "coords"]),
        pd.MultiIndex.from_tuples(
            [("a", *who, what) for who in (("m1", "snout"), ("m2", "tail")) for what in ("x", "y", "likelihood")],
            names=["scorer", "individuals", "bodyparts", "coords"],
        ),
    ],
    ids=["one level", "no likelihood", "order", "two scorers", "keypoints that differ"],
)
def test_other_columns_are_refused(tmp_path, columns):
    pd.DataFrame(np.zeros((2, len(columns))), columns=columns).to_hdf(tmp_path / "poses.h5", key=KEY, format="fixed")
    with pytest.raises(PosemakeError, match=r"poses.h5: its columns are not those of poses"):
        read_poses(tmp_path / "poses.h5")


def test_a_file_that_reads_otherwise_than_it_was_written_is_none(tmp_path, monkeypatch):
    """As HDF5 leaves it on a full disk, without an error."""
    read = pd.read_hdf
    monkeypatch.setattr(pd, "read_hdf", lambda *given: read(*given) + 1)
    poses = Poses.of_one(np.zeros((3, 1, 2)), np.ones((3, 1)), ["snout"], scorer="a")
    with pytest.raises(RuntimeError, match="not what was to be written"):
        write_poses(poses, tmp_path / "poses.h5", tmp_path / "poses.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["poses.csv"]
