"""Ways to compute a trained network, all with one interface (B batch, K keypoints, H W pixels of the network's input).

A runtime has ``batch``, the frames that it wants at once, ``depth``, the batches that it works on at the same time, and
``start(images)``, which begins with frames (B, H, W, 3) uint8 RGB and gives a function that waits for their points (B, K, 3): x
and y in input pixels, confidence. What is heavy is imported where it is used, so that a job loads only what it computes with.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json
from posemake.core.log import logger
from posemake.networks.devices import ON_CPU, best_device, device_kind, forced
from posemake.video.reader import cores

# engine: the kinds of devices that it computes on, the library that it needs, the precision of the network
ENGINES = {
    "torch": (("cpu", "cuda", "mps"), "torch", "float32"),
    "torch-bf16": (("cpu", "cuda"), "torch", "bfloat16"),
    "torch-fp16": (("cuda", "mps"), "torch", "float16"),
    "openvino": (("cpu",), "openvino", "f32"),
    "openvino-bf16": (("cpu",), "openvino", "bf16"),
    "openvino-int8": (("cpu",), "openvino", "int8"),
    "onnxruntime": (("cpu", "cuda"), "onnxruntime", "float32"),
    "onnxruntime-int8": (("cpu",), "onnxruntime", "int8"),
}
FULL = ("torch", "openvino", "onnxruntime")  # in float32; the others in reduced precision
GPU_BATCH = 32  # frames; torch halves it where it does not fit


class Runtime(Protocol):
    batch: int
    depth: int

    def start(self, images: np.ndarray) -> Callable[[], np.ndarray]: ...


def in_batches(frames: Iterator[tuple[int, np.ndarray]], runtime: Runtime) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, points (K, 3)) of frames (index, (H, W, 3) uint8) in order; as many are under way as the runtime works on."""
    under_way: deque = deque()
    gathered: list = []

    def begin() -> None:
        indices, images = zip(*gathered)
        under_way.append((indices, runtime.start(np.stack(images))))
        gathered.clear()

    def finish() -> Iterator[tuple[int, np.ndarray]]:
        indices, wait = under_way.popleft()
        return zip(indices, wait())

    for frame in frames:
        gathered.append(frame)
        if len(gathered) >= runtime.batch:
            begin()
            if len(under_way) > runtime.depth:
                yield from finish()
    if gathered:
        begin()
    while under_way:
        yield from finish()


@dataclass(frozen=True)
class Engine:
    """How a model is to be computed, as `export_model` found out."""

    engine: str  # of ENGINES
    device: str  # kind: cpu, cuda, mps
    asked: str  # what the config asks for: an engine, or `auto`
    keypoints: tuple[str, ...]
    scale: float  # of the network's input over the frame
    multiple: int  # of the input's width and height
    extent: float  # pixels of the frame that the animal takes up, from one side of its bounding box to the other


def read_engine(path: str | Path) -> Engine:
    """Read what `export_model` found out."""
    content = read_json(path)
    content["keypoints"] = tuple(content["keypoints"])
    return Engine(**{name: content[name] for name in Engine.__dataclass_fields__})


def engine_here(engine: Engine) -> tuple[str, str]:
    """The engine and the kind of device to use on this machine, which may have others than that on which the model was exported.

    Raises
    ------
    PosemakeError
        If the model was exported for a GPU, and there is none.
    """
    here, explicit = device_kind(), engine.engine == engine.asked
    if here == engine.device or (explicit and engine.device == "cpu"):
        return engine.engine, here if here in ENGINES[engine.engine][0] else "cpu"
    if here == "cpu" and not forced():
        raise PosemakeError(
            f"the model was exported for {engine.device}, and there is no such device here: compute where there is one, or "
            f"export the model here (snakemake --forcerun export_model); {ON_CPU}"
        )
    if explicit and here in ENGINES[engine.engine][0]:
        return engine.engine, here
    logger.info("the model was exported for %s, so torch computes it on %s", engine.device, here)
    return "torch", here


def open_runtime(name: str, device: str, weights: str | Path, graph: str | Path, size: tuple[int, int]) -> Runtime:
    """Load a model for an engine.

    Parameters
    ----------
    name, device
        Of ENGINES, and the kind of device.
    weights, graph
        The model file (torch) and the ONNX file (all others), in which an int8 network is quantised.
    size
        (H, W) of the frames that it will be given; torch and ONNX Runtime take others as well.

    Raises
    ------
    PosemakeError
        If the engine is not installed.
    """
    _, library, precision = ENGINES[name]
    try:
        if library == "openvino":
            return OpenVino(graph, size, precision)
        if library == "onnxruntime":
            return OnnxRuntime(graph, device)
        import torch
    except ImportError as error:
        raise PosemakeError(f"{name} cannot be used here ({error}); install {library}, or export with another engine") from error
    from posemake.networks.model_file import load_model
    from posemake.networks.torch_runtime import TorchRuntime

    if device == "cpu":
        return TorchRuntime(load_model(weights), torch.device("cpu"), precision, 8)
    return TorchRuntime(load_model(weights), best_device(), precision, GPU_BATCH)


class OpenVino:
    """OpenVINO on the CPU: frame by frame, several at the same time."""

    batch = 1

    def __init__(self, graph: str | Path, size: tuple[int, int], precision: str):
        import openvino

        core = openvino.Core()
        network = core.read_model(graph)
        network.reshape([1, *size, 3])
        self._compiled = core.compile_model(
            network,
            "CPU",
            {
                "PERFORMANCE_HINT": "THROUGHPUT",
                "INFERENCE_NUM_THREADS": cores() or os.cpu_count(),
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
                "ENABLE_CPU_PINNING": False,  # two jobs on a machine would take the same cores
            },
        )
        self.depth = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._free: list = []

    def start(self, images: np.ndarray) -> Callable[[], np.ndarray]:
        request = self._free.pop() if self._free else self._compiled.create_infer_request()
        request.start_async({0: images})

        def wait() -> np.ndarray:
            request.wait()
            points = request.get_output_tensor().data.copy()
            self._free.append(request)
            return points

        return wait


class OnnxRuntime:
    """ONNX Runtime, on a GPU where it is built for one."""

    depth = 1

    def __init__(self, graph: str | Path, device: str):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the decoder needs the cores too
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider") if device == "cuda" else ("CPUExecutionProvider",)
        providers = [provider for provider in onnxruntime.get_available_providers() if provider in wanted]
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
        self.batch = GPU_BATCH if "CUDAExecutionProvider" in self._session.get_providers() else 1

    def start(self, images: np.ndarray) -> Callable[[], np.ndarray]:
        points = self._session.run(None, {"images": images})[0]
        return lambda: points
