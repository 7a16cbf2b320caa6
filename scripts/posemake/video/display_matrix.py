"""Display matrix of MP4 and MOV files, of which FFmpeg's rotation tells the angle alone.

The matrix [a b u; c d v; x y w] moves a pixel at (x, y) to (a x + c y, b x + d y) (ISO/IEC 14496-12, 6.2.2). It mirrors if its
determinant is negative. It is read from the file: PyAV keeps the memory of a frame whose side data were asked for.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# offset of the matrix, and of the track's id, in the headers of movie and track, by their version
MOVIE_MATRIX = {0: 36, 1: 48}
TRACK_MATRIX, TRACK_ID = {0: 40, 1: 52}, {0: 12, 1: 20}


def _boxes(file: BinaryIO, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each box between two places in a file, and where its content begins and ends."""
    while start + 8 <= stop:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            content += 8
        end = start + size if size else stop
        if end < content:
            return
        yield kind, content, min(end, stop)
        start = end


def _mirrors(header: bytes, offset: int) -> bool:
    a, b, _, c, d = struct.unpack_from(">5i", header, offset)
    return bool(a * d < b * c)


def is_mirrored(path: Path, track: int) -> bool:
    """Return whether an MP4 or MOV file asks a player to mirror the frames of a track; False for other files.

    Parameters
    ----------
    path
        Video file.
    track
        Id of the track, as the file states it.
    """
    try:
        with open(path, "rb") as file:
            return _movie_mirrors(file, path.stat().st_size, track)
    except struct.error:  # another kind of file, or a damaged one
        return False


def _movie_mirrors(file: BinaryIO, size: int, track: int) -> bool:
    for kind, start, stop in _boxes(file, 0, size):
        if kind == b"moov":
            mirrored = False
            for inner, begin, end in _boxes(file, start, stop):
                if inner == b"mvhd":
                    header = _read(file, begin, end)
                    mirrored ^= _mirrors(header, MOVIE_MATRIX[header[0] & 1])
                elif inner == b"trak":
                    mirrored ^= _track_mirrors(file, begin, end, track)
            return mirrored
    return False


def _track_mirrors(file: BinaryIO, start: int, stop: int, track: int) -> bool:
    for kind, begin, end in _boxes(file, start, stop):
        if kind == b"tkhd":
            header = _read(file, begin, end)
            version = header[0] & 1
            (number,) = struct.unpack_from(">I", header, TRACK_ID[version])
            return bool(number == track) and _mirrors(header, TRACK_MATRIX[version])
    return False


def _read(file: BinaryIO, start: int, stop: int) -> bytes:
    file.seek(start)
    content = file.read(min(stop - start, 256))
    if not content:
        raise struct.error("an empty header")
    return content
