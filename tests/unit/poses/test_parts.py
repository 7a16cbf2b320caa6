"""Parts of a video that several jobs predict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import DynamicCrop
from posemake.poses.parts import PosesOfPart, Prediction, part_bounds, read_part, write_part


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 20), st.sampled_from([1, 7, 64]))
def test_parts_cover_all_frames_once(start, count, parts, unit):
    bounds = part_bounds(start, start + count, parts, unit)
    assert len(bounds) == parts + 1 and bounds == sorted(bounds) and (bounds[0], bounds[-1]) == (start, start + count)
    assert all((at - start) % unit == 0 for at in bounds[:-1])


@pytest.mark.parametrize("dynamic_crop", [None, DynamicCrop(every=7)])
def test_what_is_written_of_a_part_is_read_again(tmp_path, dynamic_crop):
    prediction = Prediction(
        weights_sha256="a1",
        engine="openvino",
        device="cpu",
        graph_sha256=None,
        video_digest="b2",
        frames=100,
        start=4,
        stop=90,
        crop=(0, 150, 0, 110),
        dynamic_crop=dynamic_crop,
        keypoints=("snout", "tail"),
        versions={"torch": "2.0"},
    )
    rng = np.random.default_rng(1)
    part = PosesOfPart(rng.uniform(0, 150, (20, 2, 2)), rng.random((20, 2)).astype(np.float32), prediction)
    write_part(tmp_path / "part.npz", part)
    read = read_part(tmp_path / "part.npz")
    assert read.prediction == prediction
    np.testing.assert_array_equal(read.xy, part.xy)
    np.testing.assert_array_equal(read.confidence, part.confidence)
    assert [path.name for path in tmp_path.iterdir()] == ["part.npz"]
