"""Small videos that are broken or odd in one way each; a companion of ``corpus``.

Each member of ``BROKEN`` writes one below a folder that is there and tells what FFmpeg 8 makes of it, packet by packet
in one thread, where a packet that cannot be decoded is left out.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
from corpus import COUNT, FPS, MJPEG, MPEG_B, SIZE, X264, X264_PLAIN, X265, encode, numbered, write_images, write_pages

SPOILT = -1  # in place of a number: a picture comes that is not the frame that is due, whatever it shows
ALL = list(range(COUNT))
AVI_JPEG = {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": MJPEG}
TS = {"pts": range(35, 35 + COUNT), "start": 1.4}


@dataclass(frozen=True)
class Broken:
    """A broken video and what can be had from it."""

    path: Path
    decodable: list[int] | None  # numbers in the order in which they come; None: there is nothing that can be opened
    why: str
    recorded: int = COUNT  # frames that the whole recording had
    size: tuple[int, int] = SIZE
    fps: float = FPS
    start: float | None = 0.0  # seconds of frame 0, where the other frames' times follow from it; None where they do not


def packets(path: Path) -> list[tuple[int, int, bool]]:
    """Position in the file, bytes and whether it is a key frame, of each packet of the first track of pictures."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size, packet.is_keyframe) for packet in container.demux(video=0) if packet.size]


Change = Callable[[Path, bytes], bytes]  # the new content of a file, from its path and the whole content


def _film(
    folder: Path,
    name: str,
    *,
    why: str,
    decodable: list[int] | None = ALL,
    change: Change | None = None,
    count: int = COUNT,
    start: float | None = 0.0,
    **how: Any,
) -> Broken:
    path = encode(folder / name, numbered(count), **how)
    if change:
        path.write_bytes(change(path, path.read_bytes()))
    return Broken(path, decodable, why, count, start=start)


def _cut(share: float) -> Change:
    return lambda _, content: content[: int(share * len(content))]


def _headless(path: Path, content: bytes) -> bytes:
    """From the sixth packet on, which needs a frame before it."""
    position = packets(path)[5][0]
    return content[position - position % 188 if path.suffix == ".ts" else position :]


def _zeros(*which: int, kept: Callable[[int], int]) -> Change:
    """Zeros in place of packets, but for the first ``kept(size)`` bytes of each."""

    def change(path: Path, content: bytes) -> bytes:
        damaged = bytearray(content)
        for position, size, _ in [packets(path)[index] for index in which]:
            damaged[position + kept(size) : position + size] = bytes(size - kept(size))
        return bytes(damaged)

    return change


def _hole(path: Path, content: bytes) -> bytes:
    """Six packets of the transport, 188 bytes each, did not arrive."""
    at = packets(path)[16][0] // 188 + 2
    return content[: 188 * at] + content[188 * (at + 6) :]


def _claiming(frames: int) -> Change:
    """Another number of frames in the two places where the header of an AVI tells it."""

    def change(_: Path, content: bytes) -> bytes:
        header = bytearray(content)
        for at in (content.index(b"avih") + 8 + 16, content.index(b"strh") + 8 + 32):
            assert struct.unpack_from("<I", content, at) == (COUNT,)
            struct.pack_into("<I", header, at, frames)
        return bytes(header)

    return change


def _same_time(path: Path, content: bytes) -> bytes:
    """The time of packet 20 in packet 21, which lies in the same cluster: two bytes behind the number of the track."""
    one, other = (position + 1 for position, _, _ in packets(path)[20:22])
    return content[:other] + content[one : one + 2] + content[other + 2 :]


def _no_moov(_: Path, content: bytes) -> bytes:
    return content[: content.index(b"moov") - 4]


