"""Writer of videos."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from posemake.core.atomic import atomic_write
from posemake.core.paths import StrPath
from posemake.video.color_spaces import RGB, UNSPECIFIED

MAX_FPS = {"libsvtav1": 240}  # frames per second that an encoder accepts
THREADS, COPY_THREADS = 2, 4  # threads of an encoder, for labelled videos and for copies; fixed, as they change the bytes


@dataclass(frozen=True)
class Encoder:
    """An encoder of FFmpeg with its options."""

    name: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)
    threads: int = THREADS
    tag: str | None = None  # four letters that name the codec in the file
    copies_frames: bool = True  # whether a frame may be changed once the encoder has it


@contextmanager
def frame_writer(
    path: StrPath,
    size: tuple[int, int],
    fps: float,
    encoder: Encoder,
    colors: av.VideoFrame | None = None,
    bt709: bool = False,
) -> Iterator[Callable[[av.VideoFrame], None]]:
    """Open a new MP4, and give a function that appends a frame in yuv420p.

    The video has a temporary name until it is complete; after an error there is none.

    Parameters
    ----------
    path
        Video to write.
    size
        Width and height of the frames, even numbers.
    fps
        Frames per second.
    encoder
        Encoder and its options.
    colors
        Frame whose colour space the file states; None to state none.
    bt709
        Whether to state BT.709 if ``colors`` does not specify a colour space.
    """
    with atomic_write(path) as part, av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        rate = Fraction(fps).limit_denominator(65535)
        stream = container.add_stream(encoder.name, rate=rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.thread_count = encoder.threads
        if (max_fps := MAX_FPS.get(encoder.name, rate)) < rate:
            context.framerate, context.time_base = Fraction(max_fps), 1 / rate  # the times stay those of the true rate
        if encoder.tag:
            context.codec_tag = encoder.tag
        if colors is not None and colors.colorspace != RGB:
            context.color_range = ColorRange.MPEG
            context.colorspace = Colorspace.ITU709 if bt709 and colors.colorspace == UNSPECIFIED else colors.colorspace
            context.color_primaries, context.color_trc = colors.color_primaries, colors.color_trc
        stream.options = dict(encoder.options)
        yield lambda frame: container.mux(stream.encode(frame))
        container.mux(stream.encode())


@contextmanager
def video_writer(
    path: StrPath, size: tuple[int, int], fps: float, quality: int = 20, gop: int | None = None
) -> Iterator[Callable[[np.ndarray], None]]:
    """Open a new video, and give a function that appends an RGB image (H, W, 3), uint8.

    The video is MP4 with H.264 in yuv420p, which every browser plays. It has a temporary name until it is complete; after an
    error there is none.

    Parameters
    ----------
    path
        Video to write.
    size
        Width and height of the images; odd numbers are padded by one pixel to the right and below.
    fps
        Frames per second.
    quality
        H.264's constant rate factor.
    gop
        Frames per closed group of pictures, each of which is decoded without the others; None to leave it to the encoder.
    """
    width, height = size[0] + size[0] % 2, size[1] + size[1] % 2
    # with this preset's `mbtree`, uninitialised memory in x264 decides some bits: the bytes are equal only between processes that
    # did the same before, as jobs do; without `mbtree` they always are, but files are twice as large
    options = {"crf": str(quality), "preset": "veryfast"}
    if gop:
        options |= {"g": str(gop), "keyint_min": str(gop), "sc_threshold": "0", "bf": "0", "flags": "+cgop"}
    with frame_writer(path, (width, height), fps, Encoder("libx264", options, COPY_THREADS)) as append:

        def write(image: np.ndarray) -> None:
            right, below = width - image.shape[1], height - image.shape[0]
            if right or below:
                image = np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")
            append(av.VideoFrame.from_ndarray(image, format="rgb24"))

        yield write
