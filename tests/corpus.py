"""Small videos of every kind that a reader meets, whose frames carry their own number.

Each member of ``FORMATS`` writes one video below a folder and tells what a correct player shows of it. The same member
gives the same bytes each time. What is broken lies in ``corpus_broken``.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import tifffile

SIZE = (96, 64)  # width, height in pixels
FPS = 25
COUNT = 40  # frames of a member that says nothing else
COLUMNS, ROWS = 5, 4  # of blocks; a bit takes two of them, one above the other, that are each other's opposite
MOST = 2 ** (COLUMNS * ROWS // 2)


def numbered(count: int, size: tuple[int, int] = SIZE, first: int = 0) -> list[np.ndarray]:
    """RGB frames (height, width, 3) uint8 that carry the numbers ``first``, ``first`` + 1 …; ``size`` is (width, height).

    The number stands in ten bits from the top left, each a white block over a black one (1) or a black one over a white
    one (0). Behind the blocks a reddish texture moves, so that a frame is predicted from others and red is not blue.
    """
    assert first >= 0 and first + count <= MOST, f"numbers up to {MOST - 1} can be written"
    coarse = np.random.default_rng(0).integers(60, 190, (16, 24), np.uint8)
    texture = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC)
    frames = []
    for number in range(first, first + count):
        image = np.roll(texture, (number, 3 * number), (0, 1))[..., None] * np.array([1, 0.85, 0.7])
        for bit in range(COLUMNS * ROWS // 2):
            row, column = divmod(bit, COLUMNS)
            white = number >> (COLUMNS * ROWS // 2 - 1 - bit) & 1
            for half, value in enumerate((white, 1 - white)):
                image[_part(2 * row + half, ROWS, SIZE[1], 0.15), _part(column, COLUMNS, SIZE[0], 0.15)] = 255 * value
        image = image.round().astype(np.uint8)
        frames.append(image if size == SIZE else cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))
    return frames


def number_of(image: np.ndarray) -> int:
    """The number that a frame of ``numbered`` carries, from RGB or grey (height, width[, 3]) of any size and depth.

    Raises
    ------
    ValueError
        If a bit's two blocks do not differ clearly: the picture is damaged, turned or none of ours.
    """
    grey = np.asarray(image, float)
    grey = grey.mean(2) if grey.ndim == 3 else grey
    rows = [grey[_part(row, ROWS, grey.shape[0], 0.3)] for row in range(ROWS)]
    level = np.array([[row[:, _part(c, COLUMNS, grey.shape[1], 0.3)].mean() for c in range(COLUMNS)] for row in rows])
    bits = (level[::2] - level[1::2]).ravel()
    if np.abs(bits).min() < 0.5 * np.ptp(grey) or not np.ptp(grey):
        raise ValueError("the picture carries no number")
    return int("".join("1" if bit > 0 else "0" for bit in bits), 2)


def _part(index: int, parts: int, length: int, margin: float) -> slice:
    """Pixels of one of ``parts`` equal parts of a side, less a margin at both ends (share of the part)."""
    return slice(round((index + margin) * length / parts), round((index + 1 - margin) * length / parts))


@dataclass(frozen=True)
class Made:
    """A video and what a correct player shows of it."""

    path: Path  # a file, a folder of images, or a pattern of numbered images such as folder/img%04d.png
    frames: list[int]  # numbers of the frames, in the order in which they are shown
    size: tuple[int, int] = SIZE  # width and height in pixels, upright, before any stretching to square pixels
    fps: float = FPS
    times: list[float] | None = None  # seconds of each frame after the first, where they are not i / fps
    start: float | None = 0.0  # seconds of the first frame as the container states it, None where it states no times


# Without mbtree and with the plainest search: otherwise x264 and x265 give other bytes at times.
X264 = {"crf": "18", "g": "12", "bf": "3", "x264-params": "mbtree=0:scenecut=0:b-adapt=0"}
X264_OPEN = {**X264, "x264-params": f"{X264['x264-params']}:open-gop=1"}
X264_PLAIN = {**X264, "bf": "0"}
_X265 = "log-level=none:pools=none:frame-threads=1:cutree=0:aq-mode=0:weightp=0:sao=0:me=dia:subme=0:scenecut=0:b-adapt=0"
X265 = {"crf": "18", "x265-params": f"{_X265}:keyint=12:min-keyint=12:bframes=3:open-gop=0"}
X265_OPEN = {**X265, "x265-params": f"{_X265}:keyint=12:min-keyint=12:bframes=3:open-gop=1"}
MPEG = {"g": "12", "b": "4000000", "qmax": "4", "sc_threshold": "1000000000"}
MPEG_B = {**MPEG, "bf": "2", "b_strategy": "0"}
MJPEG = {"qmin": "2", "qmax": "3"}
VPX = {"g": "12", "b": "2000000", "cpu-used": "5", "deadline": "good"}
SVT = {"g": "12", "crf": "20", "preset": "10", "svtav1-params": "lp=1"}


def encode(
    path: Path,
    images: Sequence[np.ndarray],
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] = X264,
    *,
    pts: Iterable[int] | None = None,
    ticks: int = FPS,
    mux: dict[str, str] | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
    sound: bool = False,
) -> Path:
    """Write RGB images as a video of ``FPS`` frames per second and return its path.

    Parameters
    ----------
    pts
        Time of each image in 1/``ticks`` seconds; one tick after the other where nothing is given.
    mux
        Options of the container.
    rotation
        Degrees by which a player has to turn the images counterclockwise.
    aspect
        Width of a pixel over its height.
    sound
        Whether a track of sound stands before the one of pictures.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SVT_LOG", "1")  # the encoder of AV1 tells its settings on stderr otherwise
    with av.open(str(path), "w", options={"fflags": "+bitexact", **(mux or {})}) as container:
        tone = list(_tone(container)) if sound else []
        stream = container.add_stream(codec, rate=FPS, options=dict(options))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.thread_count = 1  # the number of threads changes the bytes
        stream.codec_context.time_base = Fraction(1, ticks)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for time, image in zip(range(len(images)) if pts is None else pts, images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, ticks)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        for packet in tone:
            container.mux(packet)
    return path


