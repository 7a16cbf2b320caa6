"""Import of a DeepLabCut project, which is written here as DeepLabCut writes it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from fixtures.deeplabcut_projects import SIZE, pose, read_project, write_config, write_folder, write_video
from fixtures.helpers import ROOT
from PIL import Image

from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import read_yaml
from posemake.data.label_files import read_labels
from posemake.projects import deeplabcut
from posemake.projects.deeplabcut import import_deeplabcut

OPENFIELD = ROOT.parent / "shared/data/openfield"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a video of each kind; the current folder is an empty one beside it."""
    dlc = tmp_path / "reach-Ann"
    elsewhere = tmp_path / "disk/far.mp4"
    for path in (dlc / "videos/cropped.mp4", elsewhere, dlc / "videos/day 1.mp4", dlc / "videos/new.mp4"):
        write_video(path)
    sets = {
        "C:\\Users\\Ann\\videos\\day 1.avi": {"crop": "0, 64, 0, 48"},
        "C:\\Users\\Ann\\videos\\day 1.mp4": {"crop": "0, 64, 0, 48"},
        str(elsewhere): {"crop": "0, 64, 0, 480"},
        "/gone/cropped.mp4": {"crop": "0, 32, 8, 48"},
        "/gone/lost.mp4": {"crop": "0, 64, 0, 48"},
        "/gone/nothing.mp4": None,
    }
    write_config(dlc, video_sets=sets)
    full, empty = pose((1, 2), (3.25, 4), (5, 6)), pose(None, None, None)
    rows = {"img001.png": full, "img002.png!": full, "img003.png": empty, "img004.png": pose((9, 9), None, (90, 5))}
    write_folder(dlc, "day 1", rows)
    write_folder(dlc, "lost", {"img7.png": pose((1, 1), (2, 2))}, parts=["tail", "paw"], ending="h5", old=True)
    write_folder(dlc, "cropped", {"img1.png": full}, scorer="Bob", size=(32, 40))
    (dlc / "labeled-data/day 1/machinelabels-iter0.h5").write_bytes(b"0")
    Image.new("RGB", SIZE).save(dlc / "labeled-data/day 1/img999.png")
    (dlc / "labeled-data/day 1_labeled").mkdir()
    (dlc / "dlc-models-pytorch").mkdir()
    (dlc / "videos/newDLC_Resnet50_reach.h5").write_bytes(b"0")
    shutil.copy(dlc / "videos/new.mp4", dlc / "videos/newDLC_Resnet50_reach_labeled.mp4")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return dlc


def file_contents(folder="."):
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_config_and_sheet(project):
    import_deeplabcut(str(project))
    config, videos = read_project()
    assert config["keypoints"] == ["snout", "left_ear", "tail"]
    assert config["skeleton"] == [["snout", "left_ear"], ["left_ear", "tail"]]
    assert {name: (row.path, row.use, row.crop) for name, row in videos.items()} == {
        "day_1": (str(project / "videos/day 1.mp4"), "both", None),
        "far": (str(project.parent / "disk/far.mp4"), "analyse", None),
        "cropped": (str(project / "videos/cropped.mp4"), "both", (0, 32, 8, 48)),
        "lost": (None, "train", None),
        "new": (str(project / "videos/new.mp4"), "analyse", None),
    }
    assert set(videos) >= {path.name for path in Path("labels/round-0").iterdir()}


