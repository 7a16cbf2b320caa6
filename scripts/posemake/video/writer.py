"""Writing of videos. Apart from reading, so that a change here reruns no inference."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from posemake.core.atomic import replacing
from posemake.core.errors import PosemakeError
from posemake.core.log import logger

SOFTWARE = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}
HARDWARE = ("nvenc", "qsv", "videotoolbox")
PRESETS = {"ultrafast": 10, "superfast": 9, "veryfast": 8, "faster": 7, "fast": 6, "medium": 5, "slow": 4}  # SVT-AV1's numbers
RGB, UNSAID = 0, 2  # FFmpeg's numbers for the matrix of what is no YUV, and for one that nobody stated
FASTEST = {"libsvtav1": 240}  # frames per second that an encoder takes
FINER_COLOUR = -6  # steps by which colour is quantised finer than brightness: else trails leave specks of it where they were
THREADS, COPY_THREADS = 2, 4  # of encoders, in videos to look at and in copies; the bytes are not to depend on the machine


@dataclass(frozen=True)
class Encoder:
    """An encoder of FFmpeg with its options."""

    name: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)
    threads: int = THREADS
    tag: str | None = None  # four letters that name the codec in the file
    copies: bool = True  # whether a frame may be drawn into again, once it was given to the encoder


def software_encoder(codec: str, quality: int, preset: str) -> Encoder:
    """An encoder that gives the same bytes each time; ``quality`` is H.264's constant rate factor.

    The factors of the other codecs are those at which their developers call the quality about the same.

    Raises
    ------
    PosemakeError
        If this build of FFmpeg has none.
    """
    name = SOFTWARE[codec]
    if name not in av.codecs_available:
        raise PosemakeError(f"FFmpeg was built without {name} here; set `render.codec: h264`")
    options = {"crf": str(quality), "preset": preset}
    if codec == "h264":
        options["chromaoffset"] = str(FINER_COLOUR)
        # at ultrafast, decoding and drawing keep the other core busy, and a second thread costs more than it brings
        return Encoder(name, options, 1 if preset == "ultrafast" else THREADS)
    if codec == "hevc":
        private = f"log-level=none:pools={THREADS}:frame-threads={THREADS}:cbqpoffs={FINER_COLOUR}:crqpoffs={FINER_COLOUR}"
        options |= {"crf": str(min(51, quality + 5)), "x265-params": private}
        return Encoder(name, options, tag="hvc1")  # as Apple's players want it
    os.environ.setdefault("SVT_LOG", "1")  # errors only
    number = {"crf": str(min(63, round(1.5 * quality))), "preset": str(PRESETS[preset])}
    return Encoder(name, number | {"svtav1-params": f"lp={THREADS}"})


def hardware_encoder(codec: str, quality: int, size: tuple[int, int]) -> Encoder | None:
    """The first encoder in hardware that encodes frames of a size (width, height), not only is built in; None without one."""
    options = {
        "nvenc": {"rc": "constqp", "qp": str(quality)},
        "qsv": {"global_quality": str(max(1, quality))},
        "videotoolbox": {"q:v": str(round(100 * (1 - quality / 51))), "allow_sw": "0"},
    }
    for kind in HARDWARE:
        encoder = Encoder(f"{codec}_{kind}", options[kind], 0, "hvc1" if codec == "hevc" else None, copies=False)
        if encoder.name in av.codecs_available and _encodes(encoder, size):
            return encoder
    return None


def _encodes(encoder: Encoder, size: tuple[int, int]) -> bool:
    context = av.CodecContext.create(encoder.name, "w")
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.framerate, context.time_base, context.options = Fraction(30), Fraction(1, 30), encoder.options
    frame = av.VideoFrame.from_ndarray(np.zeros((size[1], size[0], 3), np.uint8), format="rgb24").reformat(format="yuv420p")
    try:
        frame.pts = 0
        return bool([*context.encode(frame), *context.encode(None)])
    except (av.FFmpegError, ValueError) as error:
        logger.info("%s is not to be had here (%s)", encoder.name, getattr(error, "strerror", None) or error)
        return False


@contextmanager
def frame_writer(
    path: str | Path,
    size: tuple[int, int],
    fps: float,
    encoder: Encoder,
    colors: av.VideoFrame | None = None,
    bt709: bool = False,
) -> Iterator[Callable[[av.VideoFrame], None]]:
    """Give a function that appends a frame in yuv420p, of even ``size`` (width, height), to a new MP4.

    ``colors`` is a frame whose colour matrix is told in the file; that of BT.709 with ``bt709``, if the frame says none. It is
    written under a temporary name that becomes its own at the end, if no error comes before.
    """
    with replacing(path) as part, av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        rate = Fraction(fps).limit_denominator(65535)
        stream = container.add_stream(encoder.name, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        context = stream.codec_context
        context.thread_count = encoder.threads
        if (most := FASTEST.get(encoder.name, rate)) < rate:
            context.framerate, context.time_base = Fraction(most), 1 / rate  # which times still count in
        if encoder.tag:
            context.codec_tag = encoder.tag
        if colors is not None and colors.colorspace != RGB:
            context.color_range = ColorRange.MPEG
            context.colorspace = Colorspace.ITU709 if bt709 and colors.colorspace == UNSAID else colors.colorspace
            context.color_primaries, context.color_trc = colors.color_primaries, colors.color_trc
        stream.options = dict(encoder.options)
        yield lambda frame: container.mux(stream.encode(frame))
        container.mux(stream.encode())


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
    # with this preset's `mbtree`, x264 lets memory that it never wrote decide on some bits: the bytes are the same in processes
    # that did the same before, as jobs have; without it, they always are, and files become twice as large
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
