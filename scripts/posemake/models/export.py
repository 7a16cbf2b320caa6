"""Export of a model, with the fastest engine that agrees with torch (N frames, K keypoints)."""

import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from posemake.core.atomic import write_bytes
from posemake.core.digests import file_digest
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.threads import thread_count
from posemake.core.versions import package_versions
from posemake.data.label_table import Labelled, read_labelled
from posemake.data.visibility import Visibility
from posemake.models.engine_choice import agrees, choose_engine, compare_points
from posemake.networks.devices import device_kind
from posemake.networks.export_info import Candidate, ComparedFrames, ExportInfo
from posemake.networks.inputs import ANIMAL_SPAN, Frames, load_frames
from posemake.networks.model_file import load_model
from posemake.networks.network import MULTIPLE
from posemake.networks.onnx_export import export_graph, quantise
from posemake.networks.runtimes import ENGINES, Runtime, in_batches, open_runtime

REFERENCE = "torch"
SAMPLES = 32  # frames that engines are compared on, and as many others that int8 is calibrated with
SECONDS = 2.0  # of measuring, at least, where the speed decides


@dataclass(frozen=True)
class ExportInputs:
    """Files that `export_model` reads."""

    weights: StrPath  # model file
    labels: StrPath  # labels of all frames (CSV)
    split: StrPath  # part of each frame (CSV)
    images: StrPath  # folder of the labelled images, with a folder per round


@dataclass(frozen=True)
class ExportOutputs:
    """Files that `export_model` writes."""

    graph: StrPath  # network (ONNX), quantised if an engine of int8 is chosen
    info: StrPath  # how the model is computed (`ExportInfo`, JSON)


def has_keypoint(labelled: Labelled) -> np.ndarray:
    """Return which frames (N,) have the position of any keypoint."""
    return (~np.isnan(labelled.xy).any(-1)).any(1)


def sample_part(labelled: Labelled, part: str, scale: float) -> Frames:
    """Load at most ``SAMPLES`` frames of a part that have a keypoint, evenly spread.

    Parameters
    ----------
    labelled
        All labelled frames.
    part
        Of the split.
    scale
        Size of the network's input over that of the frame.
    """
    rows = np.flatnonzero((labelled.parts == part) & has_keypoint(labelled))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int))]
    xy = labelled.xy[rows]
    visibility = np.where(np.isnan(xy).any(-1), Visibility.NOT_LABELLED, Visibility.VISIBLE).astype(np.int8)
    return load_frames(labelled.paths[rows], xy, visibility, scale, MULTIPLE)


def compute_points(runtime: Runtime, images: np.ndarray) -> np.ndarray:
    """Return the points (N, K, 3) of images (N, H, W, 3)."""
    return np.stack([points for _, points in in_batches(enumerate(images), runtime)])


def measure_speed(runtime: Runtime, images: np.ndarray, seconds: float = SECONDS) -> tuple[np.ndarray, float]:
    """Compute images repeatedly.

    Parameters
    ----------
    runtime
        The loaded network.
    images
        (N, H, W, 3) uint8.
    seconds
        Time to measure, at least; all images are computed once in any case.

    Returns
    -------
    points
        (N, K, 3).
    fps
        Frames per second.
    """
    points, count = compute_points(runtime, images[:1]), 0  # the first call is slow
    start = time.monotonic()
    while not count or time.monotonic() - start < seconds:
        points = compute_points(runtime, images)
        count += len(images)
    return points, count / (time.monotonic() - start)


def animal_extent(labelled: Labelled, scale: float) -> float:
    """Return the pixels of the frame that an animal takes up: the longer side of its keypoints' bounding box.

    It is the 95th percentile of the labels. If no frame has two keypoints, it is `ANIMAL_SPAN` at the network's scale.
    """
    xy = labelled.xy[(~np.isnan(labelled.xy).any(-1)).sum(1) > 1]
    if not len(xy):
        return ANIMAL_SPAN / scale
    return float(np.percentile((np.nanmax(xy, 1) - np.nanmin(xy, 1)).max(-1), 95))


