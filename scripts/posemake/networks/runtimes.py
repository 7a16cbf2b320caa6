"""Runtimes: engines that compute a trained network, behind one interface (B batch, K keypoints, H W pixels of its input).

Each engine's library is imported where it is used, so that a job loads only what it computes with.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.threads import thread_count
from posemake.networks.devices import CPU_HINT, best_device, device_kind, requested_device
from posemake.networks.export_info import ExportInfo


@dataclass(frozen=True)
class Engine:
    """A way to compute networks."""

    library: str
    devices: tuple[str, ...]  # kinds of devices that it computes on
    precision: str  # of the network, in the library's words
    reduced: bool = False  # the precision is less than float32


ENGINES = {
    "torch": Engine("torch", ("cpu", "cuda", "mps"), "float32"),
    "torch-bf16": Engine("torch", ("cpu", "cuda"), "bfloat16", reduced=True),
    "torch-fp16": Engine("torch", ("cuda", "mps"), "float16", reduced=True),
    "openvino": Engine("openvino", ("cpu",), "f32"),
    "openvino-bf16": Engine("openvino", ("cpu",), "bf16", reduced=True),
    "openvino-int8": Engine("openvino", ("cpu",), "int8", reduced=True),
    "onnxruntime": Engine("onnxruntime", ("cpu", "cuda"), "float32"),
    "onnxruntime-int8": Engine("onnxruntime", ("cpu",), "int8", reduced=True),
}
GPU_BATCH = 32  # frames; torch halves it where they do not fit into memory
Result = Callable[[], np.ndarray]  # waits for points (B, K, 3): x and y in pixels of the network's input, confidence


class Runtime(Protocol):
    """A network that an engine has loaded."""

    batch: int  # frames to take at once
    depth: int  # batches that are computed at the same time

    def start(self, images: np.ndarray) -> Result:
        """Start with frames (B, H, W, 3) uint8 RGB, and return a function that waits for their points."""


def in_batches(frames: Iterable[tuple[int, np.ndarray]], runtime: Runtime) -> Iterator[tuple[int, np.ndarray]]:
    """Compute frames in batches, as many at the same time as the runtime takes.

    Parameters
    ----------
    frames
        Index and image (H, W, 3) uint8 of each.
    runtime
        The loaded network.

    Yields
    ------
    index, points
        Index and points (K, 3) of each frame, in the order of the frames.
    """
    started: deque[tuple[tuple[int, ...], Result]] = deque()
    gathered: list[tuple[int, np.ndarray]] = []

    def start_batch() -> None:
        indices, images = zip(*gathered)
        started.append((indices, runtime.start(np.stack(images))))
        gathered.clear()

    def finish_batch() -> Iterator[tuple[int, np.ndarray]]:
        indices, wait = started.popleft()
        return zip(indices, wait())

    for frame in frames:
        gathered.append(frame)
        if len(gathered) >= runtime.batch:
            start_batch()
            if len(started) > runtime.depth:
                yield from finish_batch()
    if gathered:
        start_batch()
    while started:
        yield from finish_batch()


def select_engine(info: ExportInfo) -> tuple[str, str]:
    """Return the engine and the kind of device to use on this machine, which may differ from that of the export.

    Raises
    ------
    PosemakeError
        If the model was exported for a GPU, and there is none.
    """
    here, as_requested = device_kind(), info.engine == info.requested
    if here == info.device or (as_requested and info.device == "cpu"):
        return info.engine, here if here in ENGINES[info.engine].devices else "cpu"
    if here == "cpu" and not requested_device():
        raise PosemakeError(
            f"the model was exported for {info.device}, and there is no such device here: compute where there is one, or "
            f"export the model here (snakemake --forcerun export_model); {CPU_HINT}"
        )
    if as_requested and here in ENGINES[info.engine].devices:
        return info.engine, here
    logger.info("the model was exported for %s, so torch computes it on %s", info.device, here)
    return "torch", here


def open_runtime(name: str, device: str, weights: StrPath, graph: StrPath, size: tuple[int, int]) -> Runtime:
    """Load a model with an engine.

    Parameters
    ----------
    name
        Of `ENGINES`.
    device
        Kind of device: cpu, cuda or mps.
    weights
        Model file, which torch reads.
    graph
        ONNX file, which all other engines read; quantised for those of int8.
    size
        (H, W) of the frames. Torch and ONNX Runtime take other sizes as well.

    Raises
    ------
    PosemakeError
        If the engine is not installed.
    """
    engine = ENGINES[name]
    try:
        if engine.library == "openvino":
            return OpenVino(graph, size, engine.precision)
        if engine.library == "onnxruntime":
            return OnnxRuntime(graph, device)
        import torch
    except ImportError as error:
        raise PosemakeError(
            f"{name} cannot be used here ({error}); install {engine.library}, or export with another engine"
        ) from error
    from posemake.networks.model_file import load_model
    from posemake.networks.torch_runtime import TorchRuntime

    if device == "cpu":
        return TorchRuntime(load_model(weights), torch.device("cpu"), engine.precision, 8)
    return TorchRuntime(load_model(weights), best_device(), engine.precision, GPU_BATCH)


class OpenVino:
    """A network in OpenVINO on the CPU, which computes several frames at the same time, each on its own."""

    batch = 1

    def __init__(self, graph: StrPath, size: tuple[int, int], precision: str):
        import openvino

        core = openvino.Core()
        network = core.read_model(graph)
        network.reshape([1, *size, 3])
        self._compiled = core.compile_model(
            network,
            "CPU",
            {
                "PERFORMANCE_HINT": "THROUGHPUT",
                "INFERENCE_NUM_THREADS": thread_count() or os.cpu_count(),
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
                "ENABLE_CPU_PINNING": False,  # two jobs on a machine would use the same cores
            },
        )
        self.depth = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._free: list[Any] = []  # requests that are not in use

    def start(self, images: np.ndarray) -> Result:
        """Start with a frame (1, H, W, 3) uint8 RGB, and return a function that waits for its points."""
        request = self._free.pop() if self._free else self._compiled.create_infer_request()
        request.start_async({0: images})

        def wait() -> np.ndarray:
            request.wait()
            points = request.get_output_tensor().data.copy()
            self._free.append(request)
            return points

        return wait


class OnnxRuntime:
    """A network in ONNX Runtime, on a GPU where it is built for one."""

    depth = 1

    def __init__(self, graph: StrPath, device: str):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = thread_count()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the decoder needs the cores too
        usable = ("CUDAExecutionProvider", "CPUExecutionProvider") if device == "cuda" else ("CPUExecutionProvider",)
        providers = [provider for provider in onnxruntime.get_available_providers() if provider in usable]
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
        self.batch = GPU_BATCH if "CUDAExecutionProvider" in self._session.get_providers() else 1

    def start(self, images: np.ndarray) -> Result:
        """Compute frames (B, H, W, 3) uint8 RGB, and return a function that gives their points."""
        points = self._session.run(None, {"images": images})[0]
        return lambda: points
