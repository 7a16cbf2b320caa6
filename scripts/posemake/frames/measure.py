"""Thumbnails and motion of the candidates of a video (N candidates)."""

import cv2
import numpy as np

from posemake.core.log import progress
from posemake.video.bounds import Region
from posemake.video.reader import VideoReader

FLOW_WIDTH = 64  # pixels; enough to measure speed, at a thousandth of the cost of the whole frame
FAST_QUANTILE = 0.95  # of the lengths of the flow; the animal moves, most of the frame does not


def measure_motion(before: np.ndarray, after: np.ndarray, size: tuple[int, int]) -> float:
    """Return how far the fast parts of a frame move to the next frame, in pixels of the region.

    The 95th percentile of dense optical flow (Farnebäck, SCIA 2003).

    Parameters
    ----------
    before, after
        Two grey images (h, w) of the region.
    size
        Width and height of the region in pixels of the frame.
    """
    flow = np.zeros((*before.shape, 2), np.float32)
    cv2.calcOpticalFlowFarneback(before, after, flow, 0.5, 2, 9, 2, 5, 1.1, 0)
    flow *= np.array([size[0] / before.shape[1], size[1] / before.shape[0]], np.float32)
    length = cv2.magnitude(flow[..., 0], flow[..., 1]).reshape(-1)
    rank = int(FAST_QUANTILE * (len(length) - 1))
    return float(np.partition(length, rank)[rank])  # np.quantile does the same at three times the cost


def measure_candidates(
    video: VideoReader, frames: np.ndarray, region: Region, width: int, with_motion: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Measure candidates in one pass from the first to the last of them.

    Parameters
    ----------
    video
        Reader of the video.
    frames
        (N,) indices of the candidates, ascending.
    region
        x1, x2, y1, y2 in pixels of the frame: what is measured.
    width
        Width of the thumbnails in pixels.
    with_motion
        Whether to measure motion, which costs as much as decoding.

    Returns
    -------
    thumbnails
        (N, height, width) uint8, grey.
    motion
        (N,) pixels since the frame directly before; NaN where it is not measured, as in the first frame.
    """
    size = (region[1] - region[0], region[3] - region[2])

    def scaled_to(width: int) -> tuple[int, int]:
        return width, max(1, round(width * size[1] / size[0]))

    def shrink(image: np.ndarray, to: tuple[int, int]) -> np.ndarray:
        return image if image.shape[::-1] == to else cv2.resize(image, to, interpolation=cv2.INTER_AREA)

    thumbnail_size, flow_size = scaled_to(width), scaled_to(FLOW_WIDTH)
    common_size = scaled_to(max(width, FLOW_WIDTH)) if with_motion else thumbnail_size
    row_of_frame = {int(frame): row for row, frame in enumerate(frames)}
    thumbnails = np.empty((len(frames), thumbnail_size[1], thumbnail_size[0]), np.uint8)
    motion = np.full(len(frames), np.nan)
    before = None
    start, stop = int(frames[0]), int(frames[-1]) + 1
    for index, frame in progress(video.frames(start, stop), stop - start, "frames measured"):
        row = row_of_frame.get(index)
        if row is None and not (with_motion and index + 1 in row_of_frame):
            before = None
            continue
        image = frame.grey(common_size, region)
        if row is not None:
            thumbnails[row] = shrink(image, thumbnail_size)
        if with_motion:
            now = shrink(image, flow_size)
            if row is not None and before is not None:
                motion[row] = measure_motion(before, now, size)
            before = now
    return thumbnails, motion
