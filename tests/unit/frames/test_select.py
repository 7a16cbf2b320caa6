"""Choice of the frames of a video."""

import json

import numpy as np
import pandas as pd
import pytest
from fixtures.moving import prepare_moving

from posemake.config.settings import Frames, Shares
from posemake.core.errors import PosemakeError
from posemake.frames.candidates import CandidateRow
from posemake.frames.select import SelectInputs, SelectOutputs, needs_motion, select_frames
from posemake.video.reader import VideoReader

FILES = ("frames.csv", "candidates.csv", "selection.json")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return prepare_moving(tmp_path_factory.mktemp("moving"))


def select(video, out, row=None, embedded=None, **values):
    """Choose frames; returns the two tables and what is said of them."""
    out.mkdir(exist_ok=True)
    frames, candidates, selection = (out / name for name in FILES)
    inputs = SelectInputs(video / "moving.mp4", video / "video.json", video / "standard", embedded)
    outputs = SelectOutputs(frames, candidates, selection)
    select_frames(inputs, outputs, Frames(**{"per_video": 6, "min_distance": 3, **values}), CandidateRow(**row or {}))
    return pd.read_csv(frames), pd.read_csv(candidates), json.loads(selection.read_text())


def test_the_tables_tell_what_was_chosen_and_what_was_not(video, tmp_path):
    chosen, candidates, summary = select(video, tmp_path)
    assert summary == {"asked": 6, "chosen": 6, "features": "thumbnail", "note": ""}
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
    chosen, _, summary = select(video, tmp_path, {"stop": 20}, per_video=30, min_distance=5)
    assert len(chosen) == summary["chosen"] == 4 and summary["asked"] == 30
    assert summary["note"].startswith("4 of 30 frames are chosen; left out of 20 candidates: 1 dark, 15 too near to a chosen one")


def test_by_hand_the_listed_frames_are_chosen(video, tmp_path):
    row = {"start": 5, "stop": 50, "frames": [10, 11, 30]}
    chosen, candidates, summary = select(video, tmp_path, row, method="manual", stride=10)
    assert chosen["frame"].tolist() == [10, 11, 30] and set(chosen["method"]) == {"manual"}
    assert candidates["frame"].tolist() == [5, 10, 11, 15, 25, 30, 35, 45] and summary["asked"] == 3
    for strange in (4, 50):
        with pytest.raises(PosemakeError, match=f"moving.mp4: frames names {strange}, and those that can be chosen are 5 to 49"):
            select(video, tmp_path / "no", row | {"frames": [10, strange]}, method="manual")
    assert not (tmp_path / "no/frames.csv").exists()


def test_a_list_in_the_sheet_counts_for_the_method_manual_only(video, tmp_path):
    chosen, _, _ = select(video, tmp_path, {"frames": [1]})
    assert len(chosen) == 6


def test_motion_is_measured_only_for_what_looks_at_it():
    needing = [Frames(method=m) for m in ("hybrid", "motion")]
    others = [
        *(Frames(method=m) for m in ("kmeans", "uniform", "manual")),
        Frames(shares=Shares(kmeans=0.9, motion=0.0, uniform=0.1)),
    ]
    assert all(map(needs_motion, needing)) and not any(map(needs_motion, others))


def test_the_video_is_decoded_once_and_no_farther_than_needed(video, tmp_path, monkeypatch):
    passes, read_frames = [], VideoReader.frames

    def counted(self, start, stop):
        passes.append((start, stop))
        return read_frames(self, start, stop)

    monkeypatch.setattr(VideoReader, "frames", counted)
    select(video, tmp_path, {"start": 5, "stop": 58}, stride=10)
    assert passes == [(5, 56)]


def test_a_networks_features_take_the_place_of_thumbnails(video, tmp_path):
    features = np.zeros((60, 3), np.float16)
    features[:5, 0], features[5:30, 1], features[30:, 2] = 9, 9, 9
    np.save(tmp_path / "features.npy", features)
    values = {"method": "kmeans", "features": "resnet50", "per_video": 3}
    chosen, candidates, summary = select(video, tmp_path, embedded=str(tmp_path / "features.npy"), **values)
    assert summary["features"] == "resnet50" and summary["note"] == ""
    assert [(chosen["frame"] < end).sum() for end in (5, 30, 60)] == [1, 2, 3]
    assert [candidates["cluster"][:5].nunique(), candidates["cluster"].nunique()] == [1, 3]
    np.save(tmp_path / "features.npy", features[:0])
    again, _, summary = select(video, tmp_path, embedded=str(tmp_path / "features.npy"), **values)
    by_thumbnail, _, _ = select(video, tmp_path / "other", **values | {"features": "thumbnail"})
    assert again.equals(by_thumbnail) and summary["features"] == "thumbnail"
    assert summary["note"] == "thumbnails were compared, as the ImageNet weights of resnet50 could not be downloaded"


def test_a_video_that_cannot_be_read_gives_no_frame(video, tmp_path):
    info = json.loads((video / "video.json").read_text()) | {"fault": "it is cut short"}
    (tmp_path / "video.json").write_text(json.dumps(info))
    chosen, candidates, summary = select(tmp_path, tmp_path / "out")
    assert chosen.columns.tolist() == ["frame", "image", "method", "reason"] and len(chosen) == len(candidates) == 0
    assert summary == {"asked": 6, "chosen": 0, "features": "thumbnail", "note": "it is cut short"}
