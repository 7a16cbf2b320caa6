import json
import logging
import sys

import numpy as np
import onnx
import pytest
import torch
from fixtures.helpers import ROOT, blob

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.data.visibility import Visibility
from posemake.models.losses import pose_loss
from posemake.networks import runtimes
from posemake.networks.build import make_network
from posemake.networks.export_info import Agreement, Candidate, ComparedFrames, ExportInfo
from posemake.networks.model_file import load_model, save_model
from posemake.networks.onnx_export import export_graph, quantise
from posemake.networks.runtimes import ENGINES, open_runtime, select_engine
from posemake.networks.torch_runtime import TorchRuntime

SETTINGS = {"backbone": "unet_small", "stride": 4, "scale": 0.5}
CPU = torch.device("cpu")
ON_CPU = [name for name, engine in ENGINES.items() if "cpu" in engine.devices]


def spot_images(count, height, width, seed=0):
    """Noise with a red and a green spot, and where these are (count, 2, 2)."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(12, (width - 12, height - 12), (count, 2, 2))
    images = rng.uniform(0, 40, (count, height, width, 3))
    for image, points in zip(images, xy):
        for channel, point in enumerate(points):
            image[..., channel] += blob((width, height), point, 4.0, 200.0)
    return images.astype(np.uint8), xy


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A network that learned within seconds to find both spots, and its graphs; exported once for all engines."""
    torch.manual_seed(0)
    network = make_network(Model(), ["snout", "tail"])
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    visible = torch.full((4, 2), int(Visibility.VISIBLE))
    for step in range(60):
        images, xy = spot_images(4, 64, 96, seed=step)
        heat, offset = network(torch.from_numpy(images).permute(0, 3, 1, 2).float())
        loss = pose_loss(heat, offset, torch.from_numpy(xy).float(), visible, 4, 3.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("model")
    save_model(folder / "weights.pt", network.eval(), SETTINGS, ["snout", "tail"])
    content = load_model(folder / "weights.pt")
    export_graph(content, folder / "network.onnx")
    quantise(folder / "network.onnx", spot_images(16, 96, 128)[0], folder / "int8.onnx")
    return folder, content


def open_engine(name, folder, size):
    graph = folder / ("int8.onnx" if name.endswith("int8") else "network.onnx")
    return open_runtime(name, "cpu", folder / "weights.pt", graph, size)


@pytest.mark.parametrize("name", [name for name in ON_CPU if not ENGINES[name].reduced])
@pytest.mark.parametrize("size", [(96, 128), (160, 64)])
def test_every_engine_finds_what_torch_finds(model, name, size, monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    folder, content = model
    images, xy = spot_images(6, *size, seed=99)
    expected = TorchRuntime(content, CPU).start(images)()
    assert np.median(np.linalg.norm(expected[..., :2] - xy, axis=-1)) < 1 and expected[..., 2].mean() > 0.5
    runtime = open_engine(name, folder, size)
    # more batches than it computes at once
    results = [runtime.start(images[i : i + runtime.batch]) for i in range(0, 6, runtime.batch)]
    points = np.concatenate([wait() for wait in results])
    assert points.shape == (6, 2, 3) and points.dtype == np.float32
    np.testing.assert_allclose(points, expected, atol=0.02)


@pytest.mark.parametrize("name", [name for name in ON_CPU if ENGINES[name].reduced])
def test_reduced_precision_is_close(model, name, monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    folder, content = model
    images, _ = spot_images(8, 96, 128, seed=99)
    expected = TorchRuntime(content, CPU).start(images)()
    runtime = open_engine(name, folder, (96, 128))
    points = np.concatenate([runtime.start(images[i : i + runtime.batch])() for i in range(0, 8, runtime.batch)])
    assert 0 < np.median(np.linalg.norm((points - expected)[..., :2], axis=-1)) < 0.25
    assert np.median(np.abs(points - expected)[..., 2]) < 0.05


def test_the_metadata_of_a_graph_hold_what_it_is_for(model):
    graph = onnx.load(model[0] / "network.onnx")
    metadata = {entry.key: entry.value for entry in graph.metadata_props}
    expected = (["snout", "tail"], 0.5, 32)
    assert (json.loads(metadata["keypoints"]), float(metadata["scale"]), int(metadata["multiple"])) == expected


def test_a_graph_holds_no_note_of_the_exporter(model):
    """They print sets, in another order in each process, so that the same model would not give the same bytes."""
    graph = onnx.load(model[0] / "network.onnx").graph
    assert not [part for part in (graph, *graph.node, *graph.value_info, *graph.initializer) if part.metadata_props]


def test_quantising_leaves_the_root_logger_as_it_was(model, tmp_path):
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    quantise(model[0] / "network.onnx", spot_images(2, 96, 128)[0], tmp_path / "int8.onnx")
    assert (root.level, root.handlers) == before


def test_a_graph_holds_no_path(model):
    for name in ("network.onnx", "int8.onnx"):
        assert str(ROOT).encode() not in (model[0] / name).read_bytes() and b".py" not in (model[0] / name).read_bytes()


@pytest.mark.parametrize(
    ("backbone", "neck", "head", "stride"),
    [
        ("resnet18", "deconv", "regression", 8),
        *(
            pytest.param(*network, marks=pytest.mark.slow)
            for network in (
                ("resnet18", "deconv", "heatmap", 8),
                ("mobilenet_v2", "fpn", "heatmap", 4),
                ("mobilenet_v3_large", "fpn", "regression", 2),
                ("efficientnet_b0", "deconv", "regression", 4),
                ("convnext_tiny", "fpn", "heatmap", 4),
            )
        ),
    ],
)
def test_every_kind_of_network_is_exported(tmp_path, backbone, neck, head, stride):
    torch.manual_seed(0)
    settings = {"backbone": backbone, "neck": neck, "head": head, "stride": stride, "scale": 1.0}
    network = make_network(Model(**settings), ["snout", "tail"]).eval()
    save_model(tmp_path / "weights.pt", network, settings, ["snout", "tail"])
    export_graph(load_model(tmp_path / "weights.pt"), tmp_path / "network.onnx")
    images, _ = spot_images(1, 96, 64)
    expected = TorchRuntime(load_model(tmp_path / "weights.pt"), CPU).start(images)()
    points = open_engine("onnxruntime", tmp_path, (96, 64)).start(images)()
    np.testing.assert_allclose(points[..., 2], expected[..., 2], atol=1e-3)


def test_the_last_convolution_is_not_quantised(model):
    nodes = onnx.load(model[0] / "int8.onnx").graph.node
    source = {output: node.op_type for node in nodes for output in node.output}
    convolutions = [source.get(node.input[1]) for node in nodes if node.op_type == "Conv"]
    assert set(convolutions[:-1]) == {"DequantizeLinear"} and convolutions[-1] is None
    last = max(i for i, node in enumerate(nodes) if node.op_type == "Conv")
    assert "QuantizeLinear" not in {node.op_type for node in nodes[last:]}


def test_a_full_memory_halves_the_batch(model):
    runtime = TorchRuntime(model[1], CPU, batch=8)
    images, _ = spot_images(8, 96, 128)
    expected, points = runtime.start(images)(), runtime.points

    def small(frames):
        if len(frames) > 2:
            raise torch.OutOfMemoryError("on purpose")
        return points(frames)

    runtime.points = small
    np.testing.assert_allclose(runtime.start(images)(), expected, atol=1e-3)
    assert runtime.batch == 2
    runtime.points = lambda frames: small(np.zeros(3))
    with pytest.raises(PosemakeError, match="does not suffice for one frame"):
        runtime.start(images[:1])


@pytest.mark.parametrize(
    ("name", "device", "requested", "here", "forced", "expected"),
    [
        ("openvino-int8", "cpu", "auto", "cpu", "", ("openvino-int8", "cpu")),
        ("openvino-int8", "cpu", "auto", "cuda", "", ("torch", "cuda")),  # a model exported on a laptop, on a cluster
        ("openvino", "cpu", "openvino", "cuda", "", ("openvino", "cpu")),  # as requested
        ("torch-bf16", "cuda", "auto", "cuda", "", ("torch-bf16", "cuda")),
        ("torch-bf16", "cuda", "auto", "mps", "", ("torch", "mps")),
        ("torch-fp16", "cuda", "torch-fp16", "mps", "", ("torch-fp16", "mps")),
        ("torch-bf16", "cuda", "auto", "cpu", "", None),
        ("torch-bf16", "cuda", "auto", "cpu", "cpu", ("torch", "cpu")),
        ("torch", "cuda", "torch", "cpu", "", None),
        ("torch", "cpu", "torch", "cuda", "", ("torch", "cuda")),
        ("torch", "cuda", "torch", "cpu", "cpu", ("torch", "cpu")),
    ],
)
def test_which_engine_is_used_where(monkeypatch, name, device, requested, here, forced, expected):
    monkeypatch.setattr(runtimes, "device_kind", lambda: here)
    monkeypatch.setenv("POSEMAKE_DEVICE", forced)
    info = ExportInfo(name, device, requested, ("snout",), 0.5, 32, 60.0)
    if expected:
        assert select_engine(info) == expected
    else:
        with pytest.raises(PosemakeError, match="no such device here"):
            select_engine(info)


def test_an_engine_that_is_not_installed_is_a_sentence(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(PosemakeError, match=r"^openvino-int8 cannot be used here .*; install openvino, or export with another"):
        open_engine("openvino-int8", model[0], (96, 128))


def test_how_a_model_is_computed_is_read_as_it_was_written(tmp_path):
    candidates = [Candidate("torch", 10.0, Agreement(0, 0, 0, 0, 1.5, 0), agrees=True), Candidate("openvino", fault="OSError")]
    info = ExportInfo(
        *("torch", "cpu", "auto", ("snout", "tail"), 0.5, 32, 60.0),
        candidates=[candidate.row() for candidate in candidates],
        compared_on=ComparedFrames("test", 12, 96, 128),
        threads=2,
        weights_sha256="0" * 64,
        settings={"backbone": "unet_small", "augment": {"scale": [0.8, 1.25]}},
        trained_with={"torch": "2"},
        versions={"torch": "3"},
    )
    info.write(tmp_path / "engine.json")
    assert ExportInfo.read(tmp_path / "engine.json") == info
    assert info.candidates[1] == {"engine": "openvino", "fault": "OSError"}
