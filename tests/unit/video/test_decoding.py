"""Passes over a video file."""

import pytest
from fixtures.corpus import COUNT, FORMATS

from posemake.video.decoding import decode, decode_tolerant, frame_hash, scan_packets


@pytest.mark.parametrize(
    "name", ["h264-open-gop.mp4", "hevc-b.mp4", "mpeg4-b.avi", "mpeg4-packed-b.avi", "h264-edit-list.mp4", "av1.webm"]
)
def test_a_whole_file_is_the_same_in_a_tolerant_pass(tmp_path, name):
    """The last packet brings what the decoder held back, once."""
    path = FORMATS[name](tmp_path).path
    plain, tolerant = list(decode(path)), list(decode_tolerant(path))
    assert [frame.pts for frame in plain] == [frame.pts for frame in tolerant]
    assert all(frame_hash(a) == frame_hash(b) for a, b in zip(plain, tolerant))


def test_packets_are_those_of_the_pictures(tmp_path):
    scan = scan_packets(FORMATS["h264-sound.mp4"](tmp_path).path)
    assert len(scan.pts) == COUNT and sum(scan.is_key) == 4 and not scan.hidden and not scan.errors
    hidden = scan_packets(FORMATS["h264-edit-list.mp4"](tmp_path).path)
    assert len(hidden.pts) == 25 and hidden.hidden == 3
