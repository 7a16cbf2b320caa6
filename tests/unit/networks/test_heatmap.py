import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from posemake.data.geometry import apply_map, inverse, resize_map
from posemake.networks.heatmap import decode, encode, mean_cell, vertex

H, W = 12, 17  # cells
share = st.floats(0, 1, exclude_min=True, exclude_max=True)


def logits(heat):
    """Logits far below 0, where the sigmoid is an exponential: the heatmap is exact but for a factor."""
    return heat.clamp(min=1e-30).log() - 20


@pytest.mark.parametrize("stride", [2, 4, 8])
@pytest.mark.parametrize("sigma", [2.0, 6.0, 20.0])
@given(points=st.lists(st.tuples(share, share), min_size=1, max_size=5))
def test_decode_finds_what_encode_drew_anywhere_in_the_frame(stride, sigma, points):
    xy = torch.tensor([[[x * W * stride - 0.5, y * H * stride - 0.5] for x, y in points]])
    heat, offset, _ = encode(xy, (H, W), stride, sigma)
    assert heat.shape == (1, len(points), H, W) and offset.shape == (1, len(points), 2, H, W)
    found, _ = decode(logits(heat), offset, stride)
    assert (found - xy).abs().max() < 0.05


@pytest.mark.parametrize("stride", [2, 4, 8])
@given(x=st.floats(-0.45, W - 0.55), y=st.floats(-0.45, H - 0.55))
def test_the_heatmap_alone_gives_the_position(stride, x, y):
    xy = (torch.tensor([[[x, y]]]) + 0.5) * stride - 0.5
    heat, offset, _ = encode(xy, (H, W), stride, 0.75 * stride)
    found, _ = decode(logits(heat), torch.full_like(offset, 9.0), stride)
    assert (found - xy).abs().max() < 0.05
    shift, _, valid = vertex(logits(heat), logits(heat).flatten(2).argmax(-1))
    assert valid.all() and (shift.abs() <= 0.51).all()
    _, confidence = decode(torch.logit((0.8 * heat).clamp(min=1e-30)), offset, stride)
    assert confidence.item() == pytest.approx(0.8, rel=1e-3)  # wherever between the cells it lies


def test_where_the_heatmap_has_no_vertex_the_offset_is_used():
    offset = torch.full((1, 1, 2, H, W), 0.25)
    flat, edge, ridge = torch.zeros(3, 1, 1, H, W)
    edge[0, 0, 5, 0] = 1
    ridge[0, 0, 5] = 1  # a line
    for heat, cell in ((flat, (0, 0)), (edge, (0, 5)), (ridge, (0, 5))):
        assert not vertex(heat, heat.flatten(2).argmax(-1))[2].any()
        found, _ = decode(heat, offset, 1)
        assert found[0, 0].tolist() == [cell[0] + 0.25, cell[1] + 0.25]


@pytest.mark.parametrize("stride", [2, 4, 8])
@given(col=st.integers(0, W - 1), row=st.integers(0, H - 1))
def test_a_cell_without_offset_lies_where_the_resize_map_says(stride, col, row):
    heat = torch.zeros(1, 1, H, W)
    heat[0, 0, row, col] = 1
    found, _ = decode(heat, torch.zeros(1, 1, 2, H, W), stride)
    expected = apply_map(inverse(resize_map((stride, stride), (1, 1))), np.array([col, row], float))
    assert found[0, 0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("unknown", [(np.nan, np.nan), (10.0, np.nan)])
def test_an_unknown_keypoint_draws_nothing_and_disturbs_no_other(unknown):
    both = torch.tensor([[[20.0, 30.0], unknown]])
    heat, offset, near = encode(both, (H, W), 4, 6.0)
    alone = encode(both[:, :1], (H, W), 4, 6.0)
    assert torch.equal(heat[:, 1], torch.zeros(1, H, W))
    assert not near[:, 1].any()
    assert torch.isfinite(offset).all()
    for drawn, expected in zip((heat, offset, near), alone):
        assert torch.equal(drawn[:, :1], expected)


def test_the_peak_is_one_and_falls_off_with_sigma():
    heat, _, near = encode(torch.tensor([[[5.5, 5.5]]]), (8, 8), 4, 8.0)  # the centre of cell 1
    assert heat[0, 0, 1, 1] == 1
    assert heat[0, 0, 1, 3].item() == pytest.approx(np.exp(-0.5))  # 2 cells, 8 pixels, one sigma
    assert heat[0, 0, 3, 1].item() == pytest.approx(np.exp(-0.5))
    assert near[0, 0, 1, 3] and not near[0, 0, 2, 3]  # within two cells, diagonally less


def test_keypoints_and_images_are_not_mixed_up():
    xy = torch.tensor([[[4.0, 8.0], [40.0, 12.0]], [[16.0, 30.0], [60.0, 44.0]]])
    heat, offset, _ = encode(xy, (H, W), 4, 6.0)
    assert (decode(logits(heat), offset, 4)[0] - xy).abs().max() < 0.05
    assert (decode(logits(heat).flip(0), offset.flip(0), 4)[0] - xy.flip(0)).abs().max() < 0.05


def test_logits_of_any_height_decode_the_same():
    xy = torch.tensor([[[33.3, 21.7]]])
    heat, offset, _ = encode(xy, (H, W), 4, 3.0)
    for height in (1e-20, 0.01, 0.999):
        found, confidence = decode(torch.logit((heat * height).clamp(min=1e-37)), offset, 4)
        assert (found - xy).abs().max() < 0.05
        assert confidence.item() == pytest.approx(height, rel=1e-2)


def test_a_peak_is_never_narrower_than_can_be_found_between_the_cells():
    for place in (31.5, 33.5, 35.5):  # 35.5 lies between two cells of 8 pixels
        heat = encode(torch.full((1, 1, 2), place), (H, W), 8, 1.0)[0]
        assert heat.max() > 0.4


@pytest.mark.parametrize("stride", [2, 4, 8])
@given(x=st.floats(0.35, 0.65), y=st.floats(0.35, 0.65))
def test_without_offsets_a_keypoint_is_the_mean_over_the_heatmap(stride, x, y):
    xy = torch.tensor([[[x * 20 * stride, y * 30 * stride]]])
    heat, _, _ = encode(xy, (30, 20), stride, 1.2 * stride)
    found, _ = decode(heat.clamp(min=1e-9).log(), None, stride)
    assert (found - xy).abs().max() < 0.05
    _, confidence = decode(torch.logit((0.8 * heat).clamp(min=1e-9)), None, stride)
    assert confidence.item() == pytest.approx(0.8, rel=1e-3)


def test_the_mean_of_a_flat_heatmap_is_its_middle():
    assert torch.allclose(mean_cell(torch.full((1, 2, H, W), -4.0)), torch.tensor([(W - 1) / 2, (H - 1) / 2]), atol=1e-4)
