import json

import numpy as np
import onnx
import pytest
import torch

from posemake import runtimes
from posemake.engine import make_network, save_model
from posemake.export import agrees, choose, compare, extent_of
from posemake.graph import export_graph, quantise
from posemake.log import PosemakeError
from posemake.reference import TorchRuntime
from posemake.runtimes import ENGINES, Engine, engine_here, open_runtime
from posemake.settings import Model

SETTINGS = {"backbone": "unet_small", "stride": 4, "scale": 0.5}
CPU = torch.device("cpu")
ON_CPU = [name for name, (kinds, *_) in ENGINES.items() if "cpu" in kinds]


def images(count, height, width, seed=0):
    """Smooth random pictures."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, height // 32, width // 32, 3), dtype=np.uint8)
    return coarse.repeat(32, 1).repeat(32, 2)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network whose heatmaps have clear maxima, though it is not trained: its head's weights are large."""
    torch.manual_seed(0)
    network = make_network(Model(), ["snout", "tail"]).eval()
    with torch.no_grad():
        network.head[-1].weight[:2].normal_(std=1.0)
    folder = tmp_path_factory.mktemp("model")
    save_model(folder / "weights.pt", network, SETTINGS, ["snout", "tail"])
    content = torch.load(folder / "weights.pt", weights_only=True)
    export_graph(content, folder / "network.onnx")
    quantise(folder / "network.onnx", images(8, 96, 128), folder / "int8.onnx")
    return folder, content


def opened(name, folder, size):
    return open_runtime(name, folder / "weights.pt", folder / ("int8.onnx" if name.endswith("int8") else "network.onnx"), size)


