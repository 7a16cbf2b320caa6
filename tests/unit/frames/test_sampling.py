"""Choice of frames among the candidates."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import Frames, Shares
from posemake.frames.candidates import Candidates
from posemake.frames.clusters import cluster
from posemake.frames.sampling import apportion, choose_frames, find_peaks

METHODS = ("hybrid", "kmeans", "motion", "uniform")


def make(frames, thumbnails, motion=None, features=None):
    """Candidates of thumbnails (N, P); the features are the thumbnails, unless others are given."""
    thumbnails = np.asarray(thumbnails, np.uint8)
    brightness, contrast = thumbnails.mean(1), np.maximum(thumbnails.std(1), 9.0)
    motion = np.full(len(thumbnails), np.nan) if motion is None else np.asarray(motion, float)
    return Candidates(np.asarray(frames), thumbnails, brightness, contrast, motion, thumbnails if features is None else features)


def pictures(values, pixels=12):
    """Thumbnails that differ by their values: two halves, which move apart by twice the value, at one brightness."""
    half = np.repeat(np.asarray(values, float)[:, None], pixels // 2, axis=1)
    return np.concatenate([100 + half, 100 - half], axis=1).round().astype(np.uint8)


@st.composite
def videos(draw):
    """Candidates with gaps, likenesses and useless frames."""
    count = draw(st.integers(1, 120))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    frames = draw(st.integers(0, 50)) + np.cumsum(random.integers(1, draw(st.integers(2, 8)), count))
    kinds = random.integers(20, 200, (draw(st.integers(1, 120)), 6))
    thumbnails = kinds[random.integers(0, len(kinds), count)]
    thumbnails[random.random(count) < draw(st.sampled_from([0, 0.2]))] = 1  # dark
    return make(frames, thumbnails, np.r_[np.nan, random.random(count - 1)])


@st.composite
def settings(draw, **given):
    """Settings of any method but manual."""
    values = {
        "method": draw(st.sampled_from(METHODS)),
        "min_distance": draw(st.integers(1, 12)),
        "duplicate": draw(st.sampled_from([0.0, 1.0, 20.0])),
        "shares": draw(
            st.sampled_from([Shares(), Shares(kmeans=0.3, motion=0.3, uniform=0.4), Shares(kmeans=0.0, motion=1.0, uniform=0.0)])
        ),
        "seed": draw(st.integers(0, 9)),
    }
    return Frames(**values | given)


def most_apart(frames, distance):
    """The greatest number of frames that lie so far apart: taking the first that can be taken is best."""
    count, last = 0, -np.inf
    for frame in frames:
        if frame - last >= distance:
            count, last = count + 1, frame
    return count


def likeness(thumbnails):
    """Root mean square differences (N, N), with infinity on the diagonal."""
    off = thumbnails[:, None].astype(float) - thumbnails[None]
    return np.sqrt((off**2).mean(-1)) + np.diag(np.full(len(thumbnails), np.inf))


@given(videos(), settings(), st.integers(0, 30))
def test_what_is_chosen_keeps_all_conditions_and_nothing_more_could_be(video, expected, count):
    choice = choose_frames(video, count, expected)
    frames = video.frames[choice.rows]
    assert len(choice.rows) == len(choice.methods) == len(choice.reasons) <= count
    assert (np.diff(frames) >= max(1, expected.min_distance)).all()  # ascending, and none twice
    assert not any(choice.dropped[choice.rows])
    assert likeness(video.thumbnails[choice.rows]).min(initial=np.inf) >= expected.duplicate
    assert (choice.note == "") == (len(choice.rows) == count)
    if len(choice.rows) < count:
        for row in np.flatnonzero(choice.dropped == ""):
            near = np.abs(video.frames[row] - frames).min(initial=999) < expected.min_distance
            off = video.thumbnails[choice.rows].astype(float) - video.thumbnails[row]
            assert near or np.sqrt((off**2).mean(1)).min() < expected.duplicate


@given(videos(), settings(duplicate=0.0), st.integers(1, 30))
def test_the_number_is_reached_wherever_it_can_be(video, expected, count):
    choice = choose_frames(video, count, expected)
    possible = most_apart(video.frames[choice.dropped == ""], expected.min_distance)
    assert len(choice.rows) == min(count, possible)


@given(videos(), settings(), st.integers(1, 20), st.integers(1, 1000))
def test_the_same_is_chosen_again_wherever_the_video_begins(video, expected, count, offset):
    first, again = choose_frames(video, count, expected), choose_frames(video, count, expected)
    later = choose_frames(dataclasses.replace(video, frames=video.frames + offset), count, expected)
    assert (first.rows, first.methods, first.reasons, first.note) == (again.rows, again.methods, again.reasons, again.note)
    assert (first.rows, first.reasons) == (later.rows, later.reasons)
    assert np.array_equal(first.clusters, again.clusters) and np.array_equal(first.components, again.components, equal_nan=True)


@given(videos(), st.data())
def test_by_hand_exactly_the_listed_frames_are_chosen_in_any_order(video, data):
    listed = data.draw(st.lists(st.sampled_from(video.frames.tolist()), min_size=1, max_size=20))
    expected = Frames(method="manual", min_distance=50, duplicate=200)
    choice = choose_frames(video, len(set(listed)), expected, listed)
    assert video.frames[choice.rows].tolist() == sorted(set(listed))
    assert set(choice.methods) == {"manual"} and choice.note == "" and (choice.clusters == -1).all()


@given(st.integers(0, 300), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_a_number_is_divided_whole_and_by_less_than_one_off(count, weights):
    shares = {f"s{i}": weight / sum(weights) for i, weight in enumerate(weights)}
    parts = apportion(count, shares)
    assert sum(parts.values()) == count and list(parts) == list(shares)
    assert all(abs(parts[name] - count * share) < 1 for name, share in shares.items())


def test_a_number_is_divided_by_largest_remainder():
    assert apportion(20, {"a": 0.8, "b": 0.1, "c": 0.1}) == {"a": 16, "b": 2, "c": 2}
    assert apportion(8, {"a": 0.8, "b": 0.1, "c": 0.1}) == {"a": 6, "b": 1, "c": 1}
    assert apportion(5, {"a": 0.8, "b": 0.1, "c": 0.1}) == {"a": 4, "b": 1, "c": 0}


GROUPS = [-60] * 5 + [0] * 9 + [60] * 14


def test_k_means_takes_of_each_group_the_frame_nearest_to_its_centre():
    spread = np.concatenate([np.arange(n) - n // 2 for n in (5, 9, 14)])
    video = make(range(len(GROUPS)), pictures(np.add(GROUPS, spread)))
    choice = choose_frames(video, 3, Frames(method="kmeans", min_distance=1))
    assert choice.rows == [2, 9, 20] or choice.rows == [2, 9, 21]
    assert choice.reasons == [f"k-means: nearest to the centre of a cluster of {n} frames" for n in (5, 9, 14)]
    assert [len(set(choice.clusters[rows])) for rows in (slice(0, 5), slice(5, 14), slice(14, 28))] == [1, 1, 1]
    assert len(set(choice.clusters)) == 3


def test_the_next_nearest_takes_the_place_of_one_too_near_in_time():
    # the frames nearest to both centres, 10 and 11, lie side by side; the smaller group is served first
    video = make([0, 10, 11, 24, 30, 40, 50], pictures([58, 60, -60, 62, -57, -63, -61]))
    choice = choose_frames(video, 2, Frames(method="kmeans", min_distance=5))
    assert choice.rows == [1, 6] and choice.methods == ["kmeans", "kmeans"]
    assert choice.reasons == [
        "k-means: nearest to the centre of a cluster of 3 frames",
        "k-means: next nearest to the centre of a cluster of 4 frames",
    ]


def test_identical_frames_are_one_cluster_and_one_choice():
    video = make(range(40), pictures([5] * 40))
    choice = choose_frames(video, 4, Frames(min_distance=3))
    assert choice.rows == [0]
    assert choice.note == (
        "1 of 4 frames are chosen; left out of 40 candidates: "
        "2 too near to a chosen one (min_distance), 37 too like a chosen one (duplicate)"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels, distance = cluster(np.zeros((40, 3)), 4, seed=1)
    assert set(labels) == {0} and not distance.any()


def test_motion_takes_the_most_prominent_peaks():
    motion = np.zeros(60)
    motion[[10, 30, 32, 50]] = 3, 5, 4.5, 4
    motion[31] = 4  # between the two near peaks: the second stands out by 0.5 only
    video = make(range(60), pictures(np.arange(60)), motion)
    choice = choose_frames(video, 3, Frames(method="motion", min_distance=1))
    assert choice.rows == [10, 30, 50]
    assert choice.reasons == [f"motion: peak {rank} of 4, {height} px per frame" for rank, height in ((3, 3), (1, 5), (2, 4))]
    assert choose_frames(video, 5, Frames(method="motion", min_distance=1)).methods.count("fill") == 1


def test_what_seems_to_move_in_a_flash_is_no_peak():
    motion = np.ones(30)
    motion[[0, 10, 11, 20]] = np.nan, 50, 60, 5
    usable = np.arange(30) != 10
    assert find_peaks(motion, usable).tolist() == [20]
    motion[[9, 12]] = 3  # bridged, both sides make a plateau, in whose middle the flash lies
    assert find_peaks(motion, usable).tolist() == [20]
    assert find_peaks(np.full(5, np.nan), np.ones(5, bool)).tolist() == []


def test_uniform_takes_the_middle_of_equal_parts():
    video = make(range(0, 300, 3), pictures(np.arange(100)))
    choice = choose_frames(video, 4, Frames(method="uniform"))
    assert choice.rows == [12, 37, 62, 87]
    assert choice.reasons == [f"uniform: part {part} of 4 of the time" for part in (1, 2, 3, 4)]


def test_hybrid_takes_its_shares():
    random = np.random.default_rng(0)
    video = make(range(2000), random.integers(20, 200, (2000, 12)), np.r_[np.nan, random.random(1999)])
    methods = choose_frames(video, 20, Frames()).methods
    assert [methods.count(name) for name in ("kmeans", "motion", "uniform", "fill")] == [16, 2, 2, 0]


def test_filling_up_takes_what_is_farthest():
    video = make([0, 1, 2, 3, 4], pictures([0, 1, 2, 50, 90]), [np.nan, 0, 5, 0, 0])
    choice = choose_frames(video, 3, Frames(method="motion", min_distance=1, duplicate=0))
    assert choice.rows == [2, 3, 4] and choice.methods == ["motion", "fill", "fill"]
    assert choose_frames(video, 2, Frames(method="motion", min_distance=1, duplicate=0)).rows == [2, 4]


def test_near_duplicates_are_measured_in_grey_levels():
    video = make([0, 100, 200], pictures([0, 4, 60]))  # the first two differ by 4 grey levels in each pixel
    rows = [choose_frames(video, 3, Frames(method="uniform", duplicate=limit)).rows for limit in (3.9, 4.0, 4.1)]
    assert rows == [[0, 1, 2], [0, 1, 2], [0, 2]] or rows == [[0, 1, 2], [0, 1, 2], [1, 2]]


def test_a_shortfall_names_what_was_left_out():
    thumbnails = pictures(np.arange(50))
    thumbnails[[3, 4]] = 1
    choice = choose_frames(make(range(50), thumbnails), 20, Frames(min_distance=10))
    assert choice.note.startswith("5 of 20 frames are chosen; left out of 50 candidates: 2 dark, 43 too near to a chosen one")


@pytest.mark.parametrize("method", METHODS)
def test_without_a_usable_frame_none_is_chosen(method):
    choice = choose_frames(make(range(5), np.ones((5, 6))), 3, Frames(method=method))
    assert choice.rows == [] and choice.note == "0 of 3 frames are chosen; left out of 5 candidates: 5 dark"
    assert np.isnan(choice.components).all() and choice.components.shape == (5, 2)
