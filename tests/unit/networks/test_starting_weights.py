import re

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.networks.backbones import TIMM_NAMES, make_encoder
from posemake.networks.build import make_network
from posemake.networks.model_file import save_model

OUTPUT = "head.1.weight"


class Code:
    """Unpickling it runs code, which here would only write a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (self.mark, "w")


def save(path, state):
    torch.save(state, path)
    return str(path)


@pytest.fixture
def log_text(caplog):
    """Return the text of the log, as a function."""
    caplog.set_level("INFO", "posemake")
    return lambda: caplog.text


@pytest.fixture
def model_file(tmp_path):
    """A model of three keypoints, and its network."""

    def write(values):
        torch.manual_seed(1)
        network = make_network(Model(**values), ["snout", "ear", "tail"])
        save_model(tmp_path / "model.pt", network, Model(**values).model_dump(), ["snout", "ear", "tail"])
        return str(tmp_path / "model.pt"), network.state_dict()

    return write


BACKBONES = ("resnet18", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny")


def assert_loaded(encoder, trained):
    """Assert that an encoder holds the first weights of a classifier, in their order."""
    state = encoder.state_dict()
    for tensor, expected in zip(state.values(), list(trained.values())[: len(state)], strict=True):
        assert torch.equal(tensor, expected.reshape(tensor.shape))


@pytest.mark.parametrize("classes", [1000, 7])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_weights_of_torchvision_are_loaded_whatever_they_classified(tmp_path, backbone, classes, log_text):
    trained = torchvision.models.get_model(backbone, num_classes=classes).state_dict()
    encoder = make_encoder(backbone, save(tmp_path / "weights.pt", trained))
    assert_loaded(encoder, trained)
    count = len(encoder.state_dict())
    assert count < len(trained)
    assert f"{count} arrays loaded; started anew: 0; unused: {len(trained) - count} (" in log_text()


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_weights_of_timm_are_loaded_from_both_kinds_of_files(tmp_path, backbone, kind, log_text):
    trained = timm.create_model(TIMM_NAMES.get(backbone, backbone), num_classes=7).state_dict()
    file = tmp_path / f"weights.{kind}"
    save_file(trained, file) if kind == "safetensors" else save(file, trained)
    encoder = make_encoder(backbone, str(file))
    assert_loaded(encoder, trained)
    assert f"{len(encoder.state_dict())} arrays loaded; started anew: 0" in log_text()


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2"])
def test_files_without_counters_of_batches_and_with_another_order_within_layers_are_loaded(tmp_path, backbone, log_text):
    """As older files of torchvision are."""
    trained = torchvision.models.get_model(backbone, num_classes=7).state_dict()
    older = {name: trained[name] for name in sorted(trained, key=lambda name: (layer_number(name, trained), name[-3:]))}
    older = {name: tensor for name, tensor in older.items() if not name.endswith("num_batches_tracked")}
    assert list(older) != [name for name in trained if name in older]
    encoder = make_encoder(backbone, save(tmp_path / "weights.pt", older))
    counters = [name for name in encoder.state_dict() if name.endswith("num_batches_tracked")]
    assert_loaded(encoder, trained)
    assert f"{len(encoder.state_dict()) - len(counters)} arrays loaded; started anew: {len(counters)} (" in log_text()


def layer_number(name, names):
    layers = list(dict.fromkeys(other.rpartition(".")[0] for other in names))
    return layers.index(name.rpartition(".")[0])


def test_torchvision_s_network_and_ours_compute_the_same_with_its_weights(tmp_path):
    torch.manual_seed(0)
    trained = torchvision.models.mobilenet_v2(num_classes=2).eval()
    encoder = make_encoder("mobilenet_v2", save(tmp_path / "weights.pt", trained.state_dict())).eval()
    images = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        assert torch.allclose(encoder(images)[-1], trained.features[:18](images), atol=1e-5)


def test_weights_of_another_network_are_refused(tmp_path):
    file = save(tmp_path / "weights.pt", torchvision.models.resnet18(num_classes=2).state_dict())
    for backbone, first in (("mobilenet_v2", "features.conv_stem.weight"), ("unet_small", "stem.0.weight")):
        with pytest.raises(PosemakeError, match=rf"weights.pt: holds no weights of {backbone}: .*\(e.g. {first}\)"):
            make_network(Model(backbone=backbone, weights=file), ["snout"])


def test_a_model_of_the_same_keypoints_is_loaded_whole(model_file, log_text):
    file, trained = model_file({})
    network = make_network(Model(weights=file, seed=2), ["snout", "ear", "tail"]).state_dict()
    assert all(torch.equal(tensor, trained[name]) for name, tensor in network.items())
    assert "started anew: 0; unused: 0" in log_text()


@pytest.mark.parametrize("head", ["heatmap", "regression"])
def test_of_other_keypoints_those_of_the_same_name_are_loaded(model_file, log_text, head):
    file, trained = model_file({"head": head})
    network = make_network(Model(weights=file, head=head), ["tail", "paw", "snout", "nose"]).state_dict()
    for layer in (OUTPUT, "head.1.bias"):
        new, old = network[layer], trained[layer]
        assert torch.equal(new[[0, 2]], old[[2, 0]])
        if head == "heatmap":
            assert torch.equal(new[[4, 5, 8, 9]], old[[7, 8, 3, 4]])
    assert not torch.isin(network[OUTPUT][[1, 3]], trained[OUTPUT]).any()
    assert torch.equal(network["head.0.0.weight"], trained["head.0.0.weight"])
    assert "keypoints loaded: tail, snout" in log_text()


def test_between_heads_the_heatmaps_are_loaded(model_file):
    file, trained = model_file({"head": "regression"})
    network = make_network(Model(weights=file), ["tail", "snout"]).state_dict()
    assert torch.equal(network[OUTPUT][:2], trained[OUTPUT][[2, 0]])
    assert not torch.isin(network[OUTPUT][2:], trained[OUTPUT]).any()


def test_with_another_neck_the_backbone_is_loaded_and_the_log_says_what_is_not(model_file, log_text):
    file, trained = model_file({})
    network = make_network(Model(weights=file, neck="deconv"), ["snout"]).state_dict()
    backbone = [name for name in network if name.startswith("encoder.")]
    assert all(torch.equal(network[name], trained[name]) for name in backbone)
    anew, unused = (int(re.search(rf"{what}: (\d+) \(", log_text())[1]) for what in ("started anew", "unused"))
    count = "head.0.1.num_batches_tracked"  # the one thing beside the backbone that is the same
    assert anew == sum(name.startswith(("neck", "head")) for name in network if name != count)
    assert unused == sum(name.startswith(("neck", "head")) for name in trained if name != count)
    assert "keypoints loaded: none" in log_text()
    assert max(map(len, log_text().splitlines())) < 500


def test_a_model_of_another_backbone_is_refused(model_file):
    file, _ = model_file({})
    with pytest.raises(PosemakeError, match=r"model.pt: holds no weights of resnet18: 120 of 120 arrays do not fit"):
        make_network(Model(backbone="resnet18", weights=file), ["snout"])


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
        make_network(Model(backbone="mobilenet_v2", weights=file), ["snout"])
    assert not mark.exists()
    torch.load(file, weights_only=False)  # what the file would have done
    assert mark.exists()


def test_code_in_a_model_file_to_start_from_does_not_run(tmp_path):
    mark = tmp_path / "ran"
    file = save(tmp_path / "weights.pt", {"format": "posemake-model-1", "keypoints": ["snout"], "state": Code(str(mark))})
    with pytest.raises(PosemakeError, match=r"^[^\n]*weights.pt: not a file of plain weights[^\n]*$"):
        make_network(Model(weights=file), ["snout"])
    assert not mark.exists()
