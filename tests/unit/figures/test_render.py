"""Labelled videos of a spot that walks, written and decoded again."""

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from fixtures.helpers import blob, prepare, write_video
from PIL import Image

from posemake.config import settings
from posemake.config.settings import Render
from posemake.data.poses import make_poses, write_poses
from posemake.figures import render
from posemake.figures import yuv_canvas as canvas
from posemake.figures.render import Painter, choose_encoder, render_video
from posemake.figures.yuv_canvas import Canvas, blank
from posemake.video.writer import software_encoder

FRAMES, SIZE, FPS = 60, (161, 120), 25.0
NAMES = ["snout", "tail"]
XY = np.stack([np.stack([30 + 1.5 * np.arange(FRAMES), np.full(FRAMES, 60.0)], 1) + offset for offset in ((0, 0), (-20, 12))], 1)
OFF = {"trail": 0, "skeleton_color": "white", "radius": 4}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A grey video with its preparation and poses; the raw ones lie 15 pixels lower."""
    folder = tmp_path_factory.mktemp("source")
    images = [np.repeat(blob(SIZE, xy[0], 6, 60).astype(np.uint8)[..., None] + np.uint8(80), 3, axis=2) for xy in XY]
    video = write_video(folder / "video.mp4", images, FPS)
    prepare(video, folder)
    confidence = np.full((FRAMES, 2), 0.9)
    confidence[:, 1] = 0.3
    for name, shift in (("filtered", 0), ("raw", 15)):
        write_poses(
            make_poses(XY + np.array([0, shift]), confidence, NAMES), folder / f"{name}.h5", folder / f"{name}.csv", "test"
        )
    return folder


def made(source, out, row=None, skeleton=(), poses="filtered.h5", **values):
    """Render into a folder, and return the frames of the labelled video."""
    at = [str(source / name) for name in ("video.mp4", "video.json", "standard", "times.npy", "raw.h5", poses)]
    files = [str(out / name) for name in ("labelled.mp4", "preview.mp4", "poster.png")]
    of_row = {"fps": None, "start": None, "stop": None} | (row or {})
    render_video(*at, *files, settings.plain(Render, OFF | values), of_row, [list(pair) for pair in skeleton])
    return frames_of(out / "labelled.mp4")


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def stream_of(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        size = (stream.width, stream.height)
        return context.name, context.pix_fmt, size, stream.frames, float(stream.duration * stream.time_base)


def colorful(image):
    """Where a picture is not grey."""
    return np.ptp(image, axis=-1) > 60


def test_points_are_drawn_at_their_places(source, tmp_path):
    drawn = made(source, tmp_path)
    assert stream_of(tmp_path / "labelled.mp4") == ("h264", "yuv420p", (162, 120), FRAMES, pytest.approx(FRAMES / FPS))
    for index, image in enumerate(drawn):
        disc, ring = (tuple(np.rint(point).astype(int)[::-1]) for point in XY[index])
        assert colorful(image)[disc] and not colorful(image)[ring]  # the second is unsure
        places = np.argwhere(colorful(image))[:, ::-1]
        assert np.linalg.norm(places[:, None] - XY[index], axis=-1).min(1).max() < 7


def colors_of(path):
    """Its planes of colour, at half the resolution."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray()[frame.height :].astype(int) for frame in container.decode(video=0)])


def test_trails_that_are_gone_leave_no_colour(source, tmp_path):
    """As encoders leave it on a plain ground, where a person sees it."""
    for quality in (1, Render.quality):
        made(source, tmp_path / str(quality), trail=15, quality=quality)
    off = np.abs(colors_of(tmp_path / "1/labelled.mp4") - colors_of(tmp_path / f"{Render.quality}/labelled.mp4"))
    assert (off > 4).mean() < 1e-4 and off.max() <= 8


def test_two_runs_give_the_same_bytes(source, tmp_path, monkeypatch):
    files = ("labelled.mp4", "preview.mp4", "poster.png")
    for name, threads in (("a", "1"), ("b", "2"), ("c", "2")):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        made(source, tmp_path / name, trail=5, skeleton=[NAMES], preset="veryfast" if name == "c" else "ultrafast")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(files)
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / files[0]).read_bytes() != (tmp_path / "c" / files[0]).read_bytes()