def test_labels_and_images(project):
    before = file_contents(project)
    import_deeplabcut(project / "config.yaml")
    assert file_contents(project) == before
    assert sorted(path.removeprefix("labels/round-0/") for path in file_contents("labels")) == [
        "cropped/CollectedData_Bob.csv",
        "cropped/img1.png",
        "day_1/CollectedData_Ann.csv",
        "day_1/img001.png",
        "day_1/img004.png",
        "lost/CollectedData_Ann.csv",
        "lost/img7.png",
    ]
    image = "img001.png"
    assert Path("labels/round-0/day_1", image).read_bytes() == (project / "labeled-data/day 1" / image).read_bytes()
    labels = read_labels("labels/round-0/day_1/CollectedData_Ann.csv")
    assert labels.scorer == "Ann" and labels.keypoints == ("snout", "left_ear", "tail")
    assert labels.images == ("img001.png", "img004.png")
    nan = [np.nan] * 2
    np.testing.assert_array_equal(labels.xy, [[[1, 2], [3.25, 4], [5, 6]], [[9, 9], nan, nan]])
    lost = read_labels("labels/round-0/lost/CollectedData_Ann.csv")
    np.testing.assert_array_equal(lost.xy, [[nan, nan, [1, 1]]])
    first = Path("labels/round-0/day_1/CollectedData_Ann.csv").read_text().splitlines()[3]
    assert first.startswith("labeled-data,day_1,img001.png,1.0,2.0,")


def test_what_is_not_imported_is_printed_and_kept(project, capsys):
    import_deeplabcut(project)
    text = Path("config/imported.md").read_text()
    printed = capsys.readouterr().err
    lines = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(set(lines)) and all(line in printed for line in lines)
    for part in (
        "bodyparts: 'left ear' is called 'left_ear' here",
        "skeleton: objectA - tail is not imported, as 'objectA' is not among the bodyparts",
        "there is no video 'C:\\\\Users\\\\Ann\\\\videos\\\\day 1.avi', and no videos/day 1.avi",
        "there is no video '/gone/lost.mp4'",
        "there is no video '/gone/nothing.mp4'",
        "far.mp4: its crop 0, 64, 0, 480 is not x1, x2, y1, y2 within 64 x 48 pixels",
        "videos/new.mp4: imported, although not among the video_sets",
        "videos/newDLC_Resnet50_reach.h5: not imported",
        "videos/newDLC_Resnet50_reach_labeled.mp4: not imported",
        "labeled-data/day 1/img002.png: its labels are not imported (its image is missing or damaged)",
        "labeled-data/day 1/img004.png: tail at [90.0, 5.0] lies outside the image",
        "labeled-data/day 1: 1 row without any point",
        "labeled-data/day 1: 1 image without labels",
        "labeled-data/day 1/machinelabels-iter0.h5: not imported",
        "labeled-data/day 1_labeled: not imported, as it has no labels",
        "labeled-data/lost: 'paw' is not among the bodyparts",
        "labeled-data/cropped: its images do not have the video's size",
        "day 1: has the id 'day_1' here",
        "lost: its video was not found, so its labels serve training only",
        "dlc-models-pytorch: not imported",
    ):
        assert sum(part in line for line in lines) == 1, part
    assert "Imported: 4 labelled images of 3 videos, and 5 rows of the sheet of videos." in text


def test_cropping_of_the_config_holds_for_all_videos(project):
    config = read_yaml(project / "config.yaml")
    write_config(project, video_sets=config["video_sets"], cropping=True)
    import_deeplabcut(project)
    _, videos = read_project()
    assert {name: row.crop for name, row in videos.items() if row.path} == dict.fromkeys(
        ("day_1", "far", "cropped", "new"), (0, 32, 8, 48)
    )


def test_a_damaged_video_counts_as_missing(project):
    (project / "videos/day 1.mp4").write_bytes(b"not a video")
    import_deeplabcut(project)
    _, videos = read_project()
    assert videos["day_1"].use == "train" and videos["day_1"].path is None
    assert "counts as missing" in Path("config/imported.md").read_text()


def test_the_labels_of_the_project_s_own_scorer_are_taken(project):
    write_folder(project, "day 1", {"img001.png": pose((7, 7), None, None)}, scorer="Zoe")
    import_deeplabcut(project)
    assert read_labels("labels/round-0/day_1/CollectedData_Ann.csv").xy[0, 0].tolist() == [1, 2]
    assert "labeled-data/day 1/CollectedData_Zoe.csv: not imported" in Path("config/imported.md").read_text()


