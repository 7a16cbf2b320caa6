"""Frames and pixels of a video that the sheet asks for."""

import pytest

from posemake.core.errors import PosemakeError
from posemake.video.bounds import frame_range, pixel_region
from posemake.video.info import VideoReport

REPORT = VideoReport(frames=100, width=64, height=48)
WHOLE = (0, 64, 0, 48)


@pytest.mark.parametrize(
    "start, stop, expected", [(None, None, (0, 100)), (10, 20, (10, 20)), (0, 1000, (0, 100)), (99, None, (99, 100))]
)
def test_empty_cells_stand_for_all_frames(start, stop, expected):
    assert frame_range("v.mp4", REPORT, start, stop) == expected


@pytest.mark.parametrize("cell, expected", [(None, WHOLE), ([], WHOLE), ([8, 64, 0, 40], (8, 64, 0, 40))])
def test_an_empty_cell_stands_for_the_whole_frame(cell, expected):
    assert pixel_region("v.mp4", REPORT, "crop", cell) == expected


@pytest.mark.parametrize(
    "start, stop, sentence",
    [
        (100, None, "start 100 and stop 100 leave no frame of 100"),
        (30, 30, "start 30 and stop 30 leave no frame"),
        (None, 0, "start 0 and stop 0 leave no frame"),
    ],
)
def test_frames_outside_the_video_are_refused(start, stop, sentence):
    with pytest.raises(PosemakeError, match=f"^v.mp4: {sentence}.*; correct the sheet of videos$"):
        frame_range("v.mp4", REPORT, start, stop)


@pytest.mark.parametrize("column", ["crop", "roi"])
@pytest.mark.parametrize("cell", [[0, 65, 0, 48], [0, 10, 0, 49], [20, 10, 0, 48], [0, 64, 40, 40], [5, 5, 0, 10]])
def test_a_region_outside_the_frame_is_refused(column, cell):
    words = f"{column} {','.join(map(str, cell))} .* does not lie within its 64 x 48 pixels; correct the sheet of videos"
    with pytest.raises(PosemakeError, match=f"^v.mp4: {words}$"):
        pixel_region("v.mp4", REPORT, column, cell)
