import pandas as pd
import pytest

from posemake.files import write_json
from posemake.tables import tabulate_frames


def tables(folder, chosen, sheet):
    """The two tables of videos that gave these numbers of frames."""
    files = [f"{folder}/{video}/selection.json" for video in chosen]
    for path, number in zip(files, chosen.values()):
        write_json(path, {"asked": 20, "chosen": number, "features": "thumbnail", "note": "" if number == 20 else "too dark"})
    tabulate_frames(files, f"{folder}/frames.csv", f"{folder}/groups.csv", sheet)
    text = dict.fromkeys(("video", "value", "group", "subject", "note"), str)
    return (pd.read_csv(f"{folder}/{name}.csv", dtype=text, keep_default_na=False) for name in ("frames", "groups"))


SHEET = {
    "a1": {"group": "a", "subject": "1"},
    "a2": {"group": "a", "subject": "2"},
    "a3": {"group": "a", "subject": "2"},
    "b1": {"group": "b", "subject": "3"},
    "c1": {"group": None, "subject": None},
}


def test_each_video_has_its_row_and_each_group_its_sum(tmp_path):
    frames, groups = tables(tmp_path, {"b1": 20, "a1": 20, "a2": 20, "a3": 11, "c1": 20}, SHEET)
    assert frames["video"].tolist() == ["a1", "a2", "a3", "b1", "c1"]
    assert frames.set_index("video").loc["a3", ["group", "asked", "chosen", "note"]].tolist() == ["a", 20, 11, "too dark"]
    assert groups.columns.tolist() == ["column", "value", "videos", "frames", "share", "balanced_per_video"]
    rows = {(row.column, row.value): (row.videos, row.frames, row.balanced_per_video) for row in groups.itertuples()}
    assert rows == {
        ("group", "a"): (3, 51, 17),
        ("group", "b"): (1, 20, 51),
        ("subject", "1"): (1, 20, 31),
        ("subject", "2"): (2, 31, 16),  # 15 would be too few
        ("subject", "3"): (1, 20, 31),
    }
    assert groups["share"].tolist() == pytest.approx([51 / 91, 20 / 91, 20 / 91, 31 / 91, 20 / 91], rel=1e-4)


def test_a_video_that_gave_none_is_not_counted_on(tmp_path):
    frames, groups = tables(tmp_path, {"a1": 20, "a2": 0, "b1": 0}, SHEET)
    assert len(frames) == 3
    assert groups[["column", "value", "videos", "balanced_per_video"]].to_numpy().tolist() == [
        ["group", "a", 1, 20],
        ["subject", "1", 1, 20],
    ]


@pytest.mark.parametrize("chosen", [{}, {"c1": 20}, {"a1": 0}])
def test_without_groups_the_table_has_its_header_alone(tmp_path, chosen):
    _, groups = tables(tmp_path, chosen, SHEET)
    assert len(groups) == 0 and "balanced_per_video" in groups.columns
