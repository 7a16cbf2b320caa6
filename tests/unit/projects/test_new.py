"""New project: its config and sheet, and errors, which leave nothing behind."""

import io
from pathlib import Path

import pytest
import yaml
from fixtures.helpers import ROOT

from posemake.config import settings
from posemake.config.validation import check_config
from posemake.config.video_sheet import read_videos
from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import read_yaml
from posemake.projects import new, scaffold
from posemake.projects.new import find_videos, new_project, parse_skeleton
from posemake.projects.scaffold import config_text, path_in_sheet, unique_id, write_project


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty project folder with three videos, which nobody opens, as the current folder."""
    here = tmp_path / "my project"
    for name in ("raw/b.mp4", "raw/a.MP4", "raw/sub/a.mp4", "raw/notes.txt", "raw/._a.mp4"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(b"0")
    monkeypatch.chdir(here)
    return here


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and "raw" not in path.parts)


def read_project():
    """Config and rows of the project in the current folder, which must have no fault."""
    config = read_yaml("config/config.yaml")
    assert check_config(config)[1] == []
    videos, faults = read_videos("config/videos.tsv")
    assert faults == []
    return config, videos


def comments(text):
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


def test_the_example_is_valid_and_states_every_default():
    config = read_yaml(ROOT / "config/config.yaml")
    assert check_config(config)[1] == []
    sections = {"frames": settings.Frames, "split": settings.Split, "evaluate": settings.Evaluate, "filter": settings.Filter}
    sections |= {"render": settings.Render, "plots": settings.Plots}
    for name, kind in sections.items():
        assert set(config[name]) == set(kind.model_fields), name
        assert kind(**config[name]) == kind(), name
    small = config["models"]["small"]
    assert set(small) == set(settings.Model.model_fields)
    assert set(small["augment"]) == set(settings.Augment.model_fields)
    assert settings.Model(**small).model_dump() == settings.Model(steps=600).model_dump()
    assert set(config) == set(settings.Config.model_fields)


def test_the_sheet_of_the_demo_is_valid():
    videos, faults = read_videos(ROOT / "config/videos.tsv")
    assert faults == []
    assert {name: row.use for name, row in videos.items()} == {
        "slow_1": "both",
        "fast_1": "both",
        "slow_2": "both",
        "fast_2": "both",
        "slow_3": "analyse",
        "fast_3": "analyse",
    }
    assert all(row.path == f"demo/{name}.mp4" and row.group == name[:4] for name, row in videos.items())


def test_texts_of_the_command_line(folder, capsys):
    new_project("raw/*.mp4", "snout, left-ear,no,tail_base", "snout-left-ear,left-ear-no")
    config, videos = read_project()
    assert config["keypoints"] == ["snout", "left-ear", "no", "tail_base"]
    assert config["skeleton"] == [["snout", "left-ear"], ["left-ear", "no"]]
    assert [(name, row.path, row.use) for name, row in videos.items()] == [("b", "raw/b.mp4", "both")]
    printed = capsys.readouterr().err
    assert "config/videos.tsv with 1 video. " in printed and f"snakemake -s {ROOT}/Snakefile --directory" in printed


def test_lists_of_yaml_and_no_skeleton(folder):
    new_project(["raw", "raw/sub"], ["snout", 1], None)
    config, videos = read_project()
    assert config["keypoints"] == ["snout", "1"] and config["skeleton"] == []
    assert {name: row.path for name, row in videos.items()} == {"a": "raw/a.MP4", "b": "raw/b.mp4", "a_2": "raw/sub/a.mp4"}


def test_all_comments_and_other_keys_stay(folder):
    new_project("raw", "x", "")
    example = (ROOT / "config/config.yaml").read_text()
    text = Path("config/config.yaml").read_text()
    assert comments(text) == comments(example)
    before, after = yaml.safe_load(example), yaml.safe_load(text)
    assert {k: v for k, v in after.items() if k not in ("keypoints", "skeleton")} == {
        k: v for k, v in before.items() if k not in ("keypoints", "skeleton")
    }


@pytest.mark.parametrize(
    "given",
    [
        "# one\nkeypoints: [a, b]\n# two\nskeleton: [[a, b]]\n# three\n",
        "# one\nkeypoints:\n- a\n\n- b\n# two\nskeleton:\n  [[a,\n  b]\n]\n\n# three\n",
        "skeleton: []\nmodels: {m: {}}\nkeypoints:\n  # inside\n  - a\n",
    ],
)
def test_lists_are_replaced_however_the_example_writes_them(given, tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    given += "" if "models" in given else "models: {m: {}}\nactive_round: 3  # late\nvideos: other.tsv\n"
    (tmp_path / "config/config.yaml").write_text(given)
    monkeypatch.setattr(scaffold, "WORKFLOW", tmp_path)
    text = config_text(["on", "b-c", "d"], [["on", "d"], ["d", "b-c"]])
    config = yaml.safe_load(text)
    assert config["keypoints"] == ["on", "b-c", "d"] and config["skeleton"] == [["on", "d"], ["d", "b-c"]]
    assert config["models"] == {"m": {}} and config.get("active_round", 0) == 0
    assert config.get("videos", "config/videos.tsv") == "config/videos.tsv"
    assert [c for c in comments(given) if c.startswith("#")] == [c for c in comments(text) if c.startswith("#")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("raw/*.mp4", "snout,tail", "snout-tial"), "'tial' is not a keypoint; did you mean 'tail'?"),
        (("raw/*.mp4", "snout,tail", "snout"), "'snout' is not a pair of keypoints joined by -, as in snout-tail"),
        (("raw/*.mp4", "snout,tail", [["snout", "tail", "snout"]]), "is not a pair"),
        (("raw/*.mp4", "a,a-b,b,b-a", "a-b-a"), "more than one way"),
        (("raw/*.mp4", "snout,snout", ""), "'snout' stands there twice"),
        (("raw/*.mp4", "left ear", ""), "letters, digits, _ and - only"),
        (("raw/*.avi", "snout", ""), "'raw/*.avi' leads to no video"),
        (("raw/b.mp4,raw/c.mp4", "snout", ""), "'raw/c.mp4' leads to no video"),
        (("raw/notes.*", "snout", ""), "'raw/notes.*' leads to no video"),
        (("", "snout", ""), "new_project needs videos; type: snakemake"),
        (("raw/*.mp4", None, "a-b"), "--config videos='raw/*.mp4' keypoints=snout,left_ear,tail_base skeleton=a-b"),
    ],
)
def test_a_fault_is_a_sentence_and_nothing_is_written(folder, monkeypatch, arguments, says):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(PosemakeError) as error:
        new_project(*arguments)
    assert says in str(error.value)
    assert files(folder) == []


@pytest.mark.parametrize("there", ["config/config.yaml", "config/videos.tsv"])
def test_a_project_is_never_overwritten(folder, there):
    Path("config").mkdir()
    Path(there).write_text("mine")
    with pytest.raises(PosemakeError, match=there):
        new_project("raw", "snout", "")
    with pytest.raises(PosemakeError, match=there):
        write_project("", "")
    assert files(folder) == [there] and Path(there).read_text() == "mine"


def test_a_config_that_appears_meanwhile_is_kept(folder, monkeypatch):
    Path("config").mkdir()
    Path("config/config.yaml").write_text("mine")
    monkeypatch.setattr(new, "refuse_existing_project", lambda *more: None)
    monkeypatch.setattr(scaffold, "refuse_existing_project", lambda *more: None)
    with pytest.raises(PosemakeError, match=r"config/config\.yaml: was written by somebody else"):
        new_project("raw", "snout", "")
    assert files(folder) == ["config/config.yaml"] and Path("config/config.yaml").read_text() == "mine"


class Terminal:
    """A person's answers, a line each."""

    def __init__(self, *lines):
        self.lines = list(lines)

    def isatty(self):
        return True

    def readline(self):
        return self.lines.pop(0) + "\n" if self.lines else ""