def _size_changes(folder: Path, name: str, *, why: str, start: float | None) -> Broken:
    halves = numbered(COUNT // 2), numbered(COUNT // 2, (2 * SIZE[0], 2 * SIZE[1]), COUNT // 2)
    parts = [folder / f"{index}{name}" for index in (0, 1)]
    for index, (part, images) in enumerate(zip(parts, halves)):
        encode(part, images, pts=range(35 + index * COUNT // 2, 35 + (index + 1) * COUNT // 2))
    (folder / name).write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    return Broken(folder / name, ALL, why, start=start)


def _text(folder: Path, name: str, *, text: str, why: str) -> Broken:
    (folder / name).write_text(text)
    return Broken(folder / name, None, why, 0)


def _sound_only(folder: Path, name: str) -> Broken:
    whole = encode(folder / "whole.mp4", numbered(2), sound=True)
    with av.open(str(whole)) as source, av.open(str(folder / name), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    whole.unlink()
    return Broken(folder / name, None, "a track of sound and none of pictures", 0)


def _images(folder: Path, name: str, *, odd: Callable[[Path], object], decodable: list[int], why: str) -> Broken:
    path = write_images(folder / name, "img%04d.png", numbered(COUNT))
    odd(path / "img0017.png")
    return Broken(path, decodable, why, start=None)


def _bigger(path: Path) -> None:
    write_images(path.parent, "img%04d.png", numbered(1, (2 * SIZE[0], 2 * SIZE[1]), 17), 17)


def _nothing(folder: Path, name: str) -> Broken:
    (folder / name).mkdir(parents=True)
    return Broken(folder / name, None, "a folder without any file", 0)


def _cut_pages(folder: Path, name: str) -> Broken:
    path = write_pages(folder / name, numbered(COUNT))
    path.write_bytes(_cut(0.61)(path, path.read_bytes()))
    return Broken(path, ALL[:24], "a TIFF of many pages that breaks off among the pixels of page 24", start=None)


def _head(size: int) -> int:
    return 5  # bytes: the length and the kind of the unit, so that its own header is what is damaged


def _half(size: int) -> int:
    return size // 2


# what is left of H.264 with the pattern I BbBb P … (groups of 12) when packets 16 and 17, a B- and a P-frame, are damaged
AFTER = [16, 17, *[SPOILT] * 6, *range(24, COUNT)]
DAMAGED = {"change": _zeros(16, 17, kept=_half)}
WRAP = [2**33 + 3600 * (index - 20) for index in range(COUNT)]  # clock of 90 kHz in 33 bits

FILMS: dict[str, dict[str, Any]] = {
    "no-moov.mp4": {"change": _no_moov, "decodable": None, "why": "all frames and no index: the recorder was switched off"},
    "cut.mp4": {"change": _cut(0.7), "decodable": None, "why": "the end is cut off, and with it the index"},
    "cut-index-first.mp4": {
        "mux": {"movflags": "+faststart"}, "change": _cut(0.6), "decodable": [*range(21), 23],
        "why": "the end is cut off; the index in front promises all frames",
    },
    "cut.mkv": {"change": _cut(0.6), "decodable": [*range(22), 23], "why": "the end is cut off"},
    "cut.ts": {**TS, "change": _cut(0.62), "decodable": [*range(24), SPOILT], "why": "the end is cut off"},
    "cut-mpeg4.avi": {
        "codec": "mpeg4", "options": MPEG_B, "start": 0.04, "change": _cut(0.6), "decodable": [*range(22), SPOILT],
        "why": "the end is cut off, and with it the index",
    },
    "cut-mjpeg.avi": {**AVI_JPEG, "change": _cut(0.6), "decodable": [*range(23), SPOILT], "why": "the end is cut off"},
    "cut-raw.avi": {
        "codec": "rawvideo", "options": {}, "pix_fmt": "bgr24", "change": _cut(0.6), "decodable": ALL[:23],
        "why": "the end is cut off; the last frame is another error than elsewhere",
    },
    "concealed.mp4": {
        **DAMAGED, "decodable": [*range(15), SPOILT, *AFTER],
        "why": "two packets are damaged; the decoder fills the gaps with what it has and raises nothing",
    },
    "undecodable.mp4": {
        "change": _zeros(16, 17, kept=_head), "decodable": [*range(15), *AFTER[:2], *AFTER[3:]],
        "why": "two packets are damaged so that decoding them raises; others are predicted from what is missing",
    },
    "silent-hevc.mp4": {
        **DAMAGED, "codec": "libx265", "options": X265, "decodable": [*range(15), SPOILT, 16, 17, 18, *[SPOILT] * 5, *ALL[24:]],
        "why": "two packets are damaged; no error, no mark and no message tells it",
    },
    "missing-hevc.mp4": {
        "change": _zeros(16, 17, kept=_head), "codec": "libx265", "options": X265,
        "decodable": [*range(15), 16, *ALL[24:]],
        "why": "two packets are damaged; they and what is predicted from them are left out without an error",
    },
    "damaged-mjpeg.avi": {
        **AVI_JPEG, "change": _zeros(17, kept=lambda size: 0), "decodable": [*range(17), *ALL[18:]],
        "why": "one frame's bytes are zeros: decoding it raises",
    },
    "half-mjpeg.avi": {
        **AVI_JPEG, "change": _zeros(17, kept=_half), "decodable": [*range(17), SPOILT, *ALL[18:]],
        "why": "the lower half of one frame is lost: its picture comes without a mark",
    },
    "hole.ts": {
        **TS, "change": _hole, "decodable": [*range(15), SPOILT, *AFTER[:2], *AFTER[3:]],
        "why": "packets of the transport were lost on their way",
    },
    "claims-more.avi": {**AVI_JPEG, "change": _claiming(60), "why": "the header promises 60 frames"},
    "claims-fewer.avi": {**AVI_JPEG, "change": _claiming(20), "why": "the header promises 20 frames"},
    "negative-times.mkv": {
        **AVI_JPEG, "pts": range(-10, COUNT - 10), "mux": {"avoid_negative_ts": "disabled"}, "start": -0.4,
        "why": "the first ten frames lie before time 0 and are to be shown",
    },
    "no-times.mkv": {
        "options": X264_PLAIN, "pts": range(-10, COUNT - 10), "mux": {"avoid_negative_ts": "disabled"}, "start": None,
        "why": "the first ten frames lie before time 0 and come without a time",
    },
    "negative-times.ts": {
        "pts": WRAP, "ticks": 90000, "mux": {"avoid_negative_ts": "disabled"}, "start": -0.8,
        "why": "the clock of 33 bits starts anew at frame 20; the frames before it get times before 0",
    },
    "same-time-twice.mkv": {
        **AVI_JPEG, "change": _same_time, "start": None, "why": "frames 20 and 21 state the same time",
    },
    "one-keyframe.mp4": {
        "options": {**X264, "g": "10000"}, "count": 60, "decodable": list(range(60)),
        "why": "only the first frame can be decoded by itself",
    },
    "headless.h264": {
        "change": _headless, "start": None, "decodable": ALL[12:], "why": "starts within a group: frames before 12 are lost",
    },
    "headless.ts": {
        **TS, "change": _headless, "decodable": ALL[12:], "why": "starts within a group: frames before 12 are lost",
    },
}  # fmt: skip

BROKEN: dict[str, Callable[[Path], Broken]] = {
    **{name: partial(_film, name=name, **how) for name, how in FILMS.items()},
    "empty.mp4": partial(_text, name="empty.mp4", text="", why="a file of 0 bytes"),
    "text.mp4": partial(_text, name="text.mp4", text="frame,x,y\n1,2,3\n" * 200, why="a table that is named like a video"),
    "sound-only.mp4": partial(_sound_only, name="sound-only.mp4"),
    "size-changes.h264": partial(
        _size_changes, name="size-changes.h264", start=None, why="from frame 20 on the pictures are twice as large"
    ),
    "size-changes.ts": partial(
        _size_changes, name="size-changes.ts", start=1.4, why="from frame 20 on the pictures are twice as large"
    ),
    "size-changes-folder": partial(
        _images, name="size-changes-folder", odd=_bigger, decodable=ALL, why="the picture of frame 17 is twice as large"
    ),
    "unreadable-folder": partial(
        _images,
        name="unreadable-folder",
        odd=lambda path: path.write_text("no picture"),
        decodable=[*range(17), *ALL[18:]],
        why="the file of frame 17 is no picture",
    ),
    "empty-folder": partial(_nothing, name="empty-folder"),
    "cut-pages.tif": partial(_cut_pages, name="cut-pages.tif"),
}
