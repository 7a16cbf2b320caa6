"""Writing of videos that every browser plays. Apart from reading, so that a change here reruns no inference."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from posemake.files import replacing
from posemake.video import cores


@contextmanager
def video_writer(
    path: str | Path, size: tuple[int, int], fps: float, quality: int = 20, gop: int | None = None
) -> Iterator[Callable[[np.ndarray], None]]:
    """Give a function that appends a frame (H, W, 3) of ``size`` (width, height) to a new video.

    The video is MP4 with H.264 in yuv420p, which every browser plays; odd sizes are padded by one pixel right and below.
    With ``gop``, each group of that many frames is decoded without the others, for random access.
    It is written under a temporary name that becomes its own at the end, if no error comes before.
    """
    width, height = size[0] + size[0] % 2, size[1] + size[1] % 2
    with replacing(path) as part, av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(65535))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = cores()
        stream.options = {"crf": str(quality), "preset": "veryfast"}
        if gop:
            stream.options |= {"g": str(gop), "keyint_min": str(gop), "sc_threshold": "0", "bf": "0", "flags": "+cgop"}

        def write(image: np.ndarray) -> None:
            right, below = width - image.shape[1], height - image.shape[0]
            if right or below:
                image = np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))

        yield write
        container.mux(stream.encode())