@pytest.mark.parametrize("speed", [0.25, 4.0])
def test_another_speed_has_the_same_frames_in_another_time(source, tmp_path, speed):
    made(source, tmp_path, speed=speed)
    assert stream_of(tmp_path / "labelled.mp4")[3:] == (FRAMES, pytest.approx(FRAMES / FPS / speed))
    assert stream_of(tmp_path / "preview.mp4")[4] <= 4.1


@pytest.mark.parametrize("span, unit", [([10, 30], "frames"), ([0.4, 1.2], "s")])
def test_a_span_is_all_that_is_shown(source, tmp_path, span, unit):
    drawn = made(source, tmp_path, row={"start": 5, "stop": 50}, span=span, span_unit=unit)
    assert len(drawn) == 20
    for index, image in zip(range(10, 30), drawn):
        assert colorful(image)[tuple(np.rint(XY[index, 0]).astype(int)[::-1])]


def test_the_window_follows(source, tmp_path):
    drawn = made(source, tmp_path, follow=[61, 48], threshold=0.2)
    assert stream_of(tmp_path / "labelled.mp4")[2] == (62, 48)
    for image in drawn:
        assert colorful(image).sum() > 60  # both discs are inside
    middle = [np.nonzero(colorful(image))[1].mean() for image in drawn[20:40]]
    assert np.ptp(middle) < 4 and abs(np.mean(middle) - 31) < 4


def test_raw_on_the_left_and_filtered_on_the_right(source, tmp_path):
    drawn = made(source, tmp_path, side_by_side=True)
    assert stream_of(tmp_path / "labelled.mp4")[2] == (324, 120)
    for index, image in enumerate(drawn):
        x, y = np.rint(XY[index, 0]).astype(int)
        assert colorful(image)[y + 15, x] and colorful(image)[y, x + 162]
        assert not colorful(image)[y, x] and not colorful(image)[y + 15, x + 162]


def test_the_raw_side_is_as_sure_as_the_network_was(source, tmp_path):
    """Where the filter put another point, its confidence is 0."""
    write_poses(make_poses(XY, np.zeros((FRAMES, 2)), NAMES), source / "other.h5", source / "other.csv", "test")
    image = made(source, tmp_path, poses="other.h5", side_by_side=True)[30]
    x, y = np.rint(XY[30, 0]).astype(int)
    assert colorful(image)[y + 15, x] and not colorful(image)[y, x + 162]  # a disc, and a ring


def test_colours_are_told_where_the_source_tells_none(source, tmp_path, monkeypatch):
    """Players take large videos for BT.709, and their small windows not."""
    monkeypatch.setattr(canvas, "BT709_FROM", 100)
    drawn = made(source, tmp_path, follow=[60, 60])
    for name in ("labelled.mp4", "preview.mp4"):
        with av.open(str(tmp_path / name)) as container:
            assert container.streams.video[0].codec_context.colorspace == Colorspace.ITU709
    poster = np.array(Image.open(tmp_path / "poster.png")).astype(int)
    there = colorful(poster)
    assert there.sum() > 60 and np.abs(poster - drawn[30])[there].mean() < 6


def test_names_number_and_time_are_written_and_change(source, tmp_path):
    bare, named, stamped = (
        made(source, tmp_path / name, **dict.fromkeys(on, True))
        for name, on in (("bare", ()), ("named", ("names",)), ("stamped", ("frame_number", "time")))
    )
    for index in (0, 30, 59):
        x, y = np.rint(XY[index, 0]).astype(int)
        beside = np.abs(named[index] - bare[index]).max(-1) > 60
        assert beside[y - 8 : y + 8, x + 5 : x + 45].sum() > 40
        corner = np.abs(stamped[index] - bare[index]).max(-1) > 60
        assert corner[100:, :80].sum() > 40 and corner[:90].sum() == 0
    assert np.abs(stamped[10] - stamped[11])[100:, :80].max() > 60 and np.abs(bare[10] - bare[11])[100:, :80].max() < 30


