"""Writing of videos."""

import av
import numpy as np
import pytest
from fixtures.corpus import numbered
from fixtures.helpers import open_prepared, prepare, prepare_and_open, spots, write_video

from posemake.video.writer import video_writer


@pytest.mark.parametrize("size", [(64, 48), (63, 48), (64, 47), (33, 17)])
def test_odd_sizes_are_padded_right_and_below(tmp_path, size):
    frames = [frame[: size[1], : size[0]] for frame in spots(3)]
    video = prepare_and_open(write_video(tmp_path / "odd.mp4", frames), tmp_path / "out")
    assert video.size == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    _, first = next(video.images())
    padded = np.pad(frames[0], ((0, size[1] % 2), (0, size[0] % 2), (0, 0)), mode="edge")
    assert np.abs(first.astype(int) - padded).max() < 16  # no black line


def test_grey_levels_survive(tmp_path):
    ramp = np.broadcast_to(np.arange(0, 256, dtype=np.uint8)[None, :, None], (64, 256, 3))
    _, image = next(prepare_and_open(write_video(tmp_path / "ramp.mp4", [ramp] * 3, quality=4), tmp_path / "out").images())
    assert np.abs(image.astype(int) - ramp).max() <= 4
    assert abs((image.astype(int) - ramp).mean()) < 1


def test_red_stays_red(tmp_path):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    _, image = next(prepare_and_open(write_video(tmp_path / "red.mp4", [red] * 2), tmp_path / "out").images())
    assert np.abs(image.astype(int) - red).max() < 12


@pytest.mark.parametrize("gop", [1, 5, 10])
def test_groups_of_pictures_have_the_length_that_is_asked_for(tmp_path, gop):
    with video_writer(tmp_path / "a.mp4", (96, 64), 25, gop=gop) as write:
        for image in numbered(23):
            write(image)
    with av.open(str(tmp_path / "a.mp4")) as container:
        keys = [index for index, frame in enumerate(container.decode(video=0)) if frame.key_frame]
    assert keys == list(range(0, 23, gop))


@pytest.mark.parametrize("fps", [25, 30000 / 1001, 7.5, 0.1, 240])
def test_a_rate_is_kept(tmp_path, fps):
    info = prepare(write_video(tmp_path / "a.mp4", spots(10), fps), tmp_path)
    assert info["fps"] == pytest.approx(fps, rel=1e-6) and info["real_fps"] == pytest.approx(fps, rel=1e-3)


def test_an_error_while_writing_leaves_no_file(tmp_path):
    path = tmp_path / "out" / "video.mp4"
    with pytest.raises(RuntimeError, match="interrupted"), video_writer(path, (64, 48), 25) as write:
        write(spots(1)[0])
        raise RuntimeError("interrupted")
    assert list(path.parent.iterdir()) == []


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = write_video(tmp_path / "video.mp4", spots(2))
    before = path.read_bytes()
    with pytest.raises(RuntimeError), video_writer(path, (64, 48), 25) as write:
        write(spots(1)[0])
        raise RuntimeError
    assert [file.name for file in tmp_path.iterdir()] == ["video.mp4"]
    assert path.read_bytes() == before


def test_a_prepared_video_is_opened_from_its_files_alone(tmp_path):
    path = write_video(tmp_path / "a.mp4", spots(5))
    prepare(path, tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "moved")
    assert len(list(open_prepared(path, tmp_path / "moved").images())) == 5
