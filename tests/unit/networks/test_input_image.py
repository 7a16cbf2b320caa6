import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.data.geometry import apply_map
from posemake.networks.input_image import fit, in_frame, pad


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([0.25, 0.5, 1.0]))
def test_an_input_is_scaled_and_padded_to_a_multiple(width, height, scale):
    image = np.full((height, width, 3), 200, np.uint8)
    fitted, to_input = fit(image, scale, 32)
    assert fitted.shape[0] % 32 == fitted.shape[1] % 32 == 0 and fitted.shape[2] == 3
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    assert (fitted[: inner[0], : inner[1]] == 200).all() and not fitted[inner[0] :].any() and not fitted[:, inner[1] :].any()
    corner = apply_map(to_input, np.array([width - 0.5, height - 0.5]))
    assert corner == pytest.approx((inner[1] - 0.5, inner[0] - 0.5))


def test_an_image_of_fitting_size_stays_as_it_is():
    image = np.zeros((64, 96, 3), np.uint8)
    assert pad(image, 32) is image


def test_points_return_to_the_frame():
    _, to_input = fit(np.zeros((100, 200, 3), np.uint8), 0.5, 32)
    xy = np.random.default_rng(1).uniform(0, 100, (4, 3, 2))
    points = np.concatenate([apply_map(to_input, xy), np.full((4, 3, 1), 0.7)], axis=2).astype(np.float32)
    found, confidence = in_frame(points, to_input)
    np.testing.assert_allclose(found, xy, atol=1e-4)
    assert found.dtype == np.float64 and (confidence == np.float32(0.7)).all()
