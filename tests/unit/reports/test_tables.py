import pandas as pd
import pytest

from posemake.config.video_metadata import VideoMetadata
from posemake.core.json_files import write_json
from posemake.reports.tables import POSE_COLUMNS, GroupedTables, tabulate_frames, tabulate_poses


def tables(folder, chosen, videos):
    """Write the tables of videos that gave these numbers of frames, and read them."""
    files = [f"{folder}/{video}/selection.json" for video in chosen]
    for path, number in zip(files, chosen.values()):
        write_json(path, {"asked": 20, "chosen": number, "features": "thumbnail", "note": "" if number == 20 else "too dark"})
    tabulate_frames(files, GroupedTables(folder / "frames.csv", folder / "groups.csv"), videos)
    text = dict.fromkeys(("video", "value", "group", "subject", "note"), str)
    return (pd.read_csv(f"{folder}/{name}.csv", dtype=text, keep_default_na=False) for name in ("frames", "groups"))


VIDEOS = {
    "a1": VideoMetadata(group="a", subject="1"),
    "a2": VideoMetadata(group="a", subject="2"),
    "a3": VideoMetadata(group="a", subject="2"),
    "b1": VideoMetadata(group="b", subject="3"),
    "c1": VideoMetadata(),
}


def test_each_video_has_its_row_and_each_group_its_sum(tmp_path):
    frames, groups = tables(tmp_path, {"b1": 20, "a1": 20, "a2": 20, "a3": 11, "c1": 20}, VIDEOS)
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


def test_a_video_without_chosen_frames_is_not_counted(tmp_path):
    frames, groups = tables(tmp_path, {"a1": 20, "a2": 0, "b1": 0}, VIDEOS)
    assert len(frames) == 3
    assert groups[["column", "value", "videos", "balanced_per_video"]].to_numpy().tolist() == [
        ["group", "a", 1, 20],
        ["subject", "1", 1, 20],
    ]


@pytest.mark.parametrize("chosen", [{}, {"c1": 20}, {"a1": 0}])
def test_without_groups_the_table_has_its_header_alone(tmp_path, chosen):
    _, groups = tables(tmp_path, chosen, VIDEOS)
    assert len(groups) == 0 and "balanced_per_video" in groups.columns


def test_poses_of_groups_are_weighted_by_their_frames(tmp_path):
    videos = {"a1": (100, 0.9, 1.0), "a2": (300, 0.5, None), "c1": (600, 1.0, 0.5)}
    files = [f"{tmp_path}/{video}/summary.json" for video in videos]
    for path, (frames, confident, jitter) in zip(files, videos.values()):
        content = {"frames": frames + 5, "analysed": frames, "duration": frames / 25, "confident": confident, "jitter_px": jitter}
        write_json(path, dict.fromkeys(POSE_COLUMNS) | content)
    tabulate_poses(files[::-1], GroupedTables(tmp_path / "all.csv", tmp_path / "groups.csv"), VIDEOS)
    table = pd.read_csv(tmp_path / "all.csv")
    assert table["video"].tolist() == sorted(videos) and table["duration"].tolist() == [4, 12, 24]
    groups = pd.read_csv(tmp_path / "groups.csv", dtype={"value": str}, keep_default_na=False, na_values=[""])
    assert groups["column"].tolist() == ["all", "group", "subject", "subject"]
    assert groups["value"].tolist()[1:] == ["a", "1", "2"]
    assert groups["videos"].tolist() == [3, 2, 1, 1] and groups["analysed"].tolist() == [1000, 400, 100, 300]
    assert groups["frames"].tolist() == [1015, 410, 105, 305] and groups["duration"].tolist() == [40, 16, 4, 12]
    assert groups["confident"].tolist() == pytest.approx([0.84, 0.6, 0.9, 0.5])
    assert groups["jitter_px"].tolist() == pytest.approx([400 / 700, 1, 1, float("nan")], nan_ok=True)


def test_no_video_no_group(tmp_path):
    tabulate_poses([], GroupedTables(tmp_path / "all.csv", tmp_path / "groups.csv"), {})
    assert len(pd.read_csv(tmp_path / "all.csv")) == len(pd.read_csv(tmp_path / "groups.csv")) == 0
