import urllib.error

import pytest
import torch
import torchvision

from posemake.log import PosemakeError
from posemake.network import BACKBONES, MULTIPLE, PoseNetwork, make_encoder


class Code:
    """Unpickling it runs code, which here would only write a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (self.mark, "w")


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_backbone_gives_heatmaps_at_both_strides(backbone):
    encoder = make_encoder(backbone, "none")
    images = torch.zeros(2, 3, 2 * MULTIPLE, 3 * MULTIPLE)
    for stride in (4, 8):
        network = PoseNetwork(encoder, 5, stride).eval()
        with torch.inference_mode():
            heat, offset = network(images)
        assert heat.shape == (2, 5, 64 // stride, 96 // stride)
        assert offset.shape == (2, 5, 2, 64 // stride, 96 // stride)
        assert heat.isfinite().all() and offset.isfinite().all()


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


@pytest.mark.parametrize("stride", [0, 2, 5, 16])
def test_another_stride_is_refused(stride):
    with pytest.raises(PosemakeError, match=f"4 or 8, not {stride}"):
        PoseNetwork(make_encoder("unet_small", "none"), 3, stride)


def test_another_backbone_is_refused_with_those_that_there_are():
    with pytest.raises(PosemakeError, match=r"'resnet51'.*unet_small, resnet50"):
        make_encoder("resnet51", "none")


@pytest.mark.parametrize("weights", ["imagenet", "some.pt"])
def test_the_unet_has_no_weights_to_start_from(weights):
    with pytest.raises(PosemakeError, match="weights: none"):
        make_encoder("unet_small", weights)


def test_weights_that_cannot_be_downloaded_are_a_sentence(tmp_path, monkeypatch):
    def no_net(*args, **kwargs):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # nothing downloaded before
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_net)
    with pytest.raises(PosemakeError, match=r"mobilenet_v2 could not be downloaded.*no route to host.*set `weights`"):
        make_encoder("mobilenet_v2", "imagenet")


def save(path, state):
    torch.save(state, path)
    return str(path)


@pytest.mark.parametrize("classes", [1000, 7])
def test_weights_of_a_file_are_loaded_whatever_it_classified(tmp_path, classes):
    trained = torchvision.models.mobilenet_v2(num_classes=classes)
    file = save(tmp_path / "weights.pt", trained.state_dict())
    loaded = make_encoder("mobilenet_v2", file)
    given = torch.cat([tensor.flatten() for tensor in trained.features[:18].state_dict().values()])
    taken = torch.cat([tensor.flatten() for tensor in loaded.state_dict().values()])
    assert torch.equal(given, taken)


def test_weights_of_another_network_are_refused(tmp_path):
    file = save(tmp_path / "weights.pt", torchvision.models.resnet18(num_classes=2).state_dict())
    with pytest.raises(PosemakeError, match=r"weights.pt: holds no weights of mobilenet_v2 \(e.g. features.0.0.weight"):
        make_encoder("mobilenet_v2", file)


@pytest.mark.parametrize("content", [b"", b"not a file of torch", None])
def test_a_file_that_holds_no_weights_is_refused(tmp_path, content):
    file = tmp_path / "weights.pt"
    if content is None:
        torch.save([1, 2], file)
    else:
        file.write_bytes(content)
    with pytest.raises(PosemakeError, match=r"weights.pt: .*state_dict"):
        make_encoder("mobilenet_v2", str(file))


def test_a_weights_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PosemakeError, match=r"none.pt: there is no such weights file"):
        make_encoder("mobilenet_v2", str(tmp_path / "none.pt"))


def test_code_in_a_weights_file_does_not_run(tmp_path):
    mark = tmp_path / "ran"
    file = save(tmp_path / "weights.pt", {"features.0.0.weight": Code(str(mark))})
    with pytest.raises(PosemakeError, match=r"weights.pt: not a file of plain weights"):
        make_encoder("mobilenet_v2", file)
    assert not mark.exists()
    torch.load(file, weights_only=False)  # what the file would have done
    assert mark.exists()
