import numpy as np
import pytest
import torch

from posemake.config.settings import Model
from posemake.data.visibility import Visibility
from posemake.demo.motion import KEYPOINTS, simulate_walk
from posemake.demo.scene import Scene
from posemake.models import losses
from posemake.networks.build import make_network
from posemake.networks.heatmap import decode, encode


def pose_loss(heat, offset, xy, sigma=6.0, absent=None):
    """The loss at stride 4; some keypoints (B, K) are labelled as absent, all others as visible where they have a position."""
    visibility = torch.where(xy.isnan().any(-1), int(Visibility.NOT_LABELLED), int(Visibility.VISIBLE))
    if absent is not None:
        visibility[absent] = Visibility.ABSENT
    return losses.pose_loss(heat, offset, xy, visibility, 4, sigma)


@pytest.fixture
def drawn():
    """Labels, and outputs that a network might give."""
    generator = torch.Generator().manual_seed(0)
    xy = torch.tensor([[[20.0, 30.0], [40.0, 17.0]], [[11.0, 50.0], [33.0, 33.0]]])
    heat, offset = torch.randn(2, 2, 16, 16, generator=generator), torch.randn(2, 2, 2, 16, 16, generator=generator)
    return heat.requires_grad_(), offset.requires_grad_(), xy


def test_the_loss_is_less_where_the_network_is_right(drawn):
    heat, offset, xy = drawn
    target, shift, _ = encode(xy, (16, 16), 4, 6.0)
    wrong, _, _ = encode(xy + 12, (16, 16), 4, 6.0)
    right = pose_loss(torch.logit(target.clamp(1e-4, 1 - 1e-4)), shift, xy)
    assert right < pose_loss(torch.logit(wrong.clamp(1e-4, 1 - 1e-4)), shift, xy)
    assert right < pose_loss(torch.logit(target.clamp(1e-4, 1 - 1e-4)), shift + 0.5, xy)
    assert right < pose_loss(heat, offset, xy)


def test_a_keypoint_without_a_label_teaches_nothing(drawn):
    heat, offset, xy = drawn
    xy[0, 1] = torch.nan
    loss = pose_loss(heat, offset, xy)
    loss.backward()
    assert torch.isfinite(loss)
    for grad in (heat.grad, offset.grad):
        assert (grad[0, 1] == 0).all()
        assert (grad[0, 0] != 0).any() and (grad[1, 1] != 0).any()


def test_an_absent_keypoint_teaches_an_empty_heatmap_alone(drawn):
    heat, offset, xy = drawn
    xy[0, 1] = torch.nan
    absent = torch.tensor([[False, True], [False, False]])
    for offsets in (offset, None):
        heat.grad = offset.grad = None
        loss = pose_loss(heat, offsets, xy, absent=absent)
        loss.backward()
        assert torch.isfinite(loss) and torch.isfinite(heat.grad).all()
        assert (heat.grad[0, 1] > 0).all()  # a step against the gradient lowers each cell
        assert offsets is None or ((offset.grad[0, 1] == 0).all() and torch.isfinite(offset.grad).all())


def test_a_batch_without_any_label_does_no_harm(drawn):
    heat, offset, xy = drawn
    loss = pose_loss(heat, offset, torch.full_like(xy, torch.nan))
    loss.backward()
    assert loss == 0 and (heat.grad == 0).all() and (offset.grad == 0).all()


def logits(xy, sigma=6.0):
    return torch.logit(encode(xy, (16, 16), 4, sigma)[0].clamp(1e-4, 1 - 1e-4))


def test_without_offsets_the_loss_is_less_where_the_mean_is_right(drawn):
    heat, _, xy = drawn
    right = pose_loss(10 * logits(xy), None, xy)
    assert right < pose_loss(10 * logits(xy + 4), None, xy)
    assert right < pose_loss(heat, None, xy)


def test_without_offsets_a_mean_between_two_peaks_is_worse_than_one_peak():
    xy, away = torch.tensor([[[30.0, 30.0]]]), torch.tensor([[[16.0, 0.0]]])
    two = torch.maximum(logits(xy - away), logits(xy + away))
    assert (decode(two, None, 4)[0] - xy).abs().max() < 0.5
    assert pose_loss(two, None, xy) > 1.2 * pose_loss(logits(xy), None, xy)


def test_without_offsets_a_keypoint_without_a_label_teaches_nothing(drawn):
    heat, _, xy = drawn
    xy[0, 1] = torch.nan
    loss = pose_loss(heat, None, xy)
    loss.backward()
    assert torch.isfinite(loss)
    assert (heat.grad[0, 1] == 0).all()
    assert heat.grad[0, 0].any() and heat.grad[1, 1].any()
    assert pose_loss(heat, None, torch.full_like(xy, torch.nan)) == 0


@pytest.mark.parametrize("head, steps", [("heatmap", 450), ("regression", 200)])
def test_a_batch_of_frames_is_learned_to_half_a_pixel(head, steps, one_thread):
    """Four small pictures of the drawn mouse, with its six keypoints."""
    size, rng = (64, 64), np.random.default_rng(0)
    scene = Scene.random(size, rng)
    poses = simulate_walk(80, 4, size, rng)[::20]
    images = np.stack([np.clip(scene.draw(pose) * scene.vignette[..., None], 0, 255) for pose in poses])
    images, xy = torch.from_numpy(images).permute(0, 3, 1, 2).float(), torch.from_numpy(poses).float()
    torch.manual_seed(0)
    network = make_network(Model(head=head), list(KEYPOINTS))
    optimizer = torch.optim.AdamW(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps, pct_start=0.05, cycle_momentum=False)
    for _ in range(steps):
        optimizer.zero_grad()
        pose_loss(*network(images), xy).backward()
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        found, confidence = decode(*network.eval()(images), 4)
    assert (found - xy).norm(dim=-1).mean() < 0.5
    assert confidence.min() > 0.6