def _tone(container: av.container.OutputContainer) -> Iterable[av.Packet]:
    stream = container.add_stream("aac", rate=16000)
    for index in range(20):
        wave = np.sin(np.arange(1024 * index, 1024 * (index + 1)) / 6).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, 1024 * index
        yield from stream.encode(frame)
    yield from stream.encode()


def _film(
    folder: Path,
    name: str,
    *,
    size: tuple[int, int] = SIZE,
    rotation: int = 0,
    shown: range = range(COUNT),
    times: list[float] | None = None,
    start: float | None = 0.0,
    **how: Any,
) -> Made:
    images = [np.rot90(image, -rotation // 90) for image in numbered(COUNT, size)]
    return Made(encode(folder / name, images, rotation=rotation, **how), list(shown), size, FPS, times, start)


STEPS = [0, *accumulate(islice(cycle((40, 40, 33, 47, 200, 40, 10, 80)), COUNT - 1))]  # ms, of a camera that stumbles
DROPPED = [index + 3 * (index >= 20) for index in range(COUNT)]  # a camera that lost three frames
UNEVEN = {"pts": STEPS, "ticks": 1000, "times": [step / 1000 for step in STEPS]}
INTERLACED = {"flags": "+ildct+ilme"}

FILMS: dict[str, dict[str, Any]] = {
    "h264-b.mp4": {},
    "h264-no-b.mp4": {"options": X264_PLAIN},
    "h264-open-gop.mp4": {"options": X264_OPEN},
    "h264-open-gop.mkv": {"options": X264_OPEN},
    "h264-grey.mp4": {"pix_fmt": "gray"},
    "h264-rgb.mp4": {"codec": "libx264rgb", "pix_fmt": "rgb24"},
    "h264-10-bit.mp4": {"pix_fmt": "yuv420p10le"},
    "h264-444.mp4": {"pix_fmt": "yuv444p"},
    "h264-odd-size.mp4": {"pix_fmt": "yuv444p", "size": (97, 63)},
    "h264-rotated-90.mp4": {"rotation": 90},
    "h264-rotated-180.mp4": {"rotation": 180},
    "h264-rotated-270.mp4": {"rotation": 270},
    "h264-uneven-times.mp4": UNEVEN,
    "h264-uneven-times.mkv": UNEVEN,
    "h264-edit-list.mp4": {"pts": range(-15, COUNT - 15), "shown": range(15, COUNT)},  # 15 lies within a group
    "h264-late-start.mp4": {"pts": range(50, 50 + COUNT), "start": 2.0},
    "h264-interlaced.mp4": {"options": {**X264, **INTERLACED}},
    "h264-wide-pixels.mp4": {"aspect": Fraction(4, 3)},
    "h264-full-range.mp4": {"pix_fmt": "yuvj420p"},
    "h264-sound.mp4": {"sound": True},
    "h264-b.ts": {"pts": range(35, 35 + COUNT), "start": 1.4},
    "h264-b.avi": {"start": 0.04},  # states the times in the order of decoding
    "h264-b.h264": {"start": None},
    "hevc-b.mp4": {"codec": "libx265", "options": X265},
    "hevc-open-gop.mp4": {"codec": "libx265", "options": X265_OPEN},
    "hevc-grey.mp4": {"codec": "libx265", "pix_fmt": "gray", "options": X265},
    "vp8.webm": {"codec": "libvpx", "options": VPX},
    "vp9.webm": {"codec": "libvpx-vp9", "options": VPX},
    "av1.mp4": {"codec": "libsvtav1", "options": SVT},
    "av1.webm": {"codec": "libsvtav1", "options": SVT},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": MJPEG},
    "mjpeg.mov": {"codec": "mjpeg", "pix_fmt": "yuvj422p", "options": MJPEG},
    "mjpeg-odd-size.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": MJPEG, "size": (97, 63)},
    "mjpeg-dropped.avi": {
        "codec": "mjpeg", "pix_fmt": "yuvj420p", "options": MJPEG,
        "pts": DROPPED, "times": [index / FPS for index in DROPPED],
    },
    "mpeg4.avi": {"codec": "mpeg4", "options": MPEG},
    "mpeg4.mp4": {"codec": "mpeg4", "options": MPEG},
    "mpeg4-b.avi": {"codec": "mpeg4", "options": MPEG_B, "start": 0.04},
    "mpeg2-b.ts": {"codec": "mpeg2video", "options": MPEG_B, "pts": range(35, 35 + COUNT), "start": 1.4},
    "mpeg2-interlaced.mpg": {"codec": "mpeg2video", "options": {**MPEG_B, **INTERLACED}, "start": 0.54},
    "wmv2.wmv": {"codec": "wmv2", "options": MPEG},
    "raw-bgr.avi": {"codec": "rawvideo", "pix_fmt": "bgr24", "options": {}},
    "raw-grey-odd-size.avi": {"codec": "rawvideo", "pix_fmt": "gray", "options": {}, "size": (97, 63)},
    "raw-yuv420p.avi": {"codec": "rawvideo", "options": {}},
    "ffv1-rgb.mkv": {"codec": "ffv1", "pix_fmt": "bgr0", "options": {"g": "12"}},
    "ffv1-grey-16-bit.mkv": {"codec": "ffv1", "pix_fmt": "gray16le", "options": {"g": "1"}},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "options": {}},
}  # fmt: skip


