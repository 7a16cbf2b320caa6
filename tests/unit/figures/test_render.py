"""Labelled videos of a spot that walks, written and decoded again."""

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from fixtures.helpers import blob, prepare, write_video
from PIL import Image

from posemake.config.settings import Render
from posemake.data.poses import Poses, write_poses
from posemake.figures import render, yuv_canvas
from posemake.figures.render import RenderInputs, RenderOutputs, RenderRow, choose_encoder, render_video
from posemake.video.encoders import software_encoder

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
            Poses.of_one(XY + np.array([0, shift]), confidence, NAMES, scorer="test"),
            folder / f"{name}.h5",
            folder / f"{name}.csv",
        )
    return folder


def rendered(source, out, row=None, skeleton=(), poses="filtered.h5", **values):
    """Render into a folder, and return the frames of the labelled video."""
    inputs = RenderInputs(
        video=source / "video.mp4",
        info=source / "video.json",
        standard=source / "standard",
        times=source / "times.npy",
        raw=source / "raw.h5",
        poses=source / poses,
    )
    outputs = RenderOutputs(video=out / "labelled.mp4", preview=out / "preview.mp4", poster=out / "poster.png")
    render_video(inputs, outputs, Render(**OFF | values), skeleton, RenderRow(**row or {}))
    return frames_of(outputs.video)


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
    drawn = rendered(source, tmp_path)
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
    for quality in (1, Render().quality):
        rendered(source, tmp_path / str(quality), trail=15, quality=quality)
    off = np.abs(colors_of(tmp_path / "1/labelled.mp4") - colors_of(tmp_path / f"{Render().quality}/labelled.mp4"))
    assert (off > 4).mean() < 1e-4 and off.max() <= 8


def test_two_runs_give_the_same_bytes(source, tmp_path, monkeypatch):
    files = ("labelled.mp4", "preview.mp4", "poster.png")
    for name, threads in (("a", "1"), ("b", "2"), ("c", "2")):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        rendered(source, tmp_path / name, trail=5, skeleton=[NAMES], preset="veryfast" if name == "c" else "ultrafast")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(files)
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / files[0]).read_bytes() != (tmp_path / "c" / files[0]).read_bytes()


@pytest.mark.parametrize("speed", [0.25, 4.0])
def test_another_speed_has_the_same_frames_in_another_time(source, tmp_path, speed):
    rendered(source, tmp_path, speed=speed)
    assert stream_of(tmp_path / "labelled.mp4")[3:] == (FRAMES, pytest.approx(FRAMES / FPS / speed))
    assert stream_of(tmp_path / "preview.mp4")[4] <= 4.1


@pytest.mark.parametrize("span, unit", [([10, 30], "frames"), ([0.4, 1.2], "s")])
def test_a_span_is_all_that_is_shown(source, tmp_path, span, unit):
    drawn = rendered(source, tmp_path, row={"start": 5, "stop": 50}, span=span, span_unit=unit)
    assert len(drawn) == 20
    for index, image in zip(range(10, 30), drawn):
        assert colorful(image)[tuple(np.rint(XY[index, 0]).astype(int)[::-1])]


def test_the_window_follows(source, tmp_path):
    drawn = rendered(source, tmp_path, follow=[61, 48], threshold=0.2)
    assert stream_of(tmp_path / "labelled.mp4")[2] == (62, 48)
    for image in drawn:
        assert colorful(image).sum() > 60  # both discs are inside
    middle = [np.nonzero(colorful(image))[1].mean() for image in drawn[20:40]]
    assert np.ptp(middle) < 4 and abs(np.mean(middle) - 31) < 4


def test_raw_on_the_left_and_filtered_on_the_right(source, tmp_path):
    drawn = rendered(source, tmp_path, side_by_side=True)
    assert stream_of(tmp_path / "labelled.mp4")[2] == (324, 120)
    for index, image in enumerate(drawn):
        x, y = np.rint(XY[index, 0]).astype(int)
        assert colorful(image)[y + 15, x] and colorful(image)[y, x + 162]
        assert not colorful(image)[y, x] and not colorful(image)[y + 15, x + 162]


