"""Export of a trained model as an ONNX graph, and its quantisation (B batch, K keypoints, H W pixels of the network's input).

The graph's input is ``images`` (B, H, W, 3), RGB uint8 at the network's scale. Its output is ``points`` (B, K, 3): x and y in
pixels of the input, and confidence. Normalisation and the location of keypoints are part of it.
"""

import json
import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from posemake.core.atomic import atomic_write, write_bytes
from posemake.core.paths import StrPath
from posemake.networks.model_file import SavedModel
from posemake.networks.network import MULTIPLE
from posemake.networks.torch_runtime import Points

MAX_SIZE = 512  # greatest width and height that the graph takes, in units of MULTIPLE


def export_graph(model: SavedModel, path: StrPath) -> None:
    """Write a model as ONNX, for batches of any size and frames of any size that is divisible by ``MULTIPLE``.

    The file's metadata hold the keypoints, the scale of the input and the multiple.
    """
    points = Points(model).eval()
    example = torch.zeros(2, 3 * MULTIPLE, 4 * MULTIPLE, 3, dtype=torch.uint8)
    size = {axis: MULTIPLE * torch.export.Dim(name, min=1, max=MAX_SIZE) for axis, name in ((1, "height"), (2, "width"))}
    shapes = {"images": {0: torch.export.Dim("batch", min=1, max=1024), **size}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own calls
        exported = torch.onnx.export(
            points, (example,), dynamo=True, input_names=["images"], output_names=["points"], dynamic_shapes=shapes, verbose=False
        )
    assert exported is not None  # as of dynamo=True
    content = exported.model_proto
    graph = content.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.initializer, *content.functions):
        # notes of where each node comes from: paths of this machine, and sets, whose order differs between processes
        part.ClearField("metadata_props")
    metadata = {"keypoints": json.dumps(model.keypoints), "scale": str(model.settings["scale"]), "multiple": str(MULTIPLE)}
    for key, value in metadata.items():
        content.metadata_props.add(key=key, value=value)
    write_bytes(path, content.SerializeToString())


class _CalibrationImages:
    """Frames, one after another, for the calibration of ONNX Runtime."""

    def __init__(self, images: Iterable[np.ndarray]):
        self._images = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._images, None)
        return None if image is None else {"images": image[None]}


@contextmanager
def _errors_only() -> Iterator[None]:
    """Log nothing but errors: ONNX Runtime advises preparations that do not change the result.

    Its calls add a handler to the root logger, which would print all later messages of the job.
    """
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


def quantise(graph: StrPath, images: Iterable[np.ndarray], path: StrPath) -> None:
    """Write an ONNX graph with 8-bit weights and activations.

    The head's last convolution and all that follows stay as they are: its small values decide where a maximum is.

    Parameters
    ----------
    graph
        ONNX file of `export_graph`.
    images
        Frames (H, W, 3) uint8 like those of the training. The ranges of activations are those that occur with them.
    path
        ONNX file to write.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    nodes = onnx.load(graph).graph.node
    convolutions = [i for i, node in enumerate(nodes) if node.op_type in ("Conv", "ConvTranspose")]
    excluded = [node.name for node in [*nodes[: convolutions[0]], *nodes[convolutions[-1] :]]]
    with _errors_only(), atomic_write(path) as part:
        quantize_static(
            str(graph),
            str(part),
            _CalibrationImages(images),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=excluded,
        )
