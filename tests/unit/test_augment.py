import numpy as np
import pytest
import torch
from helpers import blob, centroid
from hypothesis import given
from hypothesis import strategies as st

from posemake.augment import random_maps, relight, vary, warp
from posemake.geometry import crop_map, rotate_map
from posemake.settings import Augment

SIZE = (110, 96)  # width, height
CENTRE = ((SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2)
STILL = Augment(rotation=0, scale=(1.0, 1.0), translation=0, brightness=0, contrast=0)
shift = st.floats(-10, 10)


def one(xy):
    """A batch of one image of a spot, and its keypoint."""
    return torch.tensor(blob(SIZE, xy, 2.5), dtype=torch.float32).expand(1, 3, -1, -1), torch.tensor([[xy]]).float()


@given(shift, shift, st.floats(-180, 180), st.floats(0.7, 1.4), shift, shift)
def test_image_and_keypoint_move_together(dx, dy, degrees, scale, right, down):
    images, xy = one((CENTRE[0] + dx, CENTRE[1] + dy))
    moves = crop_map(-right, -down) @ rotate_map(degrees, scale, CENTRE)
    warped, moved = warp(images, xy, moves[None])
    assert centroid(warped[0, 1]) == pytest.approx(moved[0, 0].numpy(), abs=0.3)


def test_a_quarter_turn_takes_right_to_below():
    images, xy = one((CENTRE[0] + 15, CENTRE[1]))
    warped, moved = warp(images, xy, rotate_map(90, 1, CENTRE)[None])
    assert moved[0, 0].tolist() == pytest.approx([CENTRE[0], CENTRE[1] + 15], abs=1e-4)
    assert centroid(warped[0, 0]) == pytest.approx([CENTRE[0], CENTRE[1] + 15], abs=0.1)


def test_each_image_of_a_batch_moves_by_its_own_map():
    images, xy = (torch.cat([part, part]) for part in one((50.0, 40.0)))
    warped, moved = warp(images, xy, np.stack([crop_map(-7, 0), crop_map(0, -9)]))
    assert moved[:, 0].tolist() == pytest.approx(np.array([[57.0, 40], [50, 49]]))
    assert centroid(warped[0, 0]) == pytest.approx([57, 40], abs=0.1)
    assert centroid(warped[1, 0]) == pytest.approx([50, 49], abs=0.1)


def test_what_leaves_the_frame_is_no_longer_a_label():
    images = torch.full((1, 3, 20, 30), 200.0)
    xy = torch.tensor([[[2.0, 10.0], [29.0, 10.0], [np.nan, np.nan], [15.0, 19.4]]])
    warped, moved = warp(images, xy, crop_map(5, 0)[None])
    assert torch.isnan(moved[0]).all(-1).tolist() == [True, False, True, False]
    assert torch.isnan(moved[0]).any(-1).tolist() == [True, False, True, False]
    assert (warped[..., 26:] == 0).all() and (warped[..., :24] > 199).all()


def test_settings_of_nothing_change_nothing():
    images, xy = one((40.0, 33.0))
    varied, moved = vary(images, xy, STILL, np.random.default_rng(0))
    assert torch.allclose(varied, images, atol=1e-2)
    assert torch.allclose(moved, xy, atol=1e-4)


@given(st.integers(0, 1000))
def test_random_maps_keep_within_the_settings(seed):
    wanted = Augment(rotation=20, scale=(0.5, 1.5), translation=0.1)
    maps = random_maps(4, (96, 110), wanted, np.random.default_rng(seed))
    assert len({tuple(m.ravel()) for m in maps}) == 4
    for m in maps:
        assert 0.5 - 1e-9 <= np.sqrt(np.linalg.det(m)) <= 1.5 + 1e-9
        assert abs(np.degrees(np.arctan2(m[1, 0], m[0, 0]))) <= 20 + 1e-9
        moved = m[:2, :2] @ CENTRE + m[:2, 2] - CENTRE  # width is the first of the centre, the second of the size
        assert abs(moved[0]) <= 11 + 1e-9 and abs(moved[1]) <= 9.6 + 1e-9


def test_the_same_seed_varies_the_same():
    images, xy = one((50.0, 50.0))
    first, second, other = (vary(images, xy, Augment(), np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other[0])


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_light_stays_in_range_and_moves_no_pixel(seed, brightness, contrast):
    ramp = torch.linspace(0, 255, 64).expand(2, 3, 8, 64)
    lit = relight(ramp, Augment(brightness=brightness, contrast=contrast), np.random.default_rng(seed))
    assert lit.min() >= 0 and lit.max() <= 255
    assert (lit.diff(dim=-1) >= -1e-3).all()  # still a ramp


def test_brightness_is_a_share_of_the_full_range():
    grey = torch.full((200, 3, 2, 2), 100.0)
    lit = relight(grey, Augment(brightness=0.2, contrast=0.9), np.random.default_rng(0))[:, 0, 0, 0]
    assert 45 < (lit - 100).abs().max() <= 51
    assert len(lit.unique()) > 100  # each image its own
