"""Stages that predict the poses in every frame of a video (K keypoints)."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from posemake.config.settings import DynamicCrop
from posemake.core.digests import file_digest
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.versions import package_versions
from posemake.networks.export_info import ExportInfo
from posemake.networks.input_image import in_frame
from posemake.networks.runtimes import Runtime, in_batches, open_runtime, select_engine
from posemake.poses.dynamic_crop import DynamicCropper, window_size
from posemake.poses.join import PoseOutputs, write_predictions
from posemake.poses.parts import PosesOfPart, Prediction, part_bounds, write_part
from posemake.poses.prefetch import InputFrames, input_map
from posemake.video.bounds import frame_range, pixel_region
from posemake.video.reader import open_video

UNIT = 64  # frames; parts hold a multiple of it, so that batches are the same as without parts
MAX_WINDOW = 0.7  # share of the frame's area; a larger window saves no time


@dataclass(frozen=True)
class PredictInputs:
    """Files that `predict_poses` and `predict_part` read."""

    video: StrPath  # video, folder or pattern of images
    info: StrPath  # video.json
    standard: StrPath  # folder of the timestamps and of the transcoded copy
    weights: StrPath  # model file
    graph: StrPath  # the network as ONNX
    engine: StrPath  # engine.json


@dataclass(frozen=True)
class AnalysedRange:
    """Frames and pixels that the sheet of videos asks for; None stands for all of them."""

    start: int | None = None
    stop: int | None = None
    crop: Sequence[int] | None = None  # x1, x2, y1, y2


def predict_frames(
    inputs: PredictInputs, dynamic_crop: DynamicCrop | None, analysed: AnalysedRange, part: int = 0, parts: int = 1
) -> PosesOfPart:
    """Predict a video, or a part of it.

    Parameters
    ----------
    inputs
        Files to read.
    dynamic_crop
        Settings of the window that follows the animal, or None to predict all of each frame's crop.
    analysed
        Frames and pixels of the video.
    part, parts
        Number of the part, from 0, and how many there are.
    """
    exported = ExportInfo.read(inputs.engine)
    video = open_video(inputs.video, inputs.info, inputs.standard)
    start, stop = frame_range(inputs.video, video.info, analysed.start, analysed.stop)
    crop = pixel_region(inputs.video, video.info, "crop", analysed.crop)
    size, to_input = input_map(crop, exported)
    if dynamic_crop is not None and _window(exported, size, dynamic_crop) is None:
        dynamic_crop = None
    bounds = part_bounds(start, stop, parts, dynamic_crop.every if dynamic_crop else UNIT)
    first, last = bounds[part : part + 2]
    engine, device = select_engine(exported)
    points = np.full((last - first, len(exported.keypoints), 3), np.nan, np.float32)
    if first < last:
        logger.info("computing with %s on %s", engine, device)

        def open_for(size: tuple[int, int]) -> Runtime:
            return open_runtime(engine, device, inputs.weights, inputs.graph, size)

        frames = InputFrames(video, first, last, crop, exported)
        began = time.monotonic()
        for index, of_frame in _predict(frames, open_for, exported, size, dynamic_crop):
            points[index - first] = of_frame
        seconds = time.monotonic() - began
        logger.info(
            "%.1f frames per second; %.0f %% of the time waited for decoding",
            (last - first) / seconds,
            100 * frames.waited / seconds,
        )
    xy, confidence = in_frame(points, to_input)
    prediction = Prediction(
        weights_sha256=file_digest(inputs.weights),
        engine=engine,
        device=device,
        graph_sha256=None if engine.startswith("torch") else file_digest(inputs.graph),
        video_digest=video.info.digest,
        frames=video.info.frames,
        start=start,
        stop=stop,
        crop=crop,
        dynamic_crop=dynamic_crop,
        keypoints=exported.keypoints,
        versions=package_versions(),
    )
    return PosesOfPart(xy, confidence, prediction)


def _window(exported: ExportInfo, size: tuple[int, int], settings: DynamicCrop) -> tuple[int, int] | None:
    """Return the size (H, W) of the window in a frame of a size (H, W); None where the window would save no time."""
    window = window_size(exported.extent * exported.scale, settings.margin, size, exported.multiple)
    return window if window[0] * window[1] <= MAX_WINDOW * size[0] * size[1] else None


def _predict(
    frames: InputFrames,
    open_for: Callable[[tuple[int, int]], Runtime],
    exported: ExportInfo,
    size: tuple[int, int],
    dynamic_crop: DynamicCrop | None,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, points (K, 3) of the network's input) of frames in order.

    Parameters
    ----------
    frames
        Frames of the network's input.
    open_for
        Opens a runtime for frames of a size (H, W).
    exported
        Extent of the animal, and the divisor of the input's size.
    size
        (H, W) of the network's input.
    dynamic_crop
        Settings of the window, or None for whole frames.
    """
    whole = open_for(size)
    window = _window(exported, size, dynamic_crop) if dynamic_crop else None
    if dynamic_crop is None or window is None:
        yield from in_batches(frames, whole)
        return
    cropper = DynamicCropper(whole, open_for(window), size, window, exported.multiple, dynamic_crop)
    yield from cropper.predict(frames)
    logger.info("%d frames were predicted as a whole, the others in the window", cropper.whole_frames)


def predict_poses(
    inputs: PredictInputs,
    outputs: PoseOutputs,
    dynamic_crop: DynamicCrop | None,
    analysed: AnalysedRange,
    model: str,
    code: str,
) -> None:
    """Write the raw poses of a video, one row per decodable frame, in pixels of the full frame.

    Rows of frames that are not analysed are empty.

    Parameters
    ----------
    inputs, outputs
        Files to read and to write.
    dynamic_crop
        Settings of the window that follows the animal, or None to predict all of each frame's crop.
    analysed
        Frames and pixels of the video.
    model
        Name of the model.
    code
        Digest of the code that runs, for the record.
    """
    write_predictions([predict_frames(inputs, dynamic_crop, analysed)], inputs.engine, outputs, model, code)


def predict_part(
    inputs: PredictInputs, poses: StrPath, dynamic_crop: DynamicCrop | None, analysed: AnalysedRange, part: int, parts: int
) -> None:
    """Write the poses of a part of a video, for `join_poses`.

    Parameters
    ----------
    inputs
        Files to read.
    poses
        NPZ to write.
    dynamic_crop
        Settings of the window that follows the animal, or None to predict all of each frame's crop.
    analysed
        Frames and pixels of the video.
    part, parts
        Number of the part, from 0, and how many there are.
    """
    write_part(poses, predict_frames(inputs, dynamic_crop, analysed, part, parts))
