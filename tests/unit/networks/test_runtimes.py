import json

import numpy as np
import onnx
import pytest
import torch
from fixtures.helpers import ROOT, blob

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.models.export import agrees, choose, compare, extent_of
from posemake.models.losses import pose_loss
from posemake.networks import runtimes
from posemake.networks.model_file import load_model, make_network, save_model
from posemake.networks.onnx_export import export_graph, quantise
from posemake.networks.runtimes import ENGINES, Engine, engine_here, open_runtime
from posemake.networks.torch_runtime import TorchRuntime

SETTINGS = {"backbone": "unet_small", "stride": 4, "scale": 0.5}
CPU = torch.device("cpu")
ON_CPU = [name for name, (kinds, *_) in ENGINES.items() if "cpu" in kinds]


def images(count, height, width, seed=0):
    """Noise with a red and a green spot, and where these are (count, 2, 2)."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(12, (width - 12, height - 12), (count, 2, 2))
    pictures = rng.uniform(0, 40, (count, height, width, 3))
    for picture, points in zip(pictures, xy):
        for channel, point in enumerate(points):
            picture[..., channel] += blob((width, height), point, 4.0, 200.0)
    return pictures.astype(np.uint8), xy


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that learned within seconds to find both spots, and its graphs."""
    torch.manual_seed(0)
    network = make_network(Model(), ["snout", "tail"])
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for step in range(60):
        pictures, xy = images(8, 96, 128, seed=step)
        heat, offset = network(torch.from_numpy(pictures).permute(0, 3, 1, 2).float())
        loss = pose_loss(heat, offset, torch.from_numpy(xy).float(), 4, 3.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("model")
    save_model(folder / "weights.pt", network.eval(), SETTINGS, ["snout", "tail"])
    content = load_model(folder / "weights.pt")
    export_graph(content, folder / "network.onnx")
    quantise(folder / "network.onnx", images(16, 96, 128)[0], folder / "int8.onnx")
    return folder, content


def opened(name, folder, size):
    graph = folder / ("int8.onnx" if name.endswith("int8") else "network.onnx")
    return open_runtime(name, "cpu", folder / "weights.pt", graph, size)


@pytest.mark.parametrize("name", [name for name in ON_CPU if "-" not in name])
@pytest.mark.parametrize("size", [(96, 128), (160, 64)])
def test_every_engine_finds_what_torch_finds(model, name, size, monkeypatch):
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    folder, content = model
    pictures, xy = images(6, *size, seed=99)
    expected = TorchRuntime(content, CPU).start(pictures)()
    assert np.median(np.linalg.norm(expected[..., :2] - xy, axis=-1)) < 1 and expected[..., 2].mean() > 0.5
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
    pictures, _ = images(8, 96, 128, seed=99)
    expected = TorchRuntime(content, CPU).start(pictures)()
    runtime = opened(name, folder, (96, 128))
    found = np.concatenate([runtime.start(pictures[i : i + runtime.batch])() for i in range(0, 8, runtime.batch)])
    assert 0 < np.median(np.linalg.norm((found - expected)[..., :2], axis=-1)) < 0.25
    assert np.median(np.abs(found - expected)[..., 2]) < 0.05


def test_a_graph_tells_what_it_is_for(model):
    graph = onnx.load(model[0] / "network.onnx")
    told = {entry.key: entry.value for entry in graph.metadata_props}
    assert (json.loads(told["keypoints"]), float(told["scale"]), int(told["multiple"])) == (["snout", "tail"], 0.5, 32)


def test_a_graph_holds_no_note_of_the_exporter(model):
    """They print sets, in another order in each process, so that the same model would not give the same bytes."""
    graph = onnx.load(model[0] / "network.onnx").graph
    assert not [part for part in (graph, *graph.node, *graph.value_info, *graph.initializer) if part.metadata_props]


def test_a_graph_holds_no_path(model):
    for name in ("network.onnx", "int8.onnx"):
        assert str(ROOT).encode() not in (model[0] / name).read_bytes() and b".py" not in (model[0] / name).read_bytes()


@pytest.mark.parametrize(
    ("backbone", "neck", "head", "stride"),
    [
        ("resnet18", "deconv", "heatmap", 8),
        ("mobilenet_v3_large", "fpn", "regression", 2),
        ("efficientnet_b0", "deconv", "regression", 4),
        ("convnext_tiny", "fpn", "heatmap", 4),
    ],
)
def test_every_kind_of_network_is_exported(tmp_path, backbone, neck, head, stride):
    torch.manual_seed(0)
    settings = {"backbone": backbone, "neck": neck, "head": head, "stride": stride, "scale": 1.0}
    network = make_network(Model(**{**settings, "weights": "none"}), ["snout", "tail"]).eval()
    save_model(tmp_path / "weights.pt", network, settings, ["snout", "tail"])
    export_graph(load_model(tmp_path / "weights.pt"), tmp_path / "network.onnx")
    pictures, _ = images(1, 96, 64)
    expected = TorchRuntime(load_model(tmp_path / "weights.pt"), CPU).start(pictures)()
    found = opened("onnxruntime", tmp_path, (96, 64)).start(pictures)()
    np.testing.assert_allclose(found[..., 2], expected[..., 2], atol=1e-3)


def test_the_last_convolution_is_not_quantised(model):
    nodes = onnx.load(model[0] / "int8.onnx").graph.node
    made_by = {output: node.op_type for node in nodes for output in node.output}
    convolutions = [made_by.get(node.input[1]) for node in nodes if node.op_type == "Conv"]
    assert set(convolutions[:-1]) == {"DequantizeLinear"} and convolutions[-1] is None
    last = max(i for i, node in enumerate(nodes) if node.op_type == "Conv")
    assert "QuantizeLinear" not in {node.op_type for node in nodes[last:]}


def test_a_full_memory_halves_the_batch(model):
    runtime = TorchRuntime(model[1], CPU, batch=8)
    pictures, _ = images(8, 96, 128)
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
        ("openvino-int8", "cpu", "auto", "cpu", "", ("openvino-int8", "cpu")),
        ("openvino-int8", "cpu", "auto", "cuda", "", ("torch", "cuda")),  # a model exported on a laptop, on a cluster
        ("openvino", "cpu", "openvino", "cuda", "", ("openvino", "cpu")),  # was asked for
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
def test_which_engine_is_used_where(monkeypatch, name, device, asked, here, forced, expected):
    monkeypatch.setattr(runtimes, "device_kind", lambda: here)
    monkeypatch.setenv("POSEMAKE_DEVICE", forced)
    engine = Engine(name, device, asked, ("snout",), 0.5, 32, 60.0)
    if expected:
        assert engine_here(engine) == expected
    else:
        with pytest.raises(PosemakeError, match="no such device here"):
            engine_here(engine)


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


@pytest.mark.parametrize(("what", "value"), [("x", 300.0), ("confidence", -0.4)])
def test_one_wrong_keypoint_of_many_or_another_confidence_is_no_agreement(what, value):
    reference, labels = np.full((32, 25, 3), 0.9), np.zeros((32, 25, 2))
    found = reference.copy()
    assert agrees("openvino", compare(found, reference, labels, 0.5))
    if what == "x":
        found[:, 7, 0] += value
    else:
        found[..., 2] += value
    assert not agrees("openvino-int8", compare(found, reference, labels, 0.5))


def test_how_much_of_a_frame_an_animal_takes_up():
    class labelled:
        xy = np.array([[[0, 0], [10, 30]], [[5, 5], [15, 35]], [[np.nan, np.nan], [900, 0]]], float)

    assert extent_of(labelled, 0.5) == 30
    labelled.xy = labelled.xy[2:]
    assert extent_of(labelled, 0.5) == 120
