"""Which files of many videos are asked for."""

import pytest

from posemake.jobs import portions
from posemake.jobs.portions import Portions, portion_number

PATTERNS = ("results/{video}/poses.h5", "results/{video}/filtered.csv")
MARK = "results/complete/{portion}"


@pytest.fixture
def many(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(portions, "MANY", 2)
    return [f"video_{number}" for number in range(200)]


def test_of_few_videos_each_file_is_asked_for():
    asked = Portions(["a", "b"], PATTERNS, MARK).targets()
    assert asked == ["results/a/poses.h5", "results/a/filtered.csv", "results/b/poses.h5", "results/b/filtered.csv"]


def test_of_many_videos_marks_are_asked_for(many):
    of_many = Portions(many, PATTERNS, MARK)
    asked = of_many.targets()
    assert 40 < len(asked) <= portions.PORTIONS and all(path.startswith("results/complete/") for path in asked)
    members = [of_many.members(path.rpartition("/")[2]) for path in asked]
    assert sorted(video for videos in members for video in videos) == sorted(many)
    assert of_many.files_of(asked[0].rpartition("/")[2])[:2] == [pattern.format(video=members[0][0]) for pattern in PATTERNS]


def test_the_portion_of_a_video_stays_when_others_come(many):
    number = str(portion_number("video_7"))
    assert "video_7" in Portions(many, PATTERNS, MARK).members(number)
    assert "video_7" in Portions(["video_7", "new"], PATTERNS, MARK).members(number)


def test_missing_files_of_complete_videos_are_asked_for_themselves(many, tmp_path):
    of_many = Portions(many, PATTERNS, MARK)
    mark = tmp_path / MARK.format(portion=portion_number("video_7"))
    mark.parent.mkdir(parents=True)
    mark.write_text("video_7\ngone\n")
    (tmp_path / "results/video_7").mkdir()
    (tmp_path / "results/video_7/poses.h5").touch()
    assert [path for path in of_many.targets() if "complete" not in path] == ["results/video_7/filtered.csv"]
    # with files of other names, no portion is complete
    other = Portions(many, PATTERNS, MARK, ".svg")
    assert all("complete" in path and path.endswith(".svg") for path in other.targets())
    assert "video_7" in other.members(f"{portion_number('video_7')}.svg")


def test_a_portion_without_videos_is_empty(many):
    assert Portions(["a"], PATTERNS, MARK).members(str((portion_number("a") + 1) % portions.PORTIONS)) == []
