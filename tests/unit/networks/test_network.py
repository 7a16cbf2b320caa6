import urllib.error

import pytest
import torch

from posemake.core.errors import PosemakeError
from posemake.networks.backbones import BACKBONES, DEEPEST, make_encoder
from posemake.networks.network import HEADS, MULTIPLE, NECKS, STRIDES, PoseNetwork


class Given(torch.nn.Module):
    """In a backbone's place: always the same levels."""

    def __init__(self, encoder, levels):
        super().__init__()
        self.widths, self.neck, self.levels = encoder.widths, encoder.neck, levels

    def forward(self, images):
        return self.levels


@pytest.fixture(scope="module", params=BACKBONES)
def encoder(request):
    torch.manual_seed(0)
    return make_encoder(request.param, "none")


@pytest.fixture(scope="module")
def levels(encoder):
    """Of two small pictures: computed once, as large backbones take their time."""
    with torch.no_grad():
        return encoder(torch.randn(2, 3, MULTIPLE, 2 * MULTIPLE))


def test_levels_halve_from_stride_to_stride(encoder, levels):
    assert [DEEPEST // level.shape[2] for level in levels] == [2, 4, 8, 16, 32][-len(levels) :]
    assert [level.shape[1] for level in levels] == list(encoder.widths)


def test_every_backbone_learns_down_to_its_first_layer(encoder):
    heat, _ = PoseNetwork(encoder, 5, 8, "deconv")(torch.randint(0, 256, (2, 3, MULTIPLE, 2 * MULTIPLE)).float())
    heat.square().mean().backward()
    first = next(encoder.parameters())
    assert first.grad.isfinite().all() and first.grad.any()


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("neck", NECKS)
def test_every_network_gives_heatmaps_and_learns_down_to_the_deepest_level(encoder, levels, neck, stride, head):
    torch.manual_seed(0)
    given = [level.clone().requires_grad_() for level in levels]
    heat, offset = PoseNetwork(Given(encoder, given), 5, stride, neck, head)(torch.zeros(2, 3, MULTIPLE, 2 * MULTIPLE))
    assert heat.shape == (2, 5, 32 // stride, 64 // stride)
    assert heat.isfinite().all()
    if head == "heatmap":
        assert offset.shape == (2, 5, 2, 32 // stride, 64 // stride)
        assert offset.isfinite().all()
    else:
        assert offset is None
    heat.square().mean().backward()
    assert given[-1].grad.isfinite().all() and given[-1].grad.any()
    used = [level for level in given if level.grad is not None]
    assert len(used) == (1 if neck == "deconv" else min(len(given), {2: 5, 4: 4, 8: 3}[stride]))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return PoseNetwork(make_encoder("unet_small", "none"), 3, 4).eval()


def test_bytes_and_floats_of_an_image_are_the_same_to_it(network):
    images = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(network(images)[0], network(images.float())[0])


def test_it_is_unsure_before_it_has_learned(network):
    with torch.inference_mode():
        heat, _ = network(torch.randint(0, 256, (1, 3, 64, 64)).float())
    assert torch.sigmoid(heat).max() < 0.1


@pytest.mark.parametrize("stride", [0, 1, 5, 16])
def test_another_stride_is_refused(stride):
    with pytest.raises(PosemakeError, match=f"output stride is one of 2, 4, 8, not {stride}"):
        PoseNetwork(make_encoder("unet_small", "none"), 3, stride)


@pytest.mark.parametrize("value, sentence", [({"neck": "bifpn"}, "fpn, deconv, not bifpn"), ({"head": "x"}, "regression, not x")])
def test_another_neck_or_head_is_refused(value, sentence):
    with pytest.raises(PosemakeError, match=sentence):
        PoseNetwork(make_encoder("unet_small", "none"), 3, 4, **value)


def test_another_backbone_is_refused_with_those_that_there_are():
    with pytest.raises(PosemakeError, match=r"'resnet51'.*unet_small, unet_medium, resnet18"):
        make_encoder("resnet51", "none")


@pytest.mark.parametrize("backbone", ["unet_small", "unet_medium"])
def test_a_unet_has_no_imagenet_weights(backbone):
    with pytest.raises(PosemakeError, match="weights: none"):
        make_encoder(backbone, "imagenet")


def test_weights_that_cannot_be_downloaded_are_a_sentence(tmp_path, monkeypatch):
    def no_net(*args, **kwargs):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # nothing downloaded before
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_net)
    with pytest.raises(PosemakeError, match=r"mobilenet_v2 could not be downloaded.*no route to host.*set `weights`"):
        make_encoder("mobilenet_v2", "imagenet")