def test_the_raw_side_is_as_sure_as_the_network_was(source, tmp_path):
    """Where the filter put another point, its confidence is 0."""
    write_poses(Poses.of_one(XY, np.zeros((FRAMES, 2)), NAMES, scorer="test"), source / "other.h5", source / "other.csv")
    image = rendered(source, tmp_path, poses="other.h5", side_by_side=True)[30]
    x, y = np.rint(XY[30, 0]).astype(int)
    assert colorful(image)[y + 15, x] and not colorful(image)[y, x + 162]  # a disc, and a ring


def test_colours_are_told_where_the_source_tells_none(source, tmp_path, monkeypatch):
    """Players take large videos for BT.709, and their small windows not."""
    monkeypatch.setattr(yuv_canvas, "BT709_ROWS", 100)
    drawn = rendered(source, tmp_path, follow=[60, 60])
    for name in ("labelled.mp4", "preview.mp4"):
        with av.open(str(tmp_path / name)) as container:
            assert container.streams.video[0].codec_context.colorspace == Colorspace.ITU709
    poster = np.array(Image.open(tmp_path / "poster.png")).astype(int)
    there = colorful(poster)
    assert there.sum() > 60 and np.abs(poster - drawn[30])[there].mean() < 6


def test_names_number_and_time_are_written_and_change(source, tmp_path):
    bare, named, stamped = (
        rendered(source, tmp_path / name, **dict.fromkeys(on, True))
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
    sure, faint = (rendered(source, tmp_path / str(on), threshold=0.2, opacity=on) for on in (False, True))
    strength = [[np.ptp(image[tuple(np.rint(point).astype(int)[::-1])]) for point in XY[30]] for image in (sure[30], faint[30])]
    assert 0.75 < strength[1][0] / strength[0][0] <= 1
    assert 0.15 < strength[1][1] / strength[0][1] < 0.45


@pytest.mark.parametrize("speed", [1, 20])
@pytest.mark.parametrize("codec, name", [("hevc", "hevc"), ("av1", "libdav1d")])
def test_other_codecs(source, tmp_path, codec, name, speed):
    drawn = rendered(source, tmp_path, codec=codec, speed=speed)
    found = stream_of(tmp_path / "labelled.mp4")
    assert found[:3] == (name, "yuv420p", (162, 120)) and len(drawn) == FRAMES
    assert found[4] == pytest.approx(FRAMES / FPS / speed, rel=0.02)
    assert colorful(drawn[30])[tuple(np.rint(XY[30, 0]).astype(int)[::-1])]
    assert stream_of(tmp_path / "preview.mp4")[0] == "h264"


def test_hardware_that_does_not_work_is_passed_over(monkeypatch):
    """Encoders are built in that need a graphics card; where none opens, software is taken."""
    settings = Render(encoder="auto")
    monkeypatch.setattr("posemake.video.encoders._can_encode", lambda encoder, size: False)
    assert choose_encoder(settings, (64, 48)) == software_encoder("h264", settings.quality, settings.preset)
    monkeypatch.setattr("posemake.video.encoders._can_encode", lambda encoder, size: encoder.name == "h264_nvenc")
    assert choose_encoder(settings, (64, 48)).name == "h264_nvenc" and not choose_encoder(settings, (64, 48)).copies_frames
    assert choose_encoder(Render(), (64, 48)).name == "libx264"


def test_a_preview_shows_the_seconds_with_most_movement(source, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "PREVIEW_SECONDS", 0.8)
    monkeypatch.setattr(render, "PREVIEW_WIDTH", 100)
    still = XY.copy()
    still[:35] = XY[35]  # it walks from there on
    write_poses(Poses.of_one(still, np.full((FRAMES, 2), 0.9), NAMES, scorer="test"), source / "still.h5", source / "still.csv")
    rendered(source, tmp_path, poses="still.h5")
    assert stream_of(tmp_path / "preview.mp4")[:4] == ("h264", "yuv420p", (80, 60), 20)
    first = np.argwhere(colorful(frames_of(tmp_path / "preview.mp4")[0]))[:, 1].max() * 2
    assert abs(first - still[38, 0, 0]) < 12