def empty_project(dlc):
    for name in ("videos", "labeled-data"):
        shutil.rmtree(dlc / name)
    write_config(dlc)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda dlc: write_config(dlc, multianimalproject=True), "several animals"),
        (lambda dlc: write_config(dlc, bodyparts="MULTI!"), "several animals"),
        (lambda dlc: (dlc / "config.yaml").write_text("Task: x\n"), "has no bodyparts"),
        (lambda dlc: (dlc / "config.yaml").write_text("a: [\n"), "this is not YAML"),
        (lambda dlc: (dlc / "config.yaml").unlink(), "there is no such file; give the folder of a DeepLabCut project"),
        (lambda dlc: (dlc / "labeled-data/day 1/CollectedData_Ann.csv").write_text(""), "the file is empty"),
        (empty_project, "has neither a video"),
    ],
)
def test_a_fault_is_a_sentence_and_nothing_is_written(project, change, says):
    change(project)
    with pytest.raises(PosemakeError) as error:
        import_deeplabcut(project)
    assert says in str(error.value)
    assert list(Path().iterdir()) == []


def test_no_project_given_shows_the_command(project):
    with pytest.raises(PosemakeError) as error:
        import_deeplabcut("")
    line = f"snakemake -s {ROOT}/Snakefile --directory my-project import_deeplabcut --config deeplabcut=/path/to/project"
    assert line in str(error.value)


@pytest.mark.parametrize("there", ["config/config.yaml", "config/videos.tsv", "config/imported.md", "labels/round-0/a/img1.png"])
def test_nothing_is_overwritten(project, there):
    Path(there).parent.mkdir(parents=True)
    Path(there).write_text("mine")
    with pytest.raises(PosemakeError, match="this folder is a project already"):
        import_deeplabcut(project)
    assert file_contents() == {there: b"mine"}


def test_an_error_while_writing_leaves_nothing_of_it(project, monkeypatch):
    def full_disk(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(deeplabcut, "write_project", full_disk)
    with pytest.raises(OSError, match="no space left"):
        import_deeplabcut(project)
    assert file_contents() == {}
    monkeypatch.undo()


def test_labels_that_a_person_makes_meanwhile_are_kept(project, monkeypatch):
    mine = Path("labels/round-0/a/img1.png")

    def copy(*arguments):
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text("mine")

    monkeypatch.setattr(deeplabcut.shutil, "copyfile", copy)
    with pytest.raises(OSError, match="not empty"):
        import_deeplabcut(project)
    assert file_contents() == {str(mine): b"mine"}


@pytest.mark.skipif(not OPENFIELD.is_dir(), reason=f"DeepLabCut's openfield example is not in {OPENFIELD}")
def test_the_openfield_example_of_deeplabcut(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import_deeplabcut(OPENFIELD)
    config, videos = read_project()
    assert config["keypoints"] == ["snout", "leftear", "rightear", "tailbase"] and config["skeleton"] == []
    assert {name: row.use for name, row in videos.items()} == {"m3v1mp4": "analyse", "m4s1": "train"}
    assert videos["m3v1mp4"].path == str(OPENFIELD / "videos/m3v1mp4.mp4") and videos["m3v1mp4"].crop is None
    labels = read_labels("labels/round-0/m4s1/CollectedData_Pranav.csv")
    given = read_labels(OPENFIELD / "labeled-data/m4s1/CollectedData_Pranav.csv")
    assert len(labels.images) == 116 and labels.images == given.images
    np.testing.assert_allclose(labels.xy, given.xy, atol=0.0005)
    for image in labels.images:
        copied = Path("labels/round-0/m4s1", image).read_bytes()
        assert copied == (OPENFIELD / "labeled-data/m4s1" / image).read_bytes()
