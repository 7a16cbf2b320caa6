"""A trained model as an ONNX graph, and that in whole numbers (B batch, K keypoints, H W pixels of the network's input).

The graph takes ``images`` (B, H, W, 3), RGB uint8 at the network's scale, and gives ``points`` (B, K, 3): x and y in input
pixels, and confidence; normalisation and the finding of the maxima are part of it.
"""

import json
import logging
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posemake.core.atomic import replacing
from posemake.networks.network import MULTIPLE
from posemake.networks.torch_runtime import Points

LARGEST = 512  # multiples of MULTIPLE, of the width and height that the graph takes


def export_graph(model: dict[str, Any], path: str | Path) -> None:
    """Write what ``load_model`` returns as ONNX, for any batch and any size that divides by ``MULTIPLE``.

    The file's metadata tell the keypoints, the scale of the input, and the multiple.
    """
    points = Points(model).eval()
    example = torch.zeros(2, 3 * MULTIPLE, 4 * MULTIPLE, 3, dtype=torch.uint8)
    size = {axis: MULTIPLE * torch.export.Dim(name, min=1, max=LARGEST) for axis, name in ((1, "height"), (2, "width"))}
    shapes = {"images": {0: torch.export.Dim("batch", min=1, max=1024), **size}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own doing
        exported = torch.onnx.export(
            points, (example,), dynamo=True, input_names=["images"], output_names=["points"], dynamic_shapes=shapes, verbose=False
        )
    content = exported.model_proto
    graph = content.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.initializer, *content.functions):
        # where in the code it comes from, with the paths of this machine, and sets, in another order in each process
        part.ClearField("metadata_props")
    for key, value in (
        ("keypoints", json.dumps(model["keypoints"])),
        ("scale", str(model["settings"]["scale"])),
        ("multiple", str(MULTIPLE)),
    ):
        content.metadata_props.add(key=key, value=value)
    with replacing(path) as part:
        part.write_bytes(content.SerializeToString())


class _Samples:
    """Frames, one after another, for ONNX Runtime's calibration."""

    def __init__(self, images: Iterable[np.ndarray]):
        self._images = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._images, None)
        return None if image is None else {"images": image[None]}


def quantise(graph: str | Path, images: Iterable[np.ndarray], path: str | Path) -> None:
    """Write an ONNX graph of `export_graph` with 8-bit weights and activations, whose ranges are those that frames bring about.

    The head's last convolution stays as it is, as its small values decide where a maximum is, and so does all that follows.

    Parameters
    ----------
    images
        Frames (H, W, 3) uint8 such as the network was trained with.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    nodes = onnx.load(graph).graph.node
    convolutions = [i for i, node in enumerate(nodes) if node.op_type in ("Conv", "ConvTranspose")]
    outside = [node.name for node in [*nodes[: convolutions[0]], *nodes[convolutions[-1] :]]]
    told = logging.getLogger()
    level = told.level
    told.setLevel(logging.ERROR)  # it advises preparations that do not change the result
    try:
        with replacing(path) as part:
            quantize_static(
                str(graph),
                str(part),
                _Samples(images),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=outside,
            )
    finally:
        told.setLevel(level)
