import sys

import pytest
import timm
import torch

from posemake.core.errors import PosemakeError
from posemake.networks.backbones import BACKBONES, DEEPEST, TIMM_NAMES, UNETS, WITHOUT_IMAGENET, TimmEncoder, make_encoder
from posemake.networks.network import DOUBLINGS, HEADS, IMAGENET_MEAN, IMAGENET_STD, MULTIPLE, NECKS, PoseNetwork

# one of each family; the others differ from these in depth and width
FAMILIES = ("unet_small", "resnet18", "efficientnet_b0", "mobilenet_v2", "mobilenet_v3_large", "convnext_tiny")


def by_family(names):
    """Parameters of a test, of which those beyond one of each family are slow."""
    return [name if name in FAMILIES else pytest.param(name, marks=pytest.mark.slow) for name in names]


class GivenLevels(torch.nn.Module):
    """Stands for a backbone: always the same levels."""

    def __init__(self, encoder, levels):
        super().__init__()
        self.widths, self.neck, self.levels = encoder.widths, encoder.neck, levels

    def forward(self, images):
        return self.levels


@pytest.fixture(scope="module", params=by_family(BACKBONES))
def encoder(request):
    torch.manual_seed(0)
    return make_encoder(request.param, "none")


@pytest.fixture(scope="module")
def levels(encoder):
    """Levels of two small images, computed once, as large backbones are slow."""
    with torch.no_grad():
        return encoder(torch.randn(2, 3, MULTIPLE, 2 * MULTIPLE))


def test_every_family_has_a_backbone_in_the_default_run():
    assert {name.split("_")[0].rstrip("0123456789") for name in FAMILIES} == {
        name.split("_")[0].rstrip("0123456789") for name in BACKBONES
    }


def test_levels_halve_from_stride_to_stride(encoder, levels):
    assert [DEEPEST // level.shape[2] for level in levels] == [2, 4, 8, 16, 32][-len(levels) :]
    assert [level.shape[1] for level in levels] == list(encoder.widths)


def test_every_backbone_learns_down_to_its_first_layer(encoder):
    heat, _ = PoseNetwork(encoder, 5, 8, "deconv")(torch.randint(0, 256, (2, 3, MULTIPLE, 2 * MULTIPLE)).float())
    heat.square().mean().backward()
    first = next(encoder.parameters())
    assert first.grad.isfinite().all() and first.grad.any()


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("stride", DOUBLINGS)
@pytest.mark.parametrize("neck", NECKS)
def test_every_network_gives_heatmaps_and_learns_down_to_the_deepest_level(encoder, levels, neck, stride, head):
    torch.manual_seed(0)
    given = [level.clone().requires_grad_() for level in levels]
    heat, offset = PoseNetwork(GivenLevels(encoder, given), 5, stride, neck, head)(torch.zeros(2, 3, MULTIPLE, 2 * MULTIPLE))
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


@pytest.mark.parametrize("backbone", WITHOUT_IMAGENET)
def test_some_backbones_have_no_imagenet_weights(backbone):
    with pytest.raises(PosemakeError, match=f"{backbone} has no ImageNet weights.*weights: none"):
        make_encoder(backbone, "imagenet")


@pytest.mark.parametrize("backbone", [name for name in BACKBONES if name not in UNETS])
def test_timm_has_imagenet_weights_of_all_others_for_the_same_normalisation(backbone):
    weights = timm.get_pretrained_cfg(TIMM_NAMES.get(backbone, backbone))
    assert bool(weights.has_weights) == (backbone not in WITHOUT_IMAGENET)
    assert (tuple(weights.mean), tuple(weights.std)) == (IMAGENET_MEAN, IMAGENET_STD)


def test_weights_that_cannot_be_downloaded_are_a_sentence(monkeypatch):
    def no_connection(name, pretrained, **kwargs):
        assert name == "mobilenetv2_100" and pretrained
        raise OSError("We cannot reach the Hub.\nPlease check your connection.")

    monkeypatch.setattr(timm, "create_model", no_connection)
    with pytest.raises(
        PosemakeError, match=r"^the ImageNet weights of mobilenet_v2 could not be .*the Hub\.\).*set `weights`.*$"
    ):
        make_encoder("mobilenet_v2", "imagenet")


def test_weights_are_downloaded_with_the_names_of_the_encoder(tmp_path, monkeypatch):
    """By timm's own code, which finds the file in its place on the Hub, and here in a folder."""
    trained = timm.create_model("mobilenetv2_100")
    torch.save(trained.state_dict(), tmp_path / "weights.pth")
    monkeypatch.setattr(
        "timm.models._builder.load_state_dict_from_hf", lambda *args, **kwargs: torch.load(tmp_path / "weights.pth")
    )
    loaded = make_encoder("mobilenet_v2", "imagenet")
    assert isinstance(loaded, TimmEncoder)
    state, expected = loaded.features.state_dict(), trained.state_dict()
    assert len(state) > 300 and all(torch.equal(tensor, expected[name]) for name, tensor in state.items())


def test_without_timm_a_unet_is_built_and_others_are_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    make_encoder("unet_small", "none")
    with pytest.raises(PosemakeError, match=r"backbone resnet18 needs the package timm .*install it, or take unet_small"):
        make_encoder("resnet18", "none")