def _packed(folder: Path) -> Made:
    """MPEG-4 as DivX wrote it: a B-frame lies in the packet of the frame it is shown before, and a dummy in its own place."""
    path, count = folder / "mpeg4-packed-b.avi", COUNT + 1  # odd, so that the last packet is a dummy
    plain = encode(folder / "plain.avi", numbered(count), "mpeg4", options={**MPEG_B, "bf": "1"})
    start, dummy = b"\0\0\1\xb6", b"\0\0\1\xb6\x50\x6f"  # a frame's start code; a P-frame "not coded"
    with av.open(str(plain)) as source, av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        packed: list[tuple[bytes, bool]] = []
        for packet in source.demux(video=0):
            data = bytes(packet)
            if data and data[data.index(start) + 4] >> 6 == 2:  # the kind of frame: B
                packed[-1] = (packed[-1][0] + data, packed[-1][1])
                packed.append((dummy, False))
            elif data and packet.is_keyframe:
                packed.append((data.replace(start, b"\0\0\1\xb2DivX503b1393p" + start, 1), True))  # p: packed
            elif data:
                packed.append((data, False))
        for index, (data, key) in enumerate(packed):
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.duration = stream, Fraction(1, FPS), 1
            packet.pts = packet.dts = index
            packet.is_keyframe = key
            container.mux(packet)
    plain.unlink()
    return Made(path, list(range(count)), start=0.04)