def test_an_unsure_point_is_fainter(source, tmp_path):
    sure, faint = (made(source, tmp_path / str(on), threshold=0.2, opacity=on) for on in (False, True))
    strength = [[np.ptp(image[tuple(np.rint(point).astype(int)[::-1])]) for point in XY[30]] for image in (sure[30], faint[30])]
    assert 0.75 < strength[1][0] / strength[0][0] <= 1
    assert 0.15 < strength[1][1] / strength[0][1] < 0.45


def test_a_trail_is_the_way_of_a_point_and_breaks_where_it_is_unknown():
    xy = np.array([[[5.0 * t, 20.0]] for t in range(12)])
    xy[5] = np.nan
    painter = Painter(Render(trail=10), ["snout"], [], np.arange(12) / 25)
    _, planes = blank((64, 40))
    for plane in planes:
        plane[:] = 128
    planes[0][:] = 16
    painter.draw(Canvas(planes), 11, xy, np.ones((12, 1)))
    row = planes[0][20] > 16
    assert row[7:19].all() and not row[22:29].any() and row[32:55].all()  # the trail begins at the second frame
    assert not (planes[0][:14] > 16).any()


@pytest.mark.parametrize("x, written", [(-100.0, False), (10.0, True), (200.0, False)])
def test_a_name_stands_only_where_its_point_is(x, written):
    painter = Painter(Render(names=True, trail=0, radius=2), ["a"], [], np.zeros(1))
    _, planes = blank((64, 40))
    for plane in planes:
        plane[:] = 128
    painter.draw(Canvas(planes), 0, np.array([[[x, 20.0]]]), np.ones((1, 1)))
    assert (planes[0][:, [*range(6), *range(13, 64)]] != 128).any() == written


@pytest.mark.parametrize("speed", [1, 20])
@pytest.mark.parametrize("codec, name", [("hevc", "hevc"), ("av1", "libdav1d")])
def test_other_codecs(source, tmp_path, codec, name, speed):
    drawn = made(source, tmp_path, codec=codec, speed=speed)
    found = stream_of(tmp_path / "labelled.mp4")
    assert found[:3] == (name, "yuv420p", (162, 120)) and len(drawn) == FRAMES
    assert found[4] == pytest.approx(FRAMES / FPS / speed, rel=0.02)
    assert colorful(drawn[30])[tuple(np.rint(XY[30, 0]).astype(int)[::-1])]
    assert stream_of(tmp_path / "preview.mp4")[0] == "h264"


def test_hardware_that_does_not_work_is_passed_over(monkeypatch):
    """Encoders are built in that need a graphics card; where none opens, software is taken."""
    wanted = Render(encoder="auto")
    monkeypatch.setattr("posemake.video.writer._encodes", lambda encoder, size: False)
    assert choose_encoder(wanted, (64, 48)) == software_encoder("h264", wanted.quality, wanted.preset)
    monkeypatch.setattr("posemake.video.writer._encodes", lambda encoder, size: encoder.name == "h264_nvenc")
    assert choose_encoder(wanted, (64, 48)).name == "h264_nvenc" and not choose_encoder(wanted, (64, 48)).copies
    assert choose_encoder(Render(), (64, 48)).name == "libx264"


def test_a_preview_shows_the_liveliest_seconds(source, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "PREVIEW", 0.8)
    monkeypatch.setattr(render, "PREVIEW_WIDTH", 100)
    still = XY.copy()
    still[:35] = XY[35]  # it walks from there on
    write_poses(make_poses(still, np.full((FRAMES, 2), 0.9), NAMES), source / "still.h5", source / "still.csv", "test")
    at = [str(source / name) for name in ("video.mp4", "video.json", "standard", "times.npy", "raw.h5", "still.h5")]
    files = [str(tmp_path / name) for name in ("labelled.mp4", "preview.mp4", "poster.png")]
    render_video(*at, *files, settings.plain(Render, OFF), {"fps": None, "start": None, "stop": None}, [])
    assert stream_of(tmp_path / "preview.mp4")[:4] == ("h264", "yuv420p", (80, 60), 20)
    first = np.argwhere(colorful(frames_of(tmp_path / "preview.mp4")[0]))[:, 1].max() * 2
    assert abs(first - still[38, 0, 0]) < 12
