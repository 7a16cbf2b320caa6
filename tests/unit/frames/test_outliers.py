import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import Refine
from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_predictions
from posemake.data.label_table import KEY_COLUMNS, LabelTable, write_label_table
from posemake.data.poses import Poses, write_poses
from posemake.data.visibility import Visibility
from posemake.frames.choose_outliers import ChooseInputs, choose_diverse, choose_outliers, pose_features
from posemake.frames.find_outliers import find_outliers
from posemake.frames.frame_table import FRAME_COLUMNS
from posemake.frames.outlier_table import CRITERIA, outlier_points
from posemake.frames.take_outliers import TakeOutputs, take_outliers

NAMES = ["snout", "tail"]


class Project:
    """A folder with raw poses and all that follows from them."""

    def __init__(self, folder):
        self.folder = folder
        self.candidates = []

    def poses(self, video, bad=(), frames=300, names=NAMES, model="small", start=0):
        """A still animal, whose points are far off and unsure in some frames."""
        random = np.random.default_rng(len(video))
        xy = np.array([[20.0, 30.0], [60.0, 30.0], [80.0, 30.0]])[: len(names)] + random.normal(0, 0.3, (frames, len(names), 2))
        confidence = np.full((frames, len(names)), 0.9)
        for number, frame in enumerate(bad):
            xy[frame, number % len(names)] += 100 + 10 * number
            confidence[frame, number % len(names)] = 0.5 / (1 + number)
        xy[:start], confidence[:start] = np.nan, np.nan
        path = self.folder / f"poses/{model}/{video}.h5"
        write_poses(Poses.of_one(xy, confidence, names, scorer=f"posemake_{model}"), path, path.with_suffix(".csv"))
        return str(path)

    def find(self, video, *poses, skeleton=(), **settings):
        path = self.folder / f"outliers/round-0/{video}/candidates.csv"
        find_outliers(poses, path, Refine(**settings), skeleton)
        self.candidates.append(str(path))
        return pd.read_csv(path, keep_default_na=False, na_values=[""])

    def choose(self, labelled=(), **settings):
        labels, chosen = self.folder / "labels.csv", self.folder / "chosen.csv"
        rows = [(0, video, f"img{frame}.png", frame) for video, frame in labelled]
        keys = pd.DataFrame(rows, columns=KEY_COLUMNS)
        xy, visibility = np.ones((len(rows), len(NAMES), 2)), np.full((len(rows), len(NAMES)), Visibility.VISIBLE)
        write_label_table(labels, LabelTable(keys, NAMES, xy, visibility))
        choose_outliers(ChooseInputs(candidates=self.candidates, labels=labels), chosen, Refine(**settings))
        return pd.read_csv(chosen)

    def take(self, video):
        frames, predictions = self.folder / f"{video}/frames.csv", self.folder / f"{video}/predictions.csv"
        take_outliers(self.folder / "chosen.csv", TakeOutputs(frames=frames, predictions=predictions), video, "small")
        return pd.read_csv(frames), predictions


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_candidates_are_the_bad_frames_worst_first_with_reasons_and_poses(project):
    table = project.find("m1", project.poses("m1", bad=[50, 100, 200]))
    assert sorted(table["frame"]) == [50, 100, 200]
    assert table["score"].is_monotonic_decreasing
    first = table.iloc[0]
    assert first["image"] == f"img0{first['frame']}.png" and first["reasons"].startswith("unsure of ")
    assert outlier_points(table).shape == (3, 2, 3)
    worst = table.set_index("frame").loc[200]
    np.testing.assert_allclose(outlier_points(table)[table["frame"] == 200][0, 0, 2], 0.5 / 3, rtol=1e-4)
    assert worst["confidence"] == pytest.approx(0.5 / 3, rel=1e-4)
    assert worst["jump"] > 0.5 and worst["bone"] > 5 and worst["deviation"] > 8
    assert table["disagreement"].isna().all()


def test_candidates_are_bounded_and_apart(project):
    poses = project.poses("m1", bad=[*range(50, 60), *range(100, 160)])
    assert len(project.find("m1", poses, max_candidates=3)) == 3
    frames = np.sort(project.find("m1", poses, min_distance=7)["frame"])
    assert len(frames) > 3 and np.diff(frames).min() >= 7


def test_a_criterion_that_is_off_is_an_empty_column(project):
    table = project.find("m1", project.poses("m1", bad=[50]), confidence=0, bone=0)
    assert list(table.columns[4 : 4 + len(CRITERIA)]) == list(CRITERIA)
    assert table[["confidence", "bone"]].isna().all(axis=None)


def test_a_good_video_has_no_candidate_and_the_frames_before_its_start_are_none(project):
    assert project.find("m1", project.poses("m1", bad=[10], start=100)).empty
    project.find("m2", project.poses("m2", bad=[150]))
    chosen = project.choose()
    assert chosen["video"].tolist() == ["m2"]
    frames, predictions = project.take("m1")
    assert frames.empty and list(frames.columns) == list(FRAME_COLUMNS)
    assert read_predictions(predictions)[0].keypoints == tuple(NAMES)


def test_the_skeleton_says_which_lengths_are_looked_at(project):
    names = ["snout", "tail", "foot"]
    poses = project.poses("m1", names=names, bad=[30, 60, 90])
    every = project.find("m1", poses, confidence=0, jump=0, deviation=0)
    of_skeleton = project.find("m1", poses, confidence=0, jump=0, deviation=0, skeleton=[["snout", "tail"]])
    assert sorted(every["frame"]) == [30, 60, 90] and sorted(of_skeleton["frame"]) == [30, 60]


