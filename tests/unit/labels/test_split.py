import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.config.settings import Split
from posemake.core.errors import PosemakeError
from posemake.core.tables import write_rows
from posemake.data.image_names import image_name
from posemake.data.label_table import KEY_COLUMNS, PARTS
from posemake.labels.split import SplitInputs, SplitOutputs, choose_part, split_dataset

frames = st.sets(st.tuples(st.sampled_from(["m1", "m2", "fast-3"]), st.integers(0, 5000)), min_size=1, max_size=30)
MANY = [(video, frame) for video in ("m1", "m2", "m3") for frame in range(0, 3000, 40)]


def files(folder):
    return SplitInputs(labels=folder / "labels.csv"), SplitOutputs(split=folder / "split.csv")


def split(folder, labelled, subjects=None, **settings):
    """The part of each (video, frame) of a table of labels, and its unit."""
    rows = [[0, video, image_name(frame, 10000), frame, 1.0, 2.0, 2] for video, frame in sorted(labelled)]
    write_rows(folder / "labels.csv", [*KEY_COLUMNS, "snout.x", "snout.y", "snout.visibility"], rows)
    split_dataset(*files(folder), Split(**settings), subjects or {})
    with open(folder / "split.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(row["video"], row["image"], int(row["frame"])) for row in table] == [(r[1], r[2], r[3]) for r in rows]
    return {(row["video"], int(row["frame"])): (row["part"], row["unit"]) for row in table}


@given(labelled=frames, more=frames)
def test_more_labels_move_no_frame(tmp_path_factory, labelled, more):
    folder = tmp_path_factory.mktemp("split")
    before = split(folder, {*MANY, *labelled})
    after = split(folder, {*MANY, *labelled, *more})
    assert {key: after[key] for key in before} == before


@given(labelled=frames, block=st.integers(1, 100))
def test_frames_of_one_block_share_a_part(tmp_path_factory, labelled, block):
    found = split(tmp_path_factory.mktemp("split"), {*MANY, *labelled}, block=block)
    units = {}
    for (video, frame), (part, unit) in found.items():
        assert units.setdefault((video, frame // block), (part, unit)) == (part, unit)
    assert len({unit for _, unit in units.values()}) == len(units)


@given(st.text("abc_1", min_size=1, max_size=4), st.integers(0, 99), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_a_thousand_blocks_of_a_video_keep_the_shares(name, seed, validation, test):
    parts = [choose_part(name, block, Split(seed=seed, validation=validation, test=test)) for block in range(1000)]
    assert parts.count("validation") == pytest.approx(1000 * validation, abs=10)
    assert parts.count("test") == pytest.approx(1000 * test, abs=10)
    assert set(parts) == set(PARTS)


@given(st.integers(0, 99))
def test_twenty_blocks_already_keep_the_shares_roughly(seed):
    parts = [choose_part("m1", block, Split(seed=seed, validation=0.2, test=0.2)) for block in range(20)]
    assert 2 <= parts.count("validation") <= 6 and 2 <= parts.count("test") <= 6


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_videos_keep_the_shares(seed):
    parts = [choose_part(f"video_{i}", 0, Split(seed=seed, validation=0.15, test=0.15)) for i in range(1000)]
    assert 110 < parts.count("validation") < 190 and 110 < parts.count("test") < 190


def test_the_parts_are_those_of_ever():
    # whoever changes the rule moves test frames of existing projects into training
    assert [choose_part("m1", block, Split(seed=1, validation=0.15, test=0.15)) for block in range(12)] == [
        "train", "train", "train", "validation", "train", "train",
        "test", "train", "validation", "train", "train", "test",
    ]  # fmt: skip


def test_another_seed_is_another_split():
    splits = {
        tuple(choose_part("m1", block, Split(seed=seed, validation=0.15, test=0.15)) for block in range(50)) for seed in range(10)
    }
    assert len(splits) == 10


def test_a_whole_video_stays_together(tmp_path):
    labelled = [(f"m{i}", frame) for i in range(30) for frame in (0, 700, 4000)]
    found = split(tmp_path, labelled, unit="video")
    assert all(len({found[f"m{i}", frame] for frame in (0, 700, 4000)}) == 1 for i in range(30))
    assert {part for part, _ in found.values()} == set(PARTS)


def test_a_subjects_videos_stay_together(tmp_path):
    labelled = [(f"m{i}", frame) for i in range(60) for frame in (0, 700)]
    subjects = {f"m{i}": f"mouse_{i % 20}" for i in range(58)} | {"m58": None}
    found = split(tmp_path, labelled, subjects, unit="subject")
    for i in range(20):
        assert len({part for (video, _), part in found.items() if subjects.get(video) == f"mouse_{i}"}) == 1
    assert found["m58", 0][1] == "m58/0" and found["m59", 0][1] == "m59/0"  # without a subject, its own


@pytest.mark.parametrize("settings", [{"unit": "video"}, {"block": 10000}, {"test": 0.001, "validation": 0.001}])
def test_an_empty_part_is_refused(tmp_path, settings):
    with pytest.raises(PosemakeError, match=r"none for the part .*label more frames"):
        split(tmp_path, [("m1", frame) for frame in range(0, 300, 30)], **settings)
    assert not (tmp_path / "split.csv").exists()


def test_frames_without_a_point_fill_no_part(tmp_path):
    """A person skips frames by leaving their cells empty: a test part of nothing else is empty."""
    rows = [[0, "m1", image_name(frame, 10000), frame, 1.0, 2.0, 2] for frame in range(0, 3000, 30)]
    write_rows(tmp_path / "labels.csv", [*KEY_COLUMNS, "snout.x", "snout.y", "snout.visibility"], rows)
    arguments = (*files(tmp_path), Split(), {})
    split_dataset(*arguments)
    with open(tmp_path / "split.csv", newline="") as file:
        parts = [row["part"] for row in csv.DictReader(file)]
    for row, part in zip(rows, parts):
        if part == "test":
            row[4:] = [None, None, 0]
    write_rows(tmp_path / "labels.csv", [*KEY_COLUMNS, "snout.x", "snout.y", "snout.visibility"], rows)
    with pytest.raises(PosemakeError, match="none for the part 'test'"):
        split_dataset(*arguments)
