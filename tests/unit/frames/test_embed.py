import json

import cv2
import numpy as np
import pytest
import timm
import torch
import torchvision
from fixtures.helpers import open_prepared, prepare, write_video

from posemake.config.settings import Frames
from posemake.core.errors import PosemakeError
from posemake.frames.candidates import CandidateRow
from posemake.frames.embed import BATCH, Embedder, EmbedInputs, embed_frames, input_size

COUNT = BATCH + 8


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Frames of random blocks: the left half changes in every frame, the right half in every fifth."""
    folder = tmp_path_factory.mktemp("video")
    random = np.random.default_rng(0)
    left, right = (random.integers(0, 255, (count, 6, 4, 3)).astype(np.uint8) for count in (COUNT, COUNT // 5 + 1))
    frames = [np.concatenate([left[i], right[i // 5]], axis=1).repeat(16, 0).repeat(16, 1) for i in range(COUNT)]
    write_video(folder / "a.mp4", frames)
    prepare(folder / "a.mp4", folder)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of weights of a network that has learned nothing but how its layers vary, without which all frames look alike."""
    torch.manual_seed(0)
    network = torchvision.models.mobilenet_v2(num_classes=2)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        network.train()(torch.randn(8, 3, 6, 8).repeat_interleave(28, 2).repeat_interleave(28, 3))
    path = tmp_path_factory.mktemp("weights") / "mobilenet.pt"
    torch.save(network.state_dict(), path)
    return str(path)


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")


def embed(video, out, weights, row=None, **values):
    inputs = EmbedInputs(video / "a.mp4", video / "video.json", video / "standard")
    settings = Frames(**{"features": "mobilenet_v2", "weights": weights, **values})
    embed_frames(inputs, out / "features.npy", settings, CandidateRow(**row or {}))
    return np.load(out / "features.npy")


SIZES = {
    (640, 480): (224, 160), (480, 640): (160, 224), (50, 50): (224, 224), (4000, 20): (224, 32), (1920, 1080): (224, 128),
}  # fmt: skip


@pytest.mark.parametrize("size, given", SIZES.items())
def test_the_input_has_about_the_shape_of_the_region(size, given):
    assert input_size(*size) == given


def test_each_candidate_has_the_features_of_its_frame(video, tmp_path, weights):
    features = embed(video, tmp_path, weights)
    assert features.shape == (COUNT, 320) and features.dtype == np.float16 and np.isfinite(features).all()
    spread = np.linalg.norm(features - features.mean(0), axis=1).mean()
    every_fourth = embed(video, tmp_path, weights, {"start": 3, "stop": 21}, stride=4)
    assert np.linalg.norm(every_fourth - features[3:21:4], axis=1).max() < 0.01 * spread
    listed = embed(video, tmp_path, weights, {"frames": [1, 38]}, stride=30, method="manual")
    assert np.linalg.norm(listed - features[[0, 1, 30, 38]], axis=1).max() < 0.01 * spread


def test_only_the_region_is_seen(video, tmp_path, weights):
    right = embed(video, tmp_path, weights, {"roi": [72, 128, 0, 96]}).astype(float)
    # the video's compression lets frames of the same picture differ a little
    same, other = np.linalg.norm(right[0] - right[1]), np.linalg.norm(right[0] - right[5])
    assert same < 0.2 * other


def test_the_same_bytes_come_again(video, tmp_path, weights):
    embed(video, tmp_path, weights)
    first = (tmp_path / "features.npy").read_bytes()
    embed(video, tmp_path, weights)
    assert (tmp_path / "features.npy").read_bytes() == first


def test_pictures_are_normalised_as_the_network_knows_them(weights):
    embedder = Embedder("mobilenet_v2", weights)
    seen = []
    embedder.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    embedder([np.full((32, 32, 3), value, np.uint8) for value in (0, 255)])
    expected = (torch.tensor([[0.0] * 3, [1.0] * 3]) - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    assert torch.allclose(seen[0].mean((2, 3)), expected, atol=1e-4)
    assert not embedder.network.training


def test_without_imagenet_weights_the_features_are_empty_and_the_log_says_so(video, tmp_path, monkeypatch, caplog):
    def no_connection(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", no_connection)
    with caplog.at_level("INFO", "posemake"):
        assert embed(video, tmp_path, "imagenet").shape == (0, 0)
    assert "thumbnails are compared instead: the ImageNet weights of mobilenet_v2 could not be downloaded" in caplog.text
    assert "features.npy to try again" in caplog.text


def test_a_wrong_file_of_weights_is_an_error(video, tmp_path):
    (tmp_path / "wrong.pt").write_text("no weights")
    with pytest.raises(PosemakeError, match=r"wrong.pt: not a file of plain weights"):
        embed(video, tmp_path, str(tmp_path / "wrong.pt"))
    assert not (tmp_path / "features.npy").exists()


def test_a_video_that_cannot_be_read_has_no_features(video, tmp_path, weights):
    info = json.loads((video / "video.json").read_text()) | {"fault": "it is cut short"}
    (tmp_path / "video.json").write_text(json.dumps(info))
    assert embed(tmp_path, tmp_path, weights).shape == (0, 0)


def test_frames_are_embedded_as_they_are_read(video, tmp_path, weights):
    """Features of a frame are those of its picture, resized by area."""
    features = embed(video, tmp_path, weights, {"start": 7, "stop": 8})
    (_, image), *_ = open_prepared(video / "a.mp4", video).images_at([7])
    width, height = input_size(128, 96)
    direct = Embedder("mobilenet_v2", weights)([cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)])
    assert np.allclose(features, direct, atol=1e-3)