def test_several_models_disagree(project):
    one, other = project.poses("m1"), project.poses("m1", bad=[70], model="other")
    table = project.find("m1", one, other)
    assert table["frame"].tolist() == [70] and table["reasons"][0].startswith("models differ by ")
    assert table["disagreement"][0] > 5
    np.testing.assert_allclose(outlier_points(table)[0, 0, 0], 20, atol=2)  # the first model's points


@pytest.mark.parametrize("other", [{"frames": 299}, {"names": ["snout", "foot"]}])
def test_models_of_other_videos_or_keypoints_are_refused(project, other):
    with pytest.raises(PosemakeError, match=r"other/m1.h5: has other keypoints or frames than .*small/m1.h5; delete both"):
        project.find("m1", project.poses("m1"), project.poses("m1", model="other", **other))


def test_each_video_gives_its_number_and_all_together_the_total(project):
    for video in ("m1", "m22", "m333"):
        project.find(video, project.poses(video, bad=range(20, 280, 20)))
    chosen = project.choose(per_video=4)
    assert chosen["video"].value_counts().to_dict() == {"m1": 4, "m22": 4, "m333": 4}
    fewer = project.choose(per_video=4, total=5)
    assert len(fewer) == 5
    kept = set(zip(fewer["video"], fewer["frame"]))
    assert kept < set(zip(chosen["video"], chosen["frame"]))
    assert fewer["score"].min() >= chosen["score"].nlargest(5).min()
    assert chosen.equals(chosen.sort_values(["video", "frame"]))


def test_no_frame_near_a_labelled_one_of_the_same_video_is_chosen(project):
    for video in ("m1", "m22"):
        project.find(video, project.poses(video, bad=[40, 100, 200]))
    chosen = project.choose(labelled=[("m1", 100), ("m1", 209), ("m22", 50)])
    assert list(zip(chosen["video"], chosen["frame"])) == [("m1", 40), ("m22", 40), ("m22", 100), ("m22", 200)]


def test_the_same_candidates_give_the_same_bytes(project):
    for video in ("m1", "m22"):
        project.find(video, project.poses(video, bad=range(20, 280, 12)))
    project.choose(per_video=5)
    before = (project.folder / "chosen.csv").read_bytes()
    project.candidates.reverse()
    project.choose(per_video=5)
    assert (project.folder / "chosen.csv").read_bytes() == before


def test_frames_and_predictions_of_a_video_are_its_rows(project):
    project.find("m1", project.poses("m1", bad=[50, 200]))
    project.find("m22", project.poses("m22", bad=[90]))
    chosen = project.choose()
    frames, predictions = project.take("m1")
    assert list(frames.columns) == list(FRAME_COLUMNS)
    assert frames["frame"].tolist() == [50, 200] and frames["image"].tolist() == ["img0050.png", "img0200.png"]
    assert set(frames["method"]) == {"outlier"} and frames["reason"].str.startswith("outlier: unsure of ").all()
    table = pd.read_csv(predictions, header=[0, 1, 2], index_col=0)
    assert table.index.tolist() == ["img0050.png", "img0200.png"]
    assert table.columns.tolist() == [("posemake_small", name, value) for name in NAMES for value in ("x", "y", "likelihood")]
    np.testing.assert_allclose(table.to_numpy(), outlier_points(chosen[chosen["video"] == "m1"]).reshape(2, -1), rtol=1e-5)
    labels, likelihood = read_predictions(predictions)
    assert labels.images == ("img0050.png", "img0200.png") and labels.scorer == "posemake_small" and likelihood.min() < 0.6


def test_frames_that_differ_are_chosen_before_frames_that_are_alike():
    """Ten bad frames that are all alike, and one that is a little less bad, and another."""
    frames, score = np.arange(0, 110, 10), np.r_[np.full(10, 5.0), 1.0]
    points = np.zeros((11, 2, 3))
    points[:10] += np.random.default_rng(0).normal(0, 0.1, (10, 2, 3))
    points[10] = 50
    assert 10 in choose_diverse(frames, score, pose_features(points), np.array([], int), count=2, min_distance=5, seed=1)
    assert choose_diverse(frames, score, pose_features(points), np.array([], int), count=1, min_distance=5, seed=1) == [0]


@given(st.integers(0, 30), st.integers(0, 8), st.integers(1, 12), st.integers(0, 5))
def test_chosen_frames_are_apart_and_as_many_as_can_be(count, expected, distance, seed):
    random = np.random.default_rng(seed)
    frames, labelled = random.permutation(60)[:count], random.permutation(60)[: random.integers(0, 5)]
    features = pose_features(random.integers(0, 3, (count, 2, 3)).astype(float)) if count else np.zeros((0, 1))
    score = random.integers(1, 4, count).astype(float)
    rows = choose_diverse(frames, score, features, labelled, count=expected, min_distance=distance, seed=1)
    chosen = np.sort(frames[rows])
    assert len(rows) == len(set(rows)) <= expected
    assert (np.diff(chosen) >= distance).all()
    assert all(np.abs(labelled - frame).min(initial=99) >= distance for frame in chosen)
    if len(rows) < expected:
        taken = np.r_[chosen, labelled].astype(int)
        assert all(np.abs(taken - frame).min(initial=99) < distance for frame in frames)


def test_features_weigh_posture_place_and_certainty_alike():
    random = np.random.default_rng(0)
    points = random.normal(0, 1, (200, 5, 3)) * [100, 100, 0.01] + [500, 500, 0]
    variance = pose_features(points).var(0)
    np.testing.assert_allclose([variance[:10].sum(), variance[10:12].sum(), variance[12:].sum()], 1)
    assert not pose_features(np.ones((3, 2, 3))).any()
