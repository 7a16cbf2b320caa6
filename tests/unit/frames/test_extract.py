"""Images of the chosen frames."""

import cv2
import numpy as np
import pytest
from fixtures.helpers import open_prepared
from fixtures.moving import prepare_moving

from posemake.frames.extract import ExtractInputs, extract_frames
from posemake.frames.frame_table import write_frame_table


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return prepare_moving(tmp_path_factory.mktemp("moving"))


def extract(video, folder, frames):
    """Write the images of frames into ``images`` in a folder."""
    write_frame_table(folder / "frames.csv", ((frame, f"img{frame:04d}.png", "uniform", "why") for frame in frames))
    inputs = ExtractInputs(video / "moving.mp4", video / "video.json", video / "standard", folder / "frames.csv")
    extract_frames(inputs, folder / "images")
    return sorted((folder / "images").iterdir())


def test_chosen_frames_are_written_whole(video, tmp_path):
    frames = [3, 21, 59]
    paths = extract(video, tmp_path, frames)
    assert [path.name for path in paths] == [f"img{frame:04d}.png" for frame in frames]
    for path, (_, image) in zip(paths, open_prepared(video / "moving.mp4", video).images_at(frames)):
        assert np.array_equal(cv2.imread(str(path))[..., ::-1], image)


def test_without_a_chosen_frame_the_folder_is_empty_and_the_video_is_not_read(tmp_path):
    assert extract(tmp_path / "gone", tmp_path, []) == []