def test_what_is_missing_is_asked_for(folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("snout,tail", "snout-tail"))
    new_project("raw", "", "")
    config, videos = read_project()
    assert config["keypoints"] == ["snout", "tail"] and config["skeleton"] == [["snout", "tail"]] and len(videos) == 2


def test_no_answer_makes_nothing(folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("raw"))
    with pytest.raises(PosemakeError, match="nothing was written"):
        new_project("", "", "")
    assert files(folder) == []


def test_ids_are_legal_and_unique():
    assert unique_id("Mäuse (2) [x]", []) == "Mause_2_x"
    assert unique_id("_.-a", ["A", "a_2"]) == "a_3"
    assert unique_id("мышь", []) == "video"


def test_paths_are_relative_under_the_folder_only(folder, tmp_path):
    assert path_in_sheet(folder / "raw/b.mp4") == "raw/b.mp4" == path_in_sheet("raw/../raw/b.mp4")
    assert path_in_sheet("../elsewhere.mp4") == str(tmp_path / "elsewhere.mp4")
    (tmp_path / "link").symlink_to(folder)
    assert path_in_sheet(tmp_path / "link/raw/b.mp4") == "raw/b.mp4"
    (tmp_path / "disk").mkdir()
    Path("linked").symlink_to(tmp_path / "disk")
    assert path_in_sheet("linked/x.mp4") == "linked/x.mp4"


def test_videos_are_found_once_each_whatever_their_names(folder):
    Path("raw/one, two [3].mp4").write_bytes(b"0")
    assert find_videos("raw/one, two [3].mp4") == [Path("raw/one, two [3].mp4")]
    assert find_videos("raw/b.mp4, raw/*.mp4") == [Path("raw/b.mp4"), Path("raw/one, two [3].mp4")]
    assert len(find_videos("raw/**/*")) == 4
    assert find_videos("raw/notes.txt") == [Path("raw/notes.txt")]


def test_edges_of_keypoints_with_a_dash():
    assert parse_skeleton("a-b-c, a-b-a", ["a-b", "c", "a"]) == [["a-b", "c"], ["a-b", "a"]]
    assert parse_skeleton([["a", "c"], "c-a", "a-c"], ["a", "c"]) == [["a", "c"], ["c", "a"]]
    assert parse_skeleton("", ["a"]) == []
