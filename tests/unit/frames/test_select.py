import json

import cv2
import numpy as np
import pandas as pd
import pytest
from fixtures.helpers import opened, prepare, write_video

from posemake.config import settings
from posemake.config.settings import Frames, Shares
from posemake.core.errors import PosemakeError
from posemake.frames.candidates import frames_to_look_at, region_of
from posemake.frames.select import extract_frames, look_at, measure_motion, needs_motion, select_frames
from posemake.video.reader import Video

SIZE = (128, 96)
ROW = {"start": None, "stop": None, "roi": None}
FILES = ("frames.csv", "candidates.csv", "selection.json")


def texture(size=(400, 96), seed=0):
    """A smooth random picture (height, width), 40 … 220."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).random(size[::-1]), (0, 0), 6)
    return (40 + 180 * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8)


def moving(steps):
    """RGB frames (H, W, 3) of a picture that moves left by these numbers of pixels."""
    wide, at = texture(), np.cumsum(steps)
    return [np.repeat(wide[:, x : x + SIZE[0], None], 3, axis=2) for x in at]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """60 frames that move by 2 pixels each, in 20 to 24 by 5; 10 is black, 40 is flashed."""
    folder = tmp_path_factory.mktemp("moving")
    steps = np.full(60, 2)
    steps[0], steps[20:25] = 0, 5
    frames = moving(steps)
    frames[10] = np.zeros_like(frames[10])
    frames[40] = np.clip(frames[40].astype(int) + 90, 0, 255).astype(np.uint8)
    write_video(folder / "moving.mp4", frames)
    prepare(folder / "moving.mp4", folder)
    return folder


def select(video, out, row=None, embedded=None, **values):
    """Choose frames; returns the two tables and what is said of them."""
    out.mkdir(exist_ok=True)
    files = [str(out / name) for name in FILES]
    values = {"per_video": 6, "min_distance": 3, **values}
    source = [str(video / name) for name in ("moving.mp4", "video.json", "standard")]
    select_frames(*source, embedded, *files, settings.plain(Frames, values), ROW | (row or {}))
    return pd.read_csv(files[0]), pd.read_csv(files[1]), json.loads((out / FILES[2]).read_text())


def test_the_tables_tell_what_was_chosen_and_what_was_not(video, tmp_path):
    chosen, candidates, said = select(video, tmp_path)
    assert said == {"asked": 6, "chosen": 6, "features": "thumbnail", "note": ""}
    assert chosen["image"].tolist() == [f"img{frame:04d}.png" for frame in chosen["frame"]]
    assert chosen["method"].value_counts().to_dict() == {"kmeans": 5, "motion": 1}
    assert candidates["frame"].tolist() == list(range(60))
    dropped = candidates.set_index("frame")["dropped"].dropna().to_dict()
    assert dropped == {10: "dark", 40: "flash"}
    kept = candidates[candidates["dropped"].isna()]
    assert kept["cluster"].nunique() == 5 and candidates.loc[[10, 40], "cluster"].isna().all()
    assert np.isfinite(kept[["brightness", "pc1", "pc2"]]).all(axis=None)
    assert candidates["motion"].isna().tolist() == [True] + [False] * 59
    assert chosen.loc[chosen["method"] == "motion", "frame"].item() in range(20, 25)


def test_the_same_bytes_come_again(video, tmp_path):
    for name in ("a", "b"):
        select(video, tmp_path / name)
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in FILES)


@pytest.mark.parametrize("values", [{}, {"method": "uniform"}, {"stride": 4}, {"max_candidates": 15}])
def test_nothing_outside_the_window_is_looked_at(video, tmp_path, values):
    chosen, candidates, _ = select(video, tmp_path, {"start": 12, "stop": 38}, per_video=4, **values)
    assert candidates["frame"].min() == 12 and candidates["frame"].max() < 38
    assert chosen["frame"].between(12, 37).all() and len(chosen) == 4
    every = {"stride": range(12, 38, 4), "max_candidates": range(15)}.get(next(iter(values), ""), range(26))
    assert len(candidates) == len(every)


def test_a_shortfall_is_told(video, tmp_path):
    chosen, _, said = select(video, tmp_path, {"stop": 20}, per_video=30, min_distance=5)
    assert len(chosen) == said["chosen"] == 4 and said["asked"] == 30
    assert said["note"].startswith("4 of 30 frames are chosen; left out of 20 candidates: 1 dark, 15 too near to a chosen one")


def test_by_hand_the_listed_frames_are_chosen(video, tmp_path):
    row = {"start": 5, "stop": 50, "frames": [10, 11, 30]}
    chosen, candidates, said = select(video, tmp_path, row, method="manual", stride=10)
    assert chosen["frame"].tolist() == [10, 11, 30] and set(chosen["method"]) == {"manual"}
    assert candidates["frame"].tolist() == [5, 10, 11, 15, 25, 30, 35, 45] and said["asked"] == 3
    for strange in (4, 50):
        with pytest.raises(PosemakeError, match=f"moving.mp4: frames names {strange}, and those that can be chosen are 5 to 49"):
            select(video, tmp_path / "no", row | {"frames": [10, strange]}, method="manual")
    assert not (tmp_path / "no/frames.csv").exists()


def test_a_list_in_the_sheet_counts_for_the_method_manual_only(video, tmp_path):
    chosen, _, _ = select(video, tmp_path, {"frames": [1]})
    assert len(chosen) == 6


def test_what_lies_outside_the_region_changes_nothing(video, tmp_path):
    info = json.loads((video / "video.json").read_text())
    x1, x2, y1, y2 = region = [32, 96, 24, 72]
    frames = np.array([3, 4, 5])
    film = opened(video / "moving.mp4", video)
    thumbnails, motion = look_at(film, frames, region, 16, True)
    assert thumbnails.shape == (3, 12, 16) and thumbnails.dtype == np.uint8
    for thumbnail, (_, image) in zip(thumbnails, film.chosen(frames)):
        wanted = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[y1:y2, x1:x2], (16, 12), interpolation=cv2.INTER_AREA)
        assert np.abs(thumbnail.astype(int) - wanted).max() <= 4
    assert np.isnan(motion[0]) and np.allclose(motion[1:], 2, atol=0.4)
    assert region_of("a.mp4", info, region) == region and region_of("a.mp4", info, None) == [0, 128, 0, 96]
    for wrong in ([0, 129, 0, 10], [0, 10, 0, 97], [5, 5, 0, 10]):
        with pytest.raises(PosemakeError, match=r"a.mp4: roi .* does not lie within its 128 x 96 pixels; correct the sheet"):
            region_of("a.mp4", info, wrong)


@pytest.mark.parametrize("width", [16, 64, 100])
def test_motion_is_in_pixels_of_the_frame_since_the_frame_before(video, width):
    film = opened(video / "moving.mp4", video)
    frames = np.array([5, 15, 22, 30])
    _, motion = look_at(film, frames, [0, 128, 0, 96], width, True)
    assert np.isnan(motion[0]) and np.allclose(motion[1:], [2, 5, 2], atol=0.6)
    assert np.isnan(look_at(film, frames, [0, 128, 0, 96], width, False)[1]).all()


@pytest.mark.parametrize("step", [0, 1, 3])
def test_motion_of_a_moved_picture(step):
    wide = texture((200, 48))
    before, after = wide[:, 20:84], wide[:, 20 + step : 84 + step]
    assert measure_motion(before, after, (64, 48)) == pytest.approx(step, abs=0.3)
    assert measure_motion(before, after, (640, 48)) == pytest.approx(10 * step, abs=3)
    assert measure_motion(before, after, (64, 480)) == pytest.approx(step, abs=1.5)
    assert measure_motion(before.T.copy(), after.T.copy(), (48, 640)) == pytest.approx(10 * step, abs=3)


def test_motion_is_measured_only_for_what_looks_at_it():
    needing = [Frames(method=m) for m in ("hybrid", "motion")]
    others = [*(Frames(method=m) for m in ("kmeans", "uniform", "manual")), Frames(shares=Shares(0.9, 0.0, 0.1))]
    assert all(map(needs_motion, needing)) and not any(map(needs_motion, others))


def test_the_video_is_decoded_once_and_no_farther_than_needed(video, tmp_path, monkeypatch):
    passes, whole = [], Video.pictures
    monkeypatch.setattr(Video, "pictures", lambda self, start, stop: passes.append((start, stop)) or whole(self, start, stop))
    select(video, tmp_path, {"start": 5, "stop": 58}, stride=10)
    assert passes == [(5, 56)]


def test_a_networks_features_take_the_place_of_thumbnails(video, tmp_path):
    features = np.zeros((60, 3), np.float16)
    features[:5, 0], features[5:30, 1], features[30:, 2] = 9, 9, 9
    np.save(tmp_path / "features.npy", features)
    values = {"method": "kmeans", "features": "resnet50", "per_video": 3}
    chosen, candidates, said = select(video, tmp_path, embedded=str(tmp_path / "features.npy"), **values)
    assert said["features"] == "resnet50" and said["note"] == ""
    assert [(chosen["frame"] < end).sum() for end in (5, 30, 60)] == [1, 2, 3]
    assert [candidates["cluster"][:5].nunique(), candidates["cluster"].nunique()] == [1, 3]
    np.save(tmp_path / "features.npy", features[:0])
    again, _, said = select(video, tmp_path, embedded=str(tmp_path / "features.npy"), **values)
    by_thumbnail, _, _ = select(video, tmp_path / "other", **values | {"features": "thumbnail"})
    assert again.equals(by_thumbnail) and said["features"] == "thumbnail"
    assert said["note"] == "thumbnails were compared, as the ImageNet weights of resnet50 could not be downloaded"


def test_the_candidates_are_the_union_of_stride_and_list():
    info = {"frames": 100, "width": 10, "height": 10}
    frames, listed, region = frames_to_look_at("a.mp4", info, Frames(method="manual", stride=30), ROW | {"frames": [7, 3, 7]})
    assert frames.tolist() == [0, 3, 7, 30, 60, 90] and listed == [3, 7] and region == [0, 10, 0, 10]


def test_a_video_that_cannot_be_read_gives_no_frame(video, tmp_path):
    info = json.loads((video / "video.json").read_text()) | {"fault": "it is cut short"}
    (tmp_path / "video.json").write_text(json.dumps(info))
    chosen, candidates, said = select(tmp_path, tmp_path / "out")
    assert chosen.columns.tolist() == ["frame", "image", "method", "reason"] and len(chosen) == len(candidates) == 0
    assert said == {"asked": 6, "chosen": 0, "features": "thumbnail", "note": "it is cut short"}
    source = [str(tmp_path / name) for name in ("moving.mp4", "video.json", "standard", "out/frames.csv", "images")]
    extract_frames(*source)
    assert list((tmp_path / "images").iterdir()) == []


def test_chosen_frames_are_written_whole(video, tmp_path):
    chosen, _, _ = select(video, tmp_path, {"roi": [0, 64, 0, 48]})
    source = [str(video / name) for name in ("moving.mp4", "video.json", "standard")]
    extract_frames(*source, str(tmp_path / "frames.csv"), str(tmp_path / "images"))
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == chosen["image"].tolist()
    images = dict(opened(video / "moving.mp4", video).chosen(chosen["frame"]))
    for row in chosen.itertuples():
        written = cv2.imread(str(tmp_path / "images" / row.image))[..., ::-1]
        assert np.array_equal(written, images[row.frame])
