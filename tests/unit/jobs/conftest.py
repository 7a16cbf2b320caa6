import copy

import pytest

from posemake.jobs.project import open_project

VALUES = {"keypoints": ["snout", "tail"], "skeleton": [["snout", "tail"]], "models": {"small": {"seed": 7}, "other": {}}}
SHEET = (
    "video\tpath\tuse\tsubject\tgroup\tparts\n"
    "slow_1\tdemo/slow_1.mp4\tboth\tm1\tslow\t\n"
    "fast_1\tdemo/fast_1.mp4\ttrain\tm2\tfast\t\n"
    "fast_2\tdemo/fast_2.mp4\tanalyse\tm3\tfast\t3\n"
)


class Folder:
    """The current folder as that of a project with three videos."""

    def __init__(self, path):
        self.path = path
        self.write("config/videos.tsv", SHEET)
        for video in ("slow_1", "fast_1", "fast_2"):
            self.write(f"demo/{video}.mp4", video)

    def write(self, name, text=""):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def label(self, number, video, scorer="ann", ending="csv"):
        return self.write(f"labels/round-{number}/{video}/CollectedData_{scorer}.{ending}", f"{number} {video}")

    def open(self, **changes):
        """Open the project, with other sections in its config."""
        return open_project({**copy.deepcopy(VALUES), **changes}, "config/config.yaml")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)
