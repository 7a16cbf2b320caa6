import numpy as np

from posemake.data.frame_times import frame_times


def test_times_are_those_of_the_file_or_of_a_rate(tmp_path):
    np.save(tmp_path / "times.npy", [0.0, 0.05, 0.2])
    assert frame_times(tmp_path / "times.npy", None).tolist() == [0.0, 0.05, 0.2]
    assert frame_times(tmp_path / "times.npy", 10.0).tolist() == [0.0, 0.1, 0.2]
