"""The stage that finds the fastest way to compute a model that agrees with torch (N frames, K keypoints)."""

import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from posemake.core.atomic import replacing
from posemake.core.digests import file_digest
from posemake.core.errors import PosemakeError
from posemake.core.json_files import write_json
from posemake.core.log import logger
from posemake.core.versions import package_versions
from posemake.data.label_table import Labelled, read_labelled
from posemake.networks.devices import device_kind
from posemake.networks.inputs import ANIMAL, load_frames
from posemake.networks.model_file import load_model
from posemake.networks.network import MULTIPLE
from posemake.networks.onnx_export import export_graph, quantise
from posemake.networks.runtimes import ENGINES, FULL, Engine, Runtime, in_batches, open_runtime
from posemake.video.reader import cores

REFERENCE = "torch"
# pixels of the frame, median distance to the reference: a tenth of a good model's error
FULL_BOUND, REDUCED_BOUND = 0.05, 0.25
SPREAD = 10  # times that, for the 95th percentile, and for the median of each keypoint
FULL_DOUBT, REDUCED_DOUBT = 0.01, 0.05  # of the confidence, 95th percentile of the difference: thresholds stay what they are
WORTH = 1.25  # times faster, which a reduced precision has to be
SAMPLES = 32  # frames that candidates are compared on, and as many others that int8 is calibrated with
SECONDS = 2.0  # of measuring, at least, where speed decides


def some(labelled: Labelled, part: str, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """At most SAMPLES images of a part (n, H, W, 3), evenly, and their labels (n, K, 2), in input pixels."""
    rows = np.flatnonzero((labelled.parts == part) & seen(labelled))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int))]
    frames = load_frames(labelled.paths[rows], labelled.xy[rows], np.zeros(labelled.xy[rows].shape[:2], bool), scale, MULTIPLE)
    return frames.images, frames.xy


def seen(labelled: Labelled) -> np.ndarray:
    """Which frames (N,) have any keypoint."""
    return np.isfinite(labelled.xy).all(-1).any(1)


def run_through(runtime: Runtime, images: np.ndarray) -> np.ndarray:
    """Points (N, K, 3) of images (N, H, W, 3)."""
    return np.stack([points for _, points in in_batches(enumerate(images), runtime)])


def measure(runtime: Runtime, images: np.ndarray, least: float = SECONDS) -> tuple[np.ndarray, float]:
    """Points (N, K, 3), and frames per second, of ``least`` seconds."""
    found, count, began = run_through(runtime, images[:1]), 0, time.monotonic()  # the first time is slow
    while not count or time.monotonic() - began < least:
        found = run_through(runtime, images)
        count += len(images)
    return found, count / (time.monotonic() - began)


def extent_of(labelled: Labelled, scale: float) -> float:
    """Pixels of the frame that an animal takes up: the longer side of its keypoints' bounding box, 95th percentile of the labels.

    Where no frame has two keypoints, what an animal is taken to be at the network's scale.
    """
    xy = labelled.xy[np.isfinite(labelled.xy).all(-1).sum(1) > 1]
    if not len(xy):
        return ANIMAL / scale
    return float(np.percentile((np.nanmax(xy, 1) - np.nanmin(xy, 1)).max(-1), 95))


def compare(found: np.ndarray, reference: np.ndarray, labels: np.ndarray, scale: float) -> dict[str, float]:
    """Distances of points (N, K, 3) to those of the reference, and their mean error, in pixels of the frame.

    Only keypoints with a label (N, K, 2) count. All come in pixels of the network's input.
    """
    known = np.isfinite(labels).all(-1)
    distance = np.where(known, np.linalg.norm(found[..., :2] - reference[..., :2], axis=-1) / scale, np.nan)
    doubt = np.abs(found[..., 2] - reference[..., 2])[known]
    return {
        "median_px": float(np.nanmedian(distance)),
        "p95_px": float(np.nanpercentile(distance, 95)),
        "worst_keypoint_px": float(np.nanmax(np.nanmedian(distance[:, known.any(0)], axis=0))),
        "max_px": float(np.nanmax(distance)),
        "error_px": float((np.linalg.norm(found[..., :2] - labels, axis=-1)[known] / scale).mean()),
        "p95_confidence": float(np.percentile(doubt, 95)),
    }