class EngineTrial:
    """Trial of engines on frames, against the points of torch.

    Parameters
    ----------
    open_engine
        Loads the network with an engine.
    frames
        Frames to compare on.
    scale
        Size of the network's input over that of the frame.
    seconds
        Time to measure each engine, at least.
    """

    def __init__(self, open_engine: Callable[[str], Runtime], frames: Frames, scale: float, seconds: float):
        self._open_engine, self._frames, self._scale, self._seconds = open_engine, frames, scale, seconds
        points, speed = measure_speed(open_engine(REFERENCE), frames.images, seconds)
        self._reference = points
        self.candidates = [self._judge(REFERENCE, points, speed)]

    def _judge(self, engine: str, points: np.ndarray, speed: float) -> Candidate:
        agreement = compare_points(points, self._reference, self._frames.xy, self._scale)
        candidate = Candidate(engine, speed, agreement, agrees(engine, agreement))
        logger.info(
            "%s: %.1f frames per second, %.3f px from torch (95 %%: %.3f)%s",
            *(engine, speed, agreement.median_px, agreement.p95_px, "" if candidate.agrees else ": disagrees"),
        )
        return candidate

    def add(self, engine: str, required: bool) -> None:
        """Try an engine. One that cannot be used is noted, or raises its error if it is required."""
        try:
            points, speed = measure_speed(self._open_engine(engine), self._frames.images, self._seconds)
        except Exception as error:
            if required:
                raise
            self.candidates.append(Candidate(engine, fault=type(error).__name__))
            logger.info("%s cannot be used: %s: %s", engine, type(error).__name__, error)
        else:
            self.candidates.append(self._judge(engine, points, speed))


def find_device(requested: str) -> str:
    """Return the kind of device to export for.

    Raises
    ------
    PosemakeError
        If the requested engine does not compute on any device here.
    """
    device = device_kind()
    devices = ENGINES[REFERENCE if requested == "auto" else requested].devices
    if device in devices:
        return device
    if "cpu" in devices:
        return "cpu"  # beside a GPU that the engine does not use
    raise PosemakeError(f"predict.engine: {requested} computes on {' or '.join(devices)}, and there is none here; choose auto")


def select_candidate(candidates: list[Candidate], requested: str) -> str:
    """Return the engine to use: the requested one, or the one to choose.

    Raises
    ------
    PosemakeError
        If the requested engine disagrees with torch.
    """
    if requested == "auto":
        return choose_engine(candidates)
    candidate = next(candidate for candidate in candidates if candidate.engine == requested)
    if not candidate.agrees and candidate.agreement is not None:
        median, tail, worst, _, _, confidence = astuple(candidate.agreement)
        figures = f"median_px {median:.3g}, p95_px {tail:.3g}, worst_keypoint_px {worst:.3g}, p95_confidence {confidence:.3g}"
        raise PosemakeError(f"predict.engine: {requested} finds other points than torch ({figures}); choose auto")
    return requested


def export_model(inputs: ExportInputs, outputs: ExportOutputs, requested: str) -> None:
    """Write a model as ONNX, and how it is computed, with the speed and the agreement of all engines that were tried.

    Parameters
    ----------
    inputs
        Files to read. Frames of the test part are compared on, and int8 is calibrated with training frames.
    outputs
        Files to write.
    requested
        An engine of `runtimes.ENGINES`, or ``auto``.

    Raises
    ------
    PosemakeError
        If the requested engine cannot be used here, or disagrees with torch.
    """
    model, device = load_model(inputs.weights), find_device(requested)
    scale: float = model.settings["scale"]
    labelled = read_labelled(inputs.labels, inputs.split, inputs.images)
    labelled_parts = set(labelled.parts[has_keypoint(labelled)].tolist())
    part = next(part for part in ("test", "validation", "train") if part in labelled_parts)
    frames = sample_part(labelled, part, scale)
    height, width = frames.images.shape[1:3]
    with TemporaryDirectory() as folder:
        full, int8 = Path(folder) / "network.onnx", Path(folder) / "int8.onnx"
        export_graph(model, full)

        def graph_of(engine: str) -> Path:
            if not engine.endswith("int8"):
                return full
            if not int8.exists():
                quantise(full, sample_part(labelled, "train", scale).images, int8)
            return int8

        def open_engine(engine: str) -> Runtime:
            return open_runtime(engine, device, inputs.weights, graph_of(engine), (height, width))

        trial = EngineTrial(open_engine, frames, scale, SECONDS if requested == "auto" else 0)
        for engine, properties in ENGINES.items():
            if engine != REFERENCE and device in properties.devices and requested in ("auto", engine):
                trial.add(engine, required=engine == requested)
        chosen = select_candidate(trial.candidates, requested)
        write_bytes(outputs.graph, graph_of(chosen).read_bytes())
    logger.info("chosen: %s", chosen)
    ExportInfo(
        engine=chosen,
        device=device,
        requested=requested,
        keypoints=tuple(model.keypoints),
        scale=scale,
        multiple=MULTIPLE,
        extent=animal_extent(labelled, scale),
        candidates=[candidate.row() for candidate in trial.candidates],
        compared_on=ComparedFrames(part, len(frames.images), height, width),
        threads=thread_count(),
        weights_sha256=file_digest(inputs.weights),
        settings=model.settings,
        trained_with=model.versions,
        versions=package_versions(),
    ).write(outputs.info)
