import numpy as np
import pytest
import torch
from fixtures.helpers import blob, centroid
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import Augment, Probability
from posemake.core.symmetry import find_unpaired, flip_order
from posemake.data.geometry import crop_map, rotate_map
from posemake.data.visibility import Visibility
from posemake.models.augmentation import Batch, augment, jitter_light, random_maps, warp

SIZE = (110, 96)  # width, height
CENTRE = ((SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2)
STILL = Augment(rotation=0, scale=(1.0, 1.0), translation=0, brightness=0, contrast=0)
shift = st.floats(-10, 10)


def make_batch(images, xy):
    """Images (B, C, H, W) and keypoints (B, K, 2), visible where they have a position."""
    visible = torch.where(xy.isnan().any(-1), int(Visibility.NOT_LABELLED), int(Visibility.VISIBLE))
    return Batch(images, xy, visible.to(torch.int8))


def one(xy):
    """A batch of one image of a spot, and its keypoint."""
    image = torch.tensor(blob(SIZE, xy, 2.5), dtype=torch.float32)
    return make_batch(image.expand(1, 3, -1, -1), torch.tensor([[xy]]).float())


def repeated(batch, count):
    return Batch(*(part.repeat(count, *[1] * (part.ndim - 1)) for part in (batch.images, batch.xy, batch.visibility)))


@given(shift, shift, st.floats(-180, 180), st.floats(0.7, 1.4), shift, shift)
def test_image_and_keypoint_move_together(dx, dy, degrees, scale, right, down):
    moves = crop_map(-right, -down) @ rotate_map(degrees, scale, CENTRE)
    warped = warp(one((CENTRE[0] + dx, CENTRE[1] + dy)), moves[None])
    assert centroid(warped.images[0, 1]) == pytest.approx(warped.xy[0, 0].numpy(), abs=0.3)


def test_a_quarter_turn_takes_right_to_below():
    warped = warp(one((CENTRE[0] + 15, CENTRE[1])), rotate_map(90, 1, CENTRE)[None])
    assert warped.xy[0, 0].tolist() == pytest.approx([CENTRE[0], CENTRE[1] + 15], abs=1e-4)
    assert centroid(warped.images[0, 0]) == pytest.approx([CENTRE[0], CENTRE[1] + 15], abs=0.1)


def test_each_image_of_a_batch_moves_by_its_own_map():
    warped = warp(repeated(one((50.0, 40.0)), 2), np.stack([crop_map(-7, 0), crop_map(0, -9)]))
    assert warped.xy[:, 0].tolist() == pytest.approx(np.array([[57.0, 40], [50, 49]]))
    assert centroid(warped.images[0, 0]) == pytest.approx([57, 40], abs=0.1)
    assert centroid(warped.images[1, 0]) == pytest.approx([50, 49], abs=0.1)


def test_a_keypoint_that_leaves_the_frame_is_no_longer_labelled():
    images = torch.full((1, 3, 20, 30), 200.0)
    xy = torch.tensor([[[2.0, 10.0], [29.0, 10.0], [np.nan, np.nan], [15.0, 19.4]]])
    warped = warp(make_batch(images, xy), crop_map(5, 0)[None])
    assert torch.isnan(warped.xy[0]).all(-1).tolist() == [True, False, True, False]
    assert torch.isnan(warped.xy[0]).any(-1).tolist() == [True, False, True, False]
    assert warped.visibility[0].tolist() == [Visibility.NOT_LABELLED, Visibility.VISIBLE] * 2
    assert (warped.images[..., 26:] == 0).all() and (warped.images[..., :24] > 199).all()


def test_settings_of_nothing_change_nothing():
    batch = one((40.0, 33.0))
    augmented = augment(batch, STILL, np.random.default_rng(0))
    assert torch.allclose(augmented.images, batch.images, atol=1e-2)
    assert torch.allclose(augmented.xy, batch.xy, atol=1e-4)


@given(st.integers(0, 1000))
def test_random_maps_keep_within_the_settings(seed):
    settings = Augment(rotation=20, scale=(0.5, 1.5), translation=0.1, shear=0)
    maps, flipped = random_maps(4, (96, 110), settings, np.random.default_rng(seed))
    assert not flipped.any()
    assert len({tuple(m.ravel()) for m in maps}) == 4
    for m in maps:
        assert 0.5 - 1e-9 <= np.sqrt(np.linalg.det(m)) <= 1.5 + 1e-9
        assert abs(np.degrees(np.arctan2(m[1, 0], m[0, 0]))) <= 20 + 1e-9
        moved = m[:2, :2] @ CENTRE + m[:2, 2] - CENTRE  # width is the first of the centre, the second of the size
        assert abs(moved[0]) <= 11 + 1e-9 and abs(moved[1]) <= 9.6 + 1e-9


def test_the_same_seed_varies_the_same():
    first, second, other = (augment(one((50.0, 50.0)), Augment(), np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(first.images, second.images) and torch.equal(first.xy, second.xy)
    assert not torch.equal(first.images, other.images)


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_light_stays_in_range_and_moves_no_pixel(seed, brightness, contrast):
    ramp = torch.linspace(0, 255, 64).expand(2, 3, 8, 64)
    lit = jitter_light(ramp, Augment(brightness=brightness, contrast=contrast), np.random.default_rng(seed))
    assert lit.min() >= 0 and lit.max() <= 255
    assert (lit.diff(dim=-1) >= -1e-3).all()  # still a ramp


def test_brightness_is_a_share_of_the_full_range():
    grey = torch.full((200, 3, 2, 2), 100.0)
    lit = jitter_light(grey, Augment(brightness=0.2, contrast=0.9), np.random.default_rng(0))[:, 0, 0, 0]
    assert 45 < (lit - 100).abs().max() <= 51
    assert len(lit.unique()) > 100  # each image its own


ALWAYS = dict.fromkeys(vars(Probability()), 1.0)
NEVER = Probability(**dict.fromkeys(ALWAYS, 0.0))


def only(name, **ranges):
    """Augmentation in one way, always."""
    return Augment(probability=Probability(**{**dict.fromkeys(ALWAYS, 0.0), name: 1.0}), **ranges)


def test_an_absent_keypoint_stays_absent():
    xy = torch.tensor([[[torch.nan, torch.nan], [14.0, 15.0], [torch.nan, torch.nan]]])
    visibility = torch.tensor([[Visibility.ABSENT, Visibility.VISIBLE, Visibility.NOT_LABELLED]], dtype=torch.int8)
    warped = warp(Batch(torch.zeros(1, 3, 32, 32), xy, visibility), rotate_map(30, 1.2, (15.5, 15.5))[None])
    assert torch.equal(warped.visibility, visibility) and warped.visibility.dtype == torch.int8
    assert torch.isnan(warped.xy[0, [0, 2]]).all() and torch.isfinite(warped.xy[0, 1]).all()


@pytest.mark.parametrize("name", [name for name in ALWAYS if name not in ("flip", "rotation", "scale", "translation", "shear")])
def test_each_way_of_light_does_something_and_moves_nothing(name):
    batch = one((47.0, 52.0))
    images = batch.images * torch.tensor([1.0, 0.7, 0.5]).reshape(1, 3, 1, 1) * 0.8 + 20
    augmented = augment(Batch(images, batch.xy, batch.visibility), only(name), np.random.default_rng(5))
    assert torch.equal(augmented.xy, batch.xy)
    assert augmented.images.shape == images.shape and (augmented.images - images).abs().max() > 0.5
    assert augmented.images.min() >= 0 and augmented.images.max() <= 255


@given(st.integers(0, 200))
def test_the_spot_stays_under_blur_of_both_kinds(seed):
    batch = one((47.0, 52.0))
    for name in ("blur", "motion_blur"):
        blurred = augment(batch, only(name, blur=3.0, motion_blur=12.0), np.random.default_rng(seed)).images
        assert centroid(blurred[0, 0]) == pytest.approx(batch.xy[0, 0].numpy(), abs=0.1)
        assert blurred[0, 0].sum() == pytest.approx(batch.images[0, 0].sum().item(), rel=1e-3)


@given(st.integers(0, 200), shift, shift)
def test_all_ways_of_moving_take_the_keypoint_along(seed, dx, dy):
    settings = Augment(
        shear=15, probability=Probability(**{**dict.fromkeys(ALWAYS, 0.0), **dict.fromkeys(MOVES, 1.0), "flip": 0.5})
    )
    augmented = augment(one((CENTRE[0] + dx, CENTRE[1] + dy)), settings, np.random.default_rng(seed), [0])
    assert centroid(augmented.images[0, 1]) == pytest.approx(augmented.xy[0, 0].numpy(), abs=0.3)


MOVES = ("rotation", "scale", "translation", "shear")


def test_a_flip_swaps_the_pairs():
    keypoints = ["left_ear", "snout", "right_ear", "tail_L", "tail_R"]
    assert flip_order(keypoints) == [2, 1, 0, 4, 3]
    xy = torch.tensor([[[30.0, 40.0], [50.0, 20.0], [70.0, 40.0], [35.0, 60.0], [np.nan, np.nan]]])
    batch = make_batch(one((30.0, 40.0)).images, xy)
    flipped = augment(batch, only("flip"), np.random.default_rng(0), flip_order(keypoints))
    right = SIZE[0] - 1
    assert centroid(flipped.images[0, 0]) == pytest.approx([right - 30, 40], abs=0.05)
    # the spot was the left ear, and in the mirror is the right one
    expected = [[right - 70, 40], [right - 50, 20], [right - 30, 40], [np.nan, np.nan], [right - 35, 60]]
    assert flipped.xy[0].numpy() == pytest.approx(np.array(expected), nan_ok=True, abs=1e-3)
    assert flipped.visibility[0].tolist() == [Visibility.VISIBLE] * 3 + [Visibility.NOT_LABELLED, Visibility.VISIBLE]


def test_a_flip_takes_the_absence_of_a_keypoint_to_the_other_side():
    batch = one((30.0, 40.0))
    xy, visibility = torch.full((1, 2, 2), torch.nan), torch.tensor([[Visibility.ABSENT, Visibility.NOT_LABELLED]]).to(torch.int8)
    for settings, expected in ((only("flip"), [0, 3]), (Augment(probability=NEVER), [3, 0])):
        augmented = augment(Batch(batch.images, xy, visibility), settings, np.random.default_rng(0), [1, 0])
        assert augmented.visibility[0].tolist() == expected


def test_some_of_a_batch_are_flipped():
    batch = repeated(one((30.0, 40.0)), 40)
    settings = Augment(probability=Probability(**{**dict.fromkeys(ALWAYS, 0.0), "flip": 0.5}))
    augmented = augment(batch, settings, np.random.default_rng(0), [0])
    flipped = augmented.xy[:, 0, 0] > CENTRE[0]
    assert 8 < flipped.sum() < 32
    assert torch.allclose(augmented.images[flipped], batch.images[:1].flip(-1), atol=0.1)


def test_a_probability_of_nothing_changes_nothing():
    batch = one((40.0, 33.0))
    wild = Augment(shear=40, noise=50, blur=5, cutout=0.5, brightness=1, contrast=1, probability=NEVER)
    augmented = augment(batch, wild, np.random.default_rng(0), [0])
    assert torch.equal(augmented.images, batch.images) and torch.equal(augmented.xy, batch.xy)


@given(st.integers(0, 500))
def test_values_stay_in_range_whatever_is_done(seed):
    images = torch.rand(3, 3, 48, 64, generator=torch.Generator().manual_seed(seed)).round() * 255
    wild = Augment(noise=80, brightness=1, contrast=1, gamma=(0.2, 5.0), probability=Probability(**ALWAYS))
    varied = augment(make_batch(images, torch.full((3, 1, 2), 20.0)), wild, np.random.default_rng(seed), [0]).images
    assert torch.isfinite(varied).all() and varied.min() >= 0 and varied.max() <= 255


@given(st.integers(0, 200))
def test_what_is_cut_out_keeps_its_label(seed):
    batch = one((40.0, 33.0))
    augmented = augment(batch, only("cutout", cutout=0.9), np.random.default_rng(seed))
    assert torch.equal(augmented.xy, batch.xy) and torch.equal(augmented.visibility, batch.visibility)
    hidden = (augmented.images != batch.images).any(1)[0].nonzero()
    tall, wide = (hidden.max(0).values - hidden.min(0).values + 1).tolist()
    assert tall <= 0.9 * SIZE[1] + 1 and wide <= 0.9 * SIZE[0] + 1


def test_grey_has_one_value_per_pixel_and_the_same_light():
    images = torch.tensor([100.0, 50.0, 200.0]).reshape(1, 3, 1, 1).expand(1, 3, 8, 8)
    grey = augment(make_batch(images, torch.zeros(1, 1, 2)), only("grey"), np.random.default_rng(0)).images
    assert torch.allclose(grey, torch.tensor(0.299 * 100 + 0.587 * 50 + 0.114 * 200), atol=1e-3)


@pytest.mark.parametrize(("names", "alone"), [(["left_ear", "snout"], "left_ear"), (["snout", "paw_r"], "paw_r")])
def test_a_side_without_the_other_is_noticed(names, alone):
    assert find_unpaired(names) == [alone]
    assert find_unpaired(["left_ear", "right_ear", "tail", "pawL", "pawR"]) == []
