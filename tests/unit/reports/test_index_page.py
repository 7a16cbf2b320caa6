"""Page of all results."""

import pandas as pd
import pytest

from posemake.core.sampling import MAX_SHOWN_VIDEOS
from posemake.reports.index_page import (
    POSE_COLUMNS,
    TEST_COLUMNS,
    IndexInputs,
    IndexOutputs,
    ResultFolders,
    write_index,
)


def page(folder, videos, plots="png", note=None):
    """Write the page of one model; each video has more confident points than the one before, and a note on its speed."""
    model = folder / "models/small"
    model.mkdir(parents=True)
    row = dict.fromkeys(TEST_COLUMNS, 1.0) | {"part": "test", "by": "all", "keypoint": "all"}
    pd.DataFrame([row]).to_csv(model / "metrics.csv", index=False)
    pd.DataFrame({"step": [10]}).to_csv(model / "history.csv", index=False)
    pd.DataFrame({"part": ["train", "validation", "test"]}).to_csv(folder / "split.csv", index=False)
    rows = [
        dict.fromkeys(POSE_COLUMNS, 0.0) | {"video": f"v{i:04d}", "confident": i / videos, "speed_note": note}
        for i in range(videos)
    ]
    (folder / "tables").mkdir()
    pd.DataFrame(rows[::-1]).to_csv(folder / "tables/small.csv", index=False)
    inputs = IndexInputs(
        videos=None,
        split=folder / "split.csv",
        metrics=[model / "metrics.csv"],
        histories=[model / "history.csv"],
        tables=[folder / "tables/small.csv"],
    )
    folders = ResultFolders(folder / "models", folder / "poses")
    write_index(inputs, IndexOutputs(folder / "index.html"), folders, 0, ["snout"], plots)
    return (folder / "index.html").read_text()


def test_of_many_videos_some_are_shown_and_the_worst_are_named(tmp_path):
    text = page(tmp_path, 5000)
    assert text.count("<video ") == text.count("preview.mp4") == MAX_SHOWN_VIDEOS and len(text) < 40_000
    worst = text.split("with the fewest confident points")[1].split("</table>")[0]
    places = [worst.index(f"v000{i}") for i in range(5)]
    assert places == sorted(places) and "v0005" not in worst
    assert 'href="tables/small.by_group.csv"' in text


def test_of_few_videos_all_are_in_the_table(tmp_path):
    text = page(tmp_path, 3)
    assert "fewest confident points" not in text and text.count("<video ") == 3


@pytest.mark.parametrize("plots, shown", [("png", True), ("svg", True), ("pdf", False)])
def test_plots_are_linked_and_shown_if_a_browser_can(tmp_path, plots, shown):
    text = page(tmp_path, 1, plots)
    assert all(f'href="poses/small/v0000/{name}.{plots}"' in text for name in ("trajectory", "coordinates", "confidence"))
    assert (f'<img src="poses/small/v0000/trajectory.{plots}"' in text) == shown


def test_the_page_says_why_there_is_no_speed(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    text = page(tmp_path / "a", 2, note="no keypoint is known in any frame")
    assert text.count("no keypoint is known in any frame") == 2 and "<th>speed_note" in text
    assert "<th>speed_note" not in page(tmp_path / "b", 2)