@pytest.mark.parametrize("name", [name for name in ON_CPU if "-" not in name])
@pytest.mark.parametrize("size", [(96, 128), (160, 64)])
def test_every_engine_finds_what_torch_finds(model, name, size, monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    folder, content = model
    pictures = images(6, *size, seed=1)
    expected = TorchRuntime(content, CPU).start(pictures)()
    runtime = opened(name, folder, size)
    waiting = [
        runtime.start(pictures[i : i + runtime.batch]) for i in range(0, 6, runtime.batch)
    ]  # more than it works on at once
    found = np.concatenate([wait() for wait in waiting])
    assert found.shape == (6, 2, 3) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("name", [name for name in ON_CPU if "-" in name])
def test_reduced_precision_is_close(model, name, monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    folder, content = model
    pictures = images(8, 96, 128)
    expected = TorchRuntime(content, CPU).start(pictures)()
    runtime = opened(name, folder, (96, 128))
    found = np.concatenate([runtime.start(pictures[i : i + runtime.batch])() for i in range(0, 8, runtime.batch)])
    distance = np.linalg.norm(found - expected, axis=-1)[..., None]
    assert 0 < np.median(distance) < 1 and not np.array_equal(found, expected)


def test_a_graph_tells_what_it_is_for(model):
    graph = onnx.load(model[0] / "network.onnx")
    told = {entry.key: entry.value for entry in graph.metadata_props}
    assert (json.loads(told["keypoints"]), float(told["scale"]), int(told["multiple"])) == (["snout", "tail"], 0.5, 32)


def test_the_last_convolution_is_not_quantised(model):
    nodes = onnx.load(model[0] / "int8.onnx").graph.node
    made_by = {output: node.op_type for node in nodes for output in node.output}
    convolutions = [made_by.get(node.input[1]) for node in nodes if node.op_type == "Conv"]
    assert set(convolutions[:-1]) == {"DequantizeLinear"} and convolutions[-1] is None
    last = max(i for i, node in enumerate(nodes) if node.op_type == "Conv")
    assert "QuantizeLinear" not in {node.op_type for node in nodes[last:]}


def test_a_full_memory_halves_the_batch(model):
    runtime = TorchRuntime(model[1], CPU, batch=8)
    pictures = images(8, 96, 128)
    expected, points = runtime.start(pictures)(), runtime.points

    def small(frames):
        if len(frames) > 2:
            raise torch.OutOfMemoryError("on purpose")
        return points(frames)

    runtime.points = small
    np.testing.assert_allclose(runtime.start(pictures)(), expected, atol=1e-3)
    assert runtime.batch == 2
    runtime.points = lambda frames: small(np.zeros(3))
    with pytest.raises(PosemakeError, match="does not suffice for one frame"):
        runtime.start(pictures[:1])


@pytest.mark.parametrize(
    ("name", "device", "asked", "here", "forced", "expected"),
    [
        ("openvino-int8", "cpu", "auto", "cpu", "", "openvino-int8"),
        ("openvino-int8", "cpu", "auto", "cuda", "", "torch"),  # a model exported on a laptop, on a cluster
        ("openvino", "cpu", "openvino", "cuda", "", "openvino"),  # was asked for
        ("torch-bf16", "cuda", "auto", "cuda", "", "torch-bf16"),
        ("torch-bf16", "cuda", "auto", "mps", "", "torch"),
        ("torch-fp16", "cuda", "torch-fp16", "mps", "", "torch-fp16"),
        ("torch-bf16", "cuda", "auto", "cpu", "", None),
        ("torch-bf16", "cuda", "auto", "cpu", "cpu", "torch"),
        ("torch", "cuda", "torch", "cpu", "", None),
        ("torch", "cuda", "torch", "cpu", "cpu", "torch"),
    ],
)
def test_which_engine_is_used_where(monkeypatch, name, device, asked, here, forced, expected):
    monkeypatch.setattr(runtimes, "device_kind", lambda: here)
    monkeypatch.setenv("POSEMAKE_DEVICE", forced)
    engine = Engine(name, device, asked, ("snout",), 0.5, 32, 60.0)
    if expected:
        assert engine_here(engine) == expected
    else:
        with pytest.raises(PosemakeError, match="no such device here"):
            engine_here(engine)


def test_the_device_can_be_forced(monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    assert runtimes.device_kind() == "cpu"
    monkeypatch.setenv("POSEMAKE_DEVICE", "cuda:1")
    assert runtimes.device_kind() == "cuda"


def row(engine, fps, agrees=True):
    return {"engine": engine, "fps": fps, "agrees": agrees}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("torch", 10), row("openvino", 20), row("onnxruntime", 15)], "openvino"),
        ([row("torch", 10), row("openvino", 20, False)], "torch"),
        ([row("torch", 10), row("openvino", 20), row("openvino-int8", 60)], "openvino-int8"),
        ([row("torch", 10), row("openvino", 20), row("openvino-int8", 60, False), row("openvino-bf16", 30)], "openvino-bf16"),
        ([row("torch", 10), row("openvino", 20), row("openvino-int8", 24)], "openvino"),  # not worth the lost precision
        ([row("torch", 10), {"engine": "openvino", "fault": "not here"}], "torch"),
    ],
)
def test_the_fastest_that_agrees_is_chosen(rows, expected):
    assert choose(rows) == expected


def test_agreement_is_judged_where_there_are_labels():
    reference = np.zeros((50, 2, 3))
    found, labels = reference.copy(), np.zeros((50, 2, 2))
    found[:, 1, 0], labels[:, 1] = 40.0, np.nan  # a keypoint that is not to be seen
    found[:, 0, 0] = 0.02
    figures = compare(found, reference, labels, 0.5)
    assert figures["median_px"] == pytest.approx(0.04) and figures["error_px"] == pytest.approx(0.04)
    assert agrees("openvino", figures)
    found[:, 0, 0] = 0.1
    figures = compare(found, reference, labels, 0.5)
    assert not agrees("openvino", figures) and agrees("openvino-int8", figures)
    found[:5, 0, 0] = 2.0  # a tenth of the points are far off
    assert not agrees("openvino-int8", compare(found, reference, labels, 0.5))


def test_how_much_of_a_frame_an_animal_takes_up():
    class labelled:
        xy = np.array([[[0, 0], [10, 30]], [[5, 5], [15, 35]], [[np.nan, np.nan], [900, 0]]], float)

    assert extent_of(labelled, 0.5) == 30
    labelled.xy = labelled.xy[2:]
    assert extent_of(labelled, 0.5) == 120
