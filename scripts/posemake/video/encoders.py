"""Choice of an encoder for labelled videos: in software or in hardware."""

import os
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.video.writer import THREADS, Encoder

SOFTWARE = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}
HARDWARE = ("nvenc", "qsv", "videotoolbox")
SVT_AV1_PRESETS = {"ultrafast": 10, "superfast": 9, "veryfast": 8, "faster": 7, "fast": 6, "medium": 5, "slow": 4}
# quantiser steps by which colour is finer than brightness; otherwise trails leave specks of colour where they were
CHROMA_OFFSET = -6


def software_encoder(codec: str, quality: int, preset: str) -> Encoder:
    """Return an encoder that gives the same bytes each time.

    Parameters
    ----------
    codec
        h264, hevc or av1.
    quality
        H.264's constant rate factor; for other codecs, the factor that their developers call equivalent is used.
    preset
        Preset of x264, from ultrafast to slow.

    Raises
    ------
    PosemakeError
        If this build of FFmpeg lacks the encoder.
    """
    name = SOFTWARE[codec]
    if name not in av.codecs_available:
        raise PosemakeError(f"FFmpeg was built without {name} here; set `render.codec: h264`")
    options = {"crf": str(quality), "preset": preset}
    if codec == "h264":
        options["chromaoffset"] = str(CHROMA_OFFSET)
        # at ultrafast, decoding and drawing keep the other core busy, and a second thread costs more than it saves
        return Encoder(name, options, 1 if preset == "ultrafast" else THREADS)
    if codec == "hevc":
        private = f"log-level=none:pools={THREADS}:frame-threads={THREADS}:cbqpoffs={CHROMA_OFFSET}:crqpoffs={CHROMA_OFFSET}"
        options |= {"crf": str(min(51, quality + 5)), "x265-params": private}
        return Encoder(name, options, tag="hvc1")  # Apple's players need this tag
    os.environ.setdefault("SVT_LOG", "1")  # errors only
    av1_options = {"crf": str(min(63, round(1.5 * quality))), "preset": str(SVT_AV1_PRESETS[preset])}
    return Encoder(name, av1_options | {"svtav1-params": f"lp={THREADS}"})


def hardware_encoder(codec: str, quality: int, size: tuple[int, int]) -> Encoder | None:
    """Return the first hardware encoder that works on this machine; None if there is none.

    Parameters
    ----------
    codec
        h264, hevc or av1.
    quality
        H.264's constant rate factor.
    size
        Width and height of the frames, which the encoder has to support.
    """
    options = {
        "nvenc": {"rc": "constqp", "qp": str(quality)},
        "qsv": {"global_quality": str(max(1, quality))},
        "videotoolbox": {"q:v": str(round(100 * (1 - quality / 51))), "allow_sw": "0"},
    }
    for kind in HARDWARE:
        tag = "hvc1" if codec == "hevc" else None
        encoder = Encoder(f"{codec}_{kind}", options[kind], threads=0, tag=tag, copies_frames=False)
        if encoder.name in av.codecs_available and _can_encode(encoder, size):
            return encoder
    return None


def _can_encode(encoder: Encoder, size: tuple[int, int]) -> bool:
    """Return whether an encoder encodes a frame of a size (width, height)."""
    context = av.CodecContext.create(encoder.name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.framerate, context.time_base, context.options = Fraction(30), Fraction(1, 30), encoder.options
    frame = av.VideoFrame.from_ndarray(np.zeros((size[1], size[0], 3), np.uint8), format="rgb24").reformat(format="yuv420p")
    try:
        frame.pts = 0
        return bool([*context.encode(frame), *context.encode(None)])
    except (av.FFmpegError, ValueError) as error:
        logger.info("%s does not work here (%s)", encoder.name, getattr(error, "strerror", None) or error)
        return False
