import pickle

import numpy as np
import pytest
import torch
from fixtures.helpers import blob

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.core.versions import TRAINING, package_versions
from posemake.networks.build import make_network, rebuild_network
from posemake.networks.heatmap import decode, encode
from posemake.networks.model_file import FORMAT, load_model, save_model
from posemake.networks.torch_runtime import Predictor

SETTINGS = {"backbone": "unet_small", "stride": 4, "scale": 1.0, "augment": {"scale": (0.8, 1.25)}}
KEYPOINTS = ["snout", "tail"]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return make_network(Model(), KEYPOINTS).eval()


@pytest.fixture
def file(tmp_path, network):
    save_model(tmp_path / "weights.pt", network, SETTINGS, KEYPOINTS)
    return tmp_path / "weights.pt"


def test_the_same_network_gives_the_same_bytes_under_any_name(tmp_path, network, file):
    other = tmp_path / "elsewhere" / "a_much_longer_name.pt"
    save_model(other, network, SETTINGS, KEYPOINTS)
    assert other.read_bytes() == file.read_bytes()
    assert [path.name for path in other.parent.iterdir()] == [other.name]


def test_a_model_file_holds_all_that_prediction_needs(network, file):
    model = load_model(file)
    assert model.settings == SETTINGS and model.keypoints == KEYPOINTS
    assert model.versions == package_versions(TRAINING) and "torch" in model.versions
    state = network.state_dict()
    assert list(model.state) == list(state)
    assert all(torch.equal(model.state[name], state[name]) for name in state)


def test_a_loaded_network_predicts_as_the_one_that_was_saved(network, file):
    frames = [np.random.default_rng(i).integers(0, 256, (64, 96, 3), dtype=np.uint8) for i in range(2)]
    predictor = Predictor(load_model(file), CPU)
    with torch.inference_mode():
        outputs = network(torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).float())
    xy, confidence = predictor(frames)
    for predicted, expected in zip((xy, confidence), decode(*outputs, SETTINGS["stride"])):
        np.testing.assert_allclose(predicted, expected, rtol=1e-3, atol=1e-3)


HEADS_AND_NECKS = [(head, neck) for head in ("heatmap", "regression") for neck in ("fpn", "deconv")]
TIMM_BACKBONES = ("resnet18", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny")


@pytest.mark.parametrize(
    ("backbone", "head", "neck"),
    [
        *(("unet_medium", head, neck) for head, neck in HEADS_AND_NECKS),
        *((name, head, neck) for name, (head, neck) in zip(TIMM_BACKBONES, HEADS_AND_NECKS)),
        *(
            pytest.param(name, *both, marks=pytest.mark.slow)
            for i, name in enumerate(TIMM_BACKBONES)
            for j, both in enumerate(HEADS_AND_NECKS)
            if i != j
        ),
    ],
)
def test_a_file_rebuilds_its_network(tmp_path, backbone, head, neck):
    torch.manual_seed(0)
    values = {"backbone": backbone, "head": head, "neck": neck, "stride": 8, "weights": "a file that is gone"}
    trained = make_network(Model(**values | {"weights": "none"}), KEYPOINTS).eval()
    save_model(tmp_path / "weights.pt", trained, Model(**values | {"scale": 1.0}).model_dump(), KEYPOINTS)
    model = load_model(tmp_path / "weights.pt")
    images = torch.randint(0, 256, (1, 3, 32, 64)).float()
    with torch.inference_mode():
        for rebuilt, expected in zip(decode(*rebuild_network(model)(images), 8), decode(*trained(images), 8)):
            assert torch.equal(rebuilt, expected)
    xy, confidence = Predictor(model, CPU)([np.zeros((20, 50, 3), np.uint8)])
    assert np.isfinite(xy).all() and (confidence > 0).all() and (confidence < 1).all()


def test_weights_of_another_network_are_a_sentence(file):
    model = load_model(file)
    model.state["neck.another"] = torch.zeros(1)
    with pytest.raises(PosemakeError, match=r"the model's weights are not those of unet_small .*; train it again"):
        rebuild_network(model)


class Code:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (self.mark, "w")


def test_code_in_a_model_file_does_not_run(tmp_path):
    mark, path = tmp_path / "ran", tmp_path / "weights.pt"
    torch.save({"format": FORMAT, "state": Code(str(mark))}, path)
    with pytest.raises(PosemakeError, match=r"weights.pt: not a posemake model, or damaged"):
        load_model(path)
    path.write_bytes(pickle.dumps(Code(str(mark)), protocol=2))
    with pytest.raises(PosemakeError, match=r"weights.pt: not a posemake model, or damaged"):
        load_model(path)
    assert not mark.exists()
    pickle.loads(path.read_bytes())  # what the file would have done
    assert mark.exists()


@pytest.mark.parametrize("content", [{"state": {}}, {"format": "posemake-model-0"}, [1, 2], torch.zeros(3)])
def test_a_file_of_another_format_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(PosemakeError, match=r"weights.pt: not a posemake model of this version; train it again"):
        load_model(tmp_path / "weights.pt")


@pytest.mark.parametrize("cut", [0, 100, 0.5, 0.99])
def test_a_damaged_file_is_refused(tmp_path, file, cut):
    content = file.read_bytes()
    path = tmp_path / "cut.pt"
    path.write_bytes(content[: int(len(content) * cut) if cut < 1 else cut])
    with pytest.raises(PosemakeError, match=r"cut.pt: not a posemake model, or damaged"):
        load_model(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PosemakeError, match=r"none.pt"):
        load_model(tmp_path / "none.pt")


class SpotNetwork(torch.nn.Module):
    """Stands for a trained network: locates the red and the green spot of its input."""

    def forward(self, images):
        assert images.shape[2] % 32 == 0 and images.shape[3] % 32 == 0
        height, width = images.shape[2:]
        total = images[:, :2].sum((2, 3))
        x = (images[:, :2].sum(2) * torch.arange(width)).sum(-1) / total
        y = (images[:, :2].sum(3) * torch.arange(height)).sum(-1) / total
        heat, offset, _ = encode(torch.stack([x, y], -1), (height // 4, width // 4), 4, 6.0)
        return torch.logit((0.999 * heat).clamp(min=1e-30)), offset


def spots(size, red, green):
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[..., 0], image[..., 1] = blob(size, red, 5), blob(size, green, 5)
    return image


@pytest.mark.parametrize("scale", [0.5, 0.73, 1.0, 1.5])
@pytest.mark.parametrize("size", [(128, 96), (131, 97), (200, 77)])
def test_positions_are_in_pixels_of_the_frame_whatever_the_input(file, scale, size):
    model = load_model(file)
    model.settings["scale"] = scale
    predictor = Predictor(model, CPU)
    predictor.runtime.points.network = SpotNetwork()
    labelled = np.array([[[30.0, 40.0], [100.0, 31.0]], [[61.5, 52.2], [40.3, 36.9]]])
    xy, confidence = predictor([spots(size, *points) for points in labelled])
    assert xy.shape == (2, 2, 2) and confidence.shape == (2, 2)
    assert np.abs(xy - labelled).max() < 0.2
    assert (confidence > 0.9).all()


def test_a_frame_is_predicted_the_same_alone_and_among_others(file):
    frames = [np.random.default_rng(i).integers(0, 256, (50, 70, 3), dtype=np.uint8) for i in range(3)]
    predictor = Predictor(load_model(file), CPU)
    _, together = predictor(frames)
    alone = np.concatenate([predictor([frame])[1] for frame in frames])
    np.testing.assert_allclose(together, alone, rtol=1e-3)
