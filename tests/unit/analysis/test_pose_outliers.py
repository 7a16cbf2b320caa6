import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from posemake.analysis.pose_outliers import (
    describe_frame,
    evaluate_criteria,
    keypoint_scores,
    model_disagreement,
    track_deviation,
    worst_frames,
)
from posemake.config.settings import Refine

NAMES = ("snout", "ear", "tail")
OFF = {"confidence": 0.0, "jump": 0.0, "deviation": 0.0, "bone": 0.0, "disagreement": 0.0}
CRITERIA = tuple(OFF)


def walk(frames=200, speed=2.0):
    """An animal of three keypoints that walks in a straight line, with the small errors of a good model (T, K, 2)."""
    random = np.random.default_rng(3)
    body = np.array([[40.0, 0.0], [30.0, 8.0], [0.0, 0.0]])
    return body + np.arange(frames)[:, None, None] * [speed, 0.5] + random.normal(0, 0.4, (frames, 3, 2))


def faults(xy, sure=None, skeleton=(), others=(), **wanted):
    sure = np.full(xy.shape[:2], 0.9) if sure is None else sure
    return evaluate_criteria(xy, sure, NAMES, skeleton, Refine(**wanted), others)


def score(xy, sure=None, skeleton=(), others=(), **wanted):
    return keypoint_scores(faults(xy, sure, skeleton, others, **wanted), NAMES, skeleton)


def only(name, **wanted):
    """Settings that look at one thing."""
    return OFF | {name: getattr(Refine(), name)} | wanted


def test_a_good_track_has_no_fault():
    assert not score(walk()).any()


def test_an_unsure_point_is_a_fault_of_its_keypoint():
    confidence = np.full((200, 3), 0.9)
    confidence[50, 1], confidence[60, 2], confidence[70, 0] = 0.3, 0.0, 0.6
    found = score(walk(), confidence, **only("confidence"))
    assert np.argwhere(found).tolist() == [[50, 1], [60, 2]]
    assert found[50, 1] == pytest.approx(0.5) and found[60, 2] == 1.0


@pytest.mark.parametrize("unit, far", [("px", 30.0), ("body", 0.75)])
def test_a_jump_is_a_fault_beyond_its_threshold_in_pixels_or_body_lengths(unit, far):
    xy = walk()
    xy[150:, 1] += (0, 33)  # and stays there
    assert np.argwhere(score(xy, **only("jump", jump=far, jump_unit=unit))).tolist() == [[150, 1]]
    assert not score(xy, **only("jump", jump=1.2 * far, jump_unit=unit)).any()


def test_a_spike_is_off_the_track_and_a_walk_is_not():
    xy = walk(speed=12.0)
    xy[100:102, 2] += (0, 15)
    found = score(xy, **only("deviation"))
    assert np.argwhere(found).tolist() == [[100, 2], [101, 2]]
    assert not score(walk(speed=12.0), **only("deviation")).any()


def test_the_track_is_that_of_the_trusted_points():
    xy, trusted = walk(), np.ones((200, 3), bool)
    xy[100:103, 0] += 50  # most of a short window
    assert track_deviation(xy, trusted, 5)[101, 0] < 5
    trusted[100:103, 0] = False
    assert np.isnan(track_deviation(xy, trusted, 5)[101, 0])  # too few are left
    assert track_deviation(xy, trusted, 9)[101, 0] > 60


def test_at_both_ends_and_beside_what_was_not_looked_at_no_track_is_known():
    xy = walk()
    xy[:20] = xy[170:] = np.nan
    off = track_deviation(xy, np.isfinite(xy[..., 0]), 7)
    assert np.flatnonzero(np.isfinite(off).all(1)).tolist() == list(range(23, 167))


def test_the_keypoint_that_is_out_of_place_bears_the_bones():
    xy = walk()
    xy[90, 1] += (0, 40)
    found = score(xy, **only("bone"))
    assert np.flatnonzero(found.any(1)).tolist() == [90]
    assert found[90].argmax() == 1 and found[90].max() <= 1
    assert score(xy, skeleton=[("snout", "tail")], **only("bone")).sum() == 0  # no edge leads there
    assert score(xy, skeleton=[("snout", "ear")], **only("bone"))[90, 2] == 0


def test_a_bone_may_be_too_short():
    xy = walk()
    xy[90, 2] = xy[90, 1] + 5
    assert np.flatnonzero(score(xy, **only("bone")).any(1)).tolist() == [90]