def agrees(engine: str, figures: dict[str, float]) -> bool:
    """Whether figures of `compare` are within the bounds of an engine's precision."""
    bound, doubt = (FULL_BOUND, FULL_DOUBT) if engine in FULL else (REDUCED_BOUND, REDUCED_DOUBT)
    far = max(figures["p95_px"], figures["worst_keypoint_px"])
    return figures["median_px"] <= bound and far <= SPREAD * bound and figures["p95_confidence"] <= doubt


def choose(rows: list[dict[str, Any]]) -> str:
    """The fastest engine of a table, of those that agree; one of reduced precision only where that is worth it."""
    good = {row["engine"]: row["fps"] for row in rows if row.get("agrees")}
    full = {name: fps for name, fps in good.items() if name in FULL}
    best, best_full = max(good, key=good.get), max(full, key=full.get)
    return best if good[best] >= WORTH * full[best_full] else best_full


def export_model(files: Any, labels_dir: str, graph: str, engine_file: str, asked: str) -> None:
    """Write a model as ONNX, quantised if that is chosen, and how it is to be computed (JSON, with the table of all ways).

    Parameters
    ----------
    files
        With the attributes weights, labels and split.
    labels_dir
        Folder of the labelled images: those of the test part are compared on, and int8 is calibrated with training frames.
    asked
        An engine, or ``auto``.

    Raises
    ------
    PosemakeError
        If the engine that is asked for cannot be used here, or disagrees with torch.
    """
    model, device = load_model(files.weights), device_kind()
    scale, keypoints = model["settings"]["scale"], tuple(model["keypoints"])
    labelled = read_labelled(files.labels, files.split, labels_dir)
    if asked != "auto" and device not in ENGINES[asked][0]:
        device = "cpu"  # beside a GPU that it does not use
    kinds, _, _ = ENGINES[REFERENCE if asked == "auto" else asked]
    if device not in kinds:
        raise PosemakeError(f"predict.engine: {asked} computes on {' or '.join(kinds)}, and there is none here; choose auto")
    part = next(part for part in ("test", "validation", "train") if (seen(labelled) & (labelled.parts == part)).any())
    images, labels = some(labelled, part, scale)
    wanted = [name for name, (on, _, _) in ENGINES.items() if device in on and asked in ("auto", name)]
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder, replacing(graph) as chosen_graph:
        plain, small = f"{folder}/network.onnx", f"{folder}/int8.onnx"
        export_graph(model, plain)
        reference: np.ndarray | None = None
        for name in dict.fromkeys([REFERENCE, *wanted]):
            row: dict[str, Any] = {"engine": name}
            rows.append(row)
            try:
                if name.endswith("int8") and not Path(small).exists():
                    quantise(plain, some(labelled, "train", scale)[0], small)
                runtime = open_runtime(name, device, files.weights, small if name.endswith("int8") else plain, images.shape[1:3])
                found, row["fps"] = measure(runtime, images, SECONDS if asked == "auto" else 0)
            except Exception as error:
                if name in (REFERENCE, asked):
                    raise
                row["fault"] = type(error).__name__
                logger.info("%s cannot be used: %s: %s", name, row["fault"], error)
                continue
            reference = found if reference is None else reference
            row |= compare(found, reference, labels, scale)
            row["agrees"] = agrees(name, row)
            logger.info(
                "%s: %.1f frames per second, %.3f px from torch (95 %%: %.3f)%s",
                *(name, row["fps"], row["median_px"], row["p95_px"], "" if row["agrees"] else ": disagrees"),
            )
        told = rows if asked == "auto" else [row for row in rows if row["engine"] == asked]
        if not any(row.get("agrees") for row in told):
            far = ", ".join(f"{key} {told[0][key]:.3g}" for key in ("median_px", "p95_px", "worst_keypoint_px", "p95_confidence"))
            raise PosemakeError(f"predict.engine: {asked} finds other points than torch ({far}); choose auto")
        engine = choose(rows) if asked == "auto" else asked
        chosen_graph.write_bytes(Path(small if engine.endswith("int8") else plain).read_bytes())
    logger.info("chosen: %s", engine)
    content = Engine(engine, device, asked, keypoints, scale, MULTIPLE, extent_of(labelled, scale))
    write_json(
        engine_file,
        asdict(content)
        | {
            "candidates": rows,
            "compared_on": {"part": part, "frames": len(images), "height": images.shape[1], "width": images.shape[2]},
            "threads": cores(),
            "weights_sha256": file_digest(files.weights),
            "settings": model["settings"],
            "trained_with": model["versions"],
            "versions": package_versions(),
        },
    )