def write_images(folder: Path, name: str, images: Sequence[np.ndarray], first: int = 0) -> Path:
    """Write RGB or grey images as files of a folder, named by a pattern such as img%04d.png, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images, first):
        assert cv2.imwrite(str(folder / (name % index)), image[..., ::-1] if image.ndim == 3 else image)
    return folder


def write_pages(path: Path, pages: Iterable[np.ndarray]) -> Path:
    """Write images as the pages of one TIFF, each page's header beside its pixels as a camera appends it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tifffile.TiffWriter(path) as writer:
        for page in pages:
            kind = "rgb" if page.ndim == 3 else "minisblack"
            writer.write(page, photometric=kind, contiguous=False, metadata=None, software=False)
    return path


def _grey(peak: int = 255) -> list[np.ndarray]:
    """Numbered frames in grey (height, width), from 0 to ``peak``; uint16 where uint8 does not suffice."""
    kind = np.uint8 if peak < 256 else np.uint16
    return [(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) * (peak / 255)).round().astype(kind) for image in numbered(COUNT)]


def _pages(folder: Path, name: str, pages: Callable[[], list[np.ndarray]]) -> Made:
    return Made(write_pages(folder / name, pages()), list(range(COUNT)), start=None)


def _images(
    folder: Path, name: str, file: str, images: Callable[[], list[np.ndarray]], first: int = 0, pattern: bool = False
) -> Made:
    path = write_images(folder / name, file, images(), first)
    return Made(path / file if pattern else path, list(range(COUNT)), start=None)


FORMATS: dict[str, Callable[[Path], Made]] = {
    **{name: partial(_film, name=name, **how) for name, how in FILMS.items()},
    "mpeg4-packed-b.avi": _packed,
    "png-folder": partial(_images, name="png-folder", file="img%04d.png", images=partial(numbered, COUNT)),
    "jpeg-from-5": partial(
        _images, name="jpeg-from-5", file="img%04d.jpg", images=partial(numbered, COUNT), first=5, pattern=True
    ),
    "tiff-16-bit-folder": partial(_images, name="tiff-16-bit-folder", file="frame_%d.tif", images=partial(_grey, 65535)),
    "tiff-rgb.tif": partial(_pages, name="tiff-rgb.tif", pages=partial(numbered, COUNT)),
    "tiff-grey.tif": partial(_pages, name="tiff-grey.tif", pages=_grey),
    "tiff-12-bit.tif": partial(_pages, name="tiff-12-bit.tif", pages=partial(_grey, 4095)),
}