def test_models_that_differ():
    xy = walk()
    random = np.random.default_rng(0)
    others = [xy + random.normal(0, 0.5, xy.shape) for _ in range(2)]
    others[1][120, 2] += 30
    found = score(xy, others=others, **only("disagreement"))
    assert np.argwhere(found).tolist() == [[120, 2]]
    assert model_disagreement(np.stack([xy, *others]))[120, 2] == pytest.approx(np.hypot(30, 30), abs=3)
    assert "disagreement" not in faults(xy)


def test_what_was_not_looked_at_is_never_a_fault():
    xy, confidence = walk(), np.full((200, 3), 0.2)
    xy[:50], confidence[:50] = np.nan, np.nan
    xy[150:], confidence[150:] = np.nan, np.nan
    xy[100] += 300
    found = score(xy, confidence, others=[xy + 1])
    assert not found[:50].any() and not found[150:].any() and found[50:150].any(1).all()


def test_what_is_usual_comes_from_points_that_are_sure():
    """A keypoint that is hidden for most of the time, and then somewhere."""
    xy, confidence = walk(), np.full((200, 3), 0.9)
    confidence[40:, 1] = 0.1
    xy[40:, 1] += np.random.default_rng(1).normal(0, 80, (160, 2))
    bones = faults(xy, confidence)["bone"]
    assert bones.median[0] == pytest.approx(np.hypot(10, 8), abs=0.5)
    assert not bones.severity[:40].any()


@pytest.mark.parametrize("name", CRITERIA)
def test_a_threshold_of_0_looks_at_nothing(name):
    every = faults(walk(), others=[walk()])
    assert set(every) == set(CRITERIA)
    assert set(faults(walk(), others=[walk()], **{name: 0.0})) == set(CRITERIA) - {name}


def test_one_keypoint_has_no_bone():
    found = evaluate_criteria(walk()[:, :1], np.full((200, 1), 0.9), ["snout"], [], Refine())
    assert "bone" not in found and not keypoint_scores(found, ["snout"], []).any()


def test_reasons_are_words_with_numbers_the_worst_first():
    xy, confidence = walk(), np.full((200, 3), 0.9)
    confidence[100] = 0.30, 0.05, 0.50
    xy[100, 1] += (0, 60)
    words = describe_frame(faults(xy, confidence), 100)
    assert words.startswith("unsure of ear (0.05); unsure of snout (0.30), and 1 more; ear jumps ")
    assert "px off its track" in words and " are " in words and "px apart, usually " in words
    assert describe_frame(faults(xy, confidence), 30) == ""


@given(
    arrays.arrays(float, st.integers(0, 60), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    st.integers(0, 9),
    st.integers(1, 9),
)
def test_the_best_frames_apart(score, most, distance):
    chosen = worst_frames(score, most, distance)
    assert len(chosen) <= most and (score[chosen] > 0).all()
    assert (np.diff(np.sort(chosen)) >= distance).all()
    assert (np.diff(score[chosen]) <= 0).all()
    if len(chosen) < most:  # then there is no other
        assert all((np.abs(chosen - frame) < distance).any() for frame in np.flatnonzero(score > 0))
    if score.any() and most:
        assert chosen[0] == score.argmax()


@pytest.mark.parametrize("distance, chosen", [(1, [2, 0, 4, 1, 3]), (2, [2, 0, 4]), (3, [2])])
def test_frames_at_the_distance_are_apart(distance, chosen):
    assert worst_frames(np.array([0.8, 0.2, 0.9, 0.1, 0.7]), 9, distance).tolist() == chosen


@given(st.integers(0, 40), st.integers(1, 4), st.integers(0, 5))
def test_any_video_can_be_looked_at(frames, keypoints, seed):
    random = np.random.default_rng(seed)
    xy, confidence = random.normal(0, 50, (frames, keypoints, 2)), random.random((frames, keypoints))
    gone = random.random(frames) < 0.3
    xy[gone] = confidence[gone] = np.nan
    names = [f"k{i}" for i in range(keypoints)]
    found = evaluate_criteria(xy, confidence, names, [], Refine(), [xy + 1])
    total = keypoint_scores(found, names, [])
    assert total.shape == (frames, keypoints) and np.isfinite(total).all() and not total[gone].any()
    for criterion in found.values():
        assert ((criterion.severity >= 0) & (criterion.severity <= 1)).all()
    for frame in range(frames):
        assert bool(describe_frame(found, frame)) == bool(total[frame].any())
