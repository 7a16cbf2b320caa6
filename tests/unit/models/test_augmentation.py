import numpy as np
import pytest
import torch
from fixtures.helpers import blob, centroid
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import Augment, Probability
from posemake.core.symmetry import find_lonely, mirrored
from posemake.data.geometry import crop_map, rotate_map
from posemake.models.augmentation import random_maps, relight, vary, warp

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
    wanted = Augment(rotation=20, scale=(0.5, 1.5), translation=0.1, shear=0)
    maps, flipped = random_maps(4, (96, 110), wanted, np.random.default_rng(seed))
    assert not flipped.any()
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


ALWAYS = dict.fromkeys(vars(Probability()), 1.0)
NEVER = Probability(**dict.fromkeys(ALWAYS, 0.0))


def only(name, **ranges):
    """Augmentation in one way, always."""
    return Augment(probability=Probability(**{**dict.fromkeys(ALWAYS, 0.0), name: 1.0}), **ranges)


def test_a_keypoint_that_is_not_to_be_seen_stays_so():
    xy = torch.tensor([[[torch.inf, torch.inf], [14.0, 15.0], [torch.nan, torch.nan]]])
    _, moved = warp(torch.zeros(1, 3, 32, 32), xy, rotate_map(30, 1.2, (15.5, 15.5))[None])
    assert torch.isinf(moved[0, 0]).all() and torch.isfinite(moved[0, 1]).all() and torch.isnan(moved[0, 2]).all()


@pytest.mark.parametrize("name", [name for name in ALWAYS if name not in ("flip", "rotation", "scale", "translation", "shear")])
def test_each_way_of_light_does_something_and_moves_nothing(name):
    images, xy = one((47.0, 52.0))
    images = images * torch.tensor([1.0, 0.7, 0.5]).reshape(1, 3, 1, 1) * 0.8 + 20
    varied, moved = vary(images, xy, only(name), np.random.default_rng(5))
    assert torch.equal(moved, xy)
    assert varied.shape == images.shape and (varied - images).abs().max() > 0.5
    assert varied.min() >= 0 and varied.max() <= 255


@given(st.integers(0, 200))
def test_the_spot_stays_under_blur_of_both_kinds(seed):
    images, xy = one((47.0, 52.0))
    for name in ("blur", "motion_blur"):
        varied, _ = vary(images, xy, only(name, blur=3.0, motion_blur=12.0), np.random.default_rng(seed))
        assert centroid(varied[0, 0]) == pytest.approx(xy[0, 0].numpy(), abs=0.1)
        assert varied[0, 0].sum() == pytest.approx(images[0, 0].sum().item(), rel=1e-3)


@given(st.integers(0, 200), shift, shift)
def test_all_ways_of_moving_take_the_keypoint_along(seed, dx, dy):
    images, xy = one((CENTRE[0] + dx, CENTRE[1] + dy))
    wanted = Augment(
        shear=15, probability=Probability(**{**dict.fromkeys(ALWAYS, 0.0), **dict.fromkeys(MOVES, 1.0), "flip": 0.5})
    )
    varied, moved = vary(images, xy, wanted, np.random.default_rng(seed), [0])
    assert centroid(varied[0, 1]) == pytest.approx(moved[0, 0].numpy(), abs=0.3)


MOVES = ("rotation", "scale", "translation", "shear")


def test_a_flip_swaps_the_pairs():
    keypoints = ["left_ear", "snout", "right_ear", "tail_L", "tail_R"]
    assert mirrored(keypoints) == [2, 1, 0, 4, 3]
    images, _ = one((30.0, 40.0))
    xy = torch.tensor([[[30.0, 40.0], [50.0, 20.0], [70.0, 40.0], [35.0, 60.0], [np.nan, np.nan]]])
    varied, moved = vary(images, xy, only("flip"), np.random.default_rng(0), mirrored(keypoints))
    right = SIZE[0] - 1
    assert centroid(varied[0, 0]) == pytest.approx([right - 30, 40], abs=0.05)
    # the spot was the left ear, and in the mirror is the right one
    expected = [[right - 70, 40], [right - 50, 20], [right - 30, 40], [np.nan, np.nan], [right - 35, 60]]
    assert moved[0].numpy() == pytest.approx(np.array(expected), nan_ok=True, abs=1e-3)


def test_some_of_a_batch_are_flipped():
    images, xy = (part.repeat(40, *[1] * (part.ndim - 1)) for part in one((30.0, 40.0)))
    wanted = Augment(probability=Probability(**{**dict.fromkeys(ALWAYS, 0.0), "flip": 0.5}))
    varied, moved = vary(images, xy, wanted, np.random.default_rng(0), [0])
    flipped = moved[:, 0, 0] > CENTRE[0]
    assert 8 < flipped.sum() < 32
    assert torch.allclose(varied[flipped], images[:1].flip(-1), atol=0.1)


def test_a_probability_of_nothing_changes_nothing():
    images, xy = one((40.0, 33.0))
    wild = Augment(shear=40, noise=50, blur=5, cutout=0.5, brightness=1, contrast=1, probability=NEVER)
    varied, moved = vary(images, xy, wild, np.random.default_rng(0), [0])
    assert torch.equal(varied, images) and torch.equal(moved, xy)


@given(st.integers(0, 500))
def test_values_stay_in_range_whatever_is_done(seed):
    images = torch.rand(3, 3, 48, 64, generator=torch.Generator().manual_seed(seed)).round() * 255
    wild = Augment(noise=80, brightness=1, contrast=1, gamma=(0.2, 5.0), probability=Probability(**ALWAYS))
    varied, _ = vary(images, torch.full((3, 1, 2), 20.0), wild, np.random.default_rng(seed), [0])
    assert torch.isfinite(varied).all() and varied.min() >= 0 and varied.max() <= 255


@given(st.integers(0, 200))
def test_what_is_cut_out_keeps_its_label(seed):
    images, xy = one((40.0, 33.0))
    varied, moved = vary(images, xy, only("cutout", cutout=0.9), np.random.default_rng(seed))
    assert torch.equal(moved, xy)
    hidden = (varied != images).any(1)[0].nonzero()
    tall, wide = (hidden.max(0).values - hidden.min(0).values + 1).tolist()
    assert tall <= 0.9 * SIZE[1] + 1 and wide <= 0.9 * SIZE[0] + 1


def test_grey_has_one_value_per_pixel_and_the_same_light():
    images = torch.tensor([100.0, 50.0, 200.0]).reshape(1, 3, 1, 1).expand(1, 3, 8, 8)
    varied, _ = vary(images, torch.zeros(1, 1, 2), only("grey"), np.random.default_rng(0))
    assert torch.allclose(varied, torch.tensor(0.299 * 100 + 0.587 * 50 + 0.114 * 200), atol=1e-3)


@pytest.mark.parametrize(("names", "alone"), [(["left_ear", "snout"], "left_ear"), (["snout", "paw_r"], "paw_r")])
def test_a_side_without_the_other_is_noticed(names, alone):
    assert find_lonely(names) == [alone]
    assert find_lonely(["left_ear", "right_ear", "tail", "pawL", "pawR"]) == []
