"""Import of DeepLabCut projects from other systems, with files that were copied, joined or edited by hand."""

import itertools
import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from fixtures.deeplabcut_projects import pose, read_project, write_config, write_folder, write_video

from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_labels
from posemake.projects.deeplabcut import import_deeplabcut

PARTS = ["snout", "ear", "tail"]
FULL = pose((1, 2), (3, 4), (5, 6))
ROWS = {"img001.png": FULL, "img002.png": pose((11, 12), (13, 14), (15, 16))}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a video and its labels in CSV; the current folder is an empty one beside it."""
    dlc = tmp_path / "reach-Ann"
    write_video(dlc / "videos/day1.mp4")
    write_config(dlc, bodyparts=PARTS, skeleton=[], video_sets={"C:\\x\\videos\\day1.mp4": {"crop": "0, 64, 0, 48"}})
    write_folder(dlc, "day1", ROWS, PARTS)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return dlc


def imported(project, video="day1", scorer="Ann"):
    """The labels of a video after the import, and what the import noted."""
    import_deeplabcut(project)
    return read_labels(f"labels/round-0/{video}/CollectedData_{scorer}.csv"), Path("config/imported.md").read_text()


def change_config(project, **values):
    config = yaml.safe_load((project / "config.yaml").read_text())
    (project / "config.yaml").write_text(yaml.safe_dump(config | values, allow_unicode=True, sort_keys=False))


# --- CSV and HDF5 of one scorer


def test_of_two_files_that_differ_the_hdf5_is_imported(project):
    write_folder(project, "day1", ROWS | {"img001.png": pose((10, 20), (3, 4), None), "img003.png": FULL}, PARTS, ending="h5")
    labels, notes = imported(project)
    assert labels.images == ("img001.png", "img002.png", "img003.png") and labels.xy[0, 0].tolist() == [10, 20]
    assert (
        "labeled-data/day1: CollectedData_Ann.csv and CollectedData_Ann.h5 differ (0 rows and 1 point only in the CSV, 1 row and "
        "0 points only in the HDF5 file, 1 point at different positions); the HDF5 file is imported, as DeepLabCut trains on it"
    ) in notes
    assert "without labels" not in notes


def test_of_two_files_that_agree_nothing_is_told(project):
    write_folder(project, "day1", ROWS, PARTS, ending="h5", old=True)
    labels, notes = imported(project)
    assert labels.images == tuple(ROWS) and "CollectedData" not in notes


def test_a_damaged_hdf5_beside_a_csv_is_told(project):
    (project / "labeled-data/day1/CollectedData_Ann.h5").write_bytes(b"no HDF5")
    labels, notes = imported(project)
    assert labels.images == tuple(ROWS)
    assert "day1: CollectedData_Ann.csv is imported instead of the HDF5 file, on which DeepLabCut trains (" in notes


def test_a_damaged_csv_beside_an_hdf5_is_told(project):
    write_folder(project, "day1", ROWS, PARTS, ending="h5")
    (project / "labeled-data/day1/CollectedData_Ann.csv").write_text("")
    labels, notes = imported(project)
    assert labels.images == tuple(ROWS)
    assert "day1: CollectedData_Ann.h5 is imported, and the CSV beside it is not compared (" in notes


# --- faults of HDF5 files


def write_table(project, header, rows, index=None):
    names = ["scorer", "bodyparts", "coords"]
    index = [f"labeled-data/day1/{image}" for image in ROWS] if index is None else index
    table = pd.DataFrame(np.array(rows, float), index=index, columns=pd.MultiIndex.from_tuples(header, names=names))
    (project / "labeled-data/day1/CollectedData_Ann.csv").unlink()
    table.to_hdf(project / "labeled-data/day1/CollectedData_Ann.h5", key="df_with_missing", mode="w", format="table")


def header(scorer="Ann"):
    return list(itertools.product([scorer], PARTS, ["x", "y"]))


SIX = [[1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]]


@pytest.mark.parametrize(
    "columns, rows, index, sentence",
    [
        (header() * 2, np.tile(SIX, 2), None, "a keypoint stands twice in the header"),
        (header(), SIX, pd.RangeIndex(2), "row 1 is named 0, which is a number and not an image"),
        (header() + header("Bob"), np.column_stack([SIX, np.add(SIX, 1)]), None, "two scorers, Ann and Bob, which differ"),
    ],
)
def test_a_faulty_hdf5_is_a_sentence_and_nothing_is_written(project, columns, rows, index, sentence):
    write_table(project, columns, rows, index)
    with pytest.raises(PosemakeError, match=f"CollectedData_Ann.h5: .*{sentence}"):
        import_deeplabcut(project)
    assert list(Path().iterdir()) == []


def test_two_scorers_in_one_hdf5_are_imported_together(project):
    nan = [np.nan] * 6
    write_table(project, header() + header("Bob"), [SIX[0] + nan, nan + SIX[1]])
    labels, notes = imported(project)
    np.testing.assert_array_equal(labels.xy, np.array(SIX).reshape(2, 3, 2))
    assert "day1/CollectedData_Ann: holds labels of 2 scorers (Ann, Bob), read together" in notes and "without any" not in notes


# --- rows of other folders


def test_rows_of_another_folder_are_left_out_and_told(project):
    path = project / "labeled-data/day1/CollectedData_Ann.csv"
    path.write_text(path.read_text().replace("day1,img002", "day2,img002"))
    labels, notes = imported(project)
    assert labels.images == ("img001.png",)
    assert "labeled-data/day1/CollectedData_Ann: 1 row of images in the folder day2: not imported" in notes


def test_a_label_file_of_another_folder_is_left_out(project):
    path = project / "labeled-data/day1/CollectedData_Ann.csv"
    path.write_text(path.read_text().replace("day1", "day2"))
    change_config(project, video_sets={"day1.mp4": None, "/gone/day2.mp4": None})
    import_deeplabcut(project)
    assert list(Path("labels/round-0").iterdir()) == []
    assert "2 rows of images in the folder day2: not imported" in Path("config/imported.md").read_text()


def test_a_folder_that_got_another_name_is_imported_and_told(project):
    path = project / "labeled-data/day1/CollectedData_Ann.csv"
    path.write_text(path.read_text().replace("day1", "day1 raw"))
    labels, notes = imported(project)
    assert labels.images == tuple(ROWS) and "its rows name the folder day1 raw, which does not exist" in notes


# --- paths that this system cannot have


@pytest.mark.parametrize(
    "given",
    [
        "D:\\" + "行为学实验数据\\" * 11 + "videos\\day1.mp4",
        "/" + "x" * 300 + "/day1.mp4",
        "C:\\" + "x" * 900 + "\\day1.mp4",
        "\\\\?\\UNC\\server\\" + "y" * 300 + "\\day1.mp4",
        "a\0b\\day1.mp4",
    ],
    ids=["chinese", "posix", "very long", "network", "nul"],
)
def test_a_path_that_this_system_cannot_have_is_looked_up_by_its_name(project, given):
    text = (project / "config.yaml").read_text()
    quoted = given.replace("\\", "\\\\").replace("\0", "\\0")
    (project / "config.yaml").write_text(text.replace("C:\\x\\videos\\day1.mp4", f'"{quoted}"'), encoding="utf-8")
    imported(project)
    _, videos = read_project()
    assert {name: row.use for name, row in videos.items()} == {"day1": "both"}


@pytest.mark.parametrize("name", ["NUL", "con.mp4", "x" * 300 + ".mp4", "..", ""])
def test_a_video_that_cannot_exist_is_told(project, name):
    change_config(project, video_sets={f"C:\\videos\\{name}": None, "day1.mp4": None})
    _, notes = imported(project)
    assert f"there is no video 'C:\\\\videos\\\\{name}'" in notes
    assert list(read_project()[1]) == ["day1"]


def test_a_project_folder_that_cannot_exist_is_a_sentence(project):
    for folder in ("x" * 300, "a\0b", "~nobody-of-this-name/dlc"):
        with pytest.raises(PosemakeError, match="give the folder of a DeepLabCut project"):
            import_deeplabcut(folder)


def test_names_that_are_no_text_are_told(project):
    raw = os.fsencode(project / "videos") + b"/m\xe9.mp4"
    shutil.copy(project / "videos/day1.mp4", raw)
    Path(os.fsdecode(os.fsencode(project / "labeled-data/day1") + b"/note\xe9.txt")).touch()
    _, notes = imported(project)
    assert "videos/m\\udce9.mp4: not imported, as its name is not text in UTF-8" in notes
    assert "day1/note\\udce9.txt: not imported" in notes


def test_accented_names_are_the_same_in_both_forms(project):
    composed, decomposed = (unicodedata.normalize(form, "tête") for form in ("NFC", "NFD"))
    shutil.move(project / "videos/day1.mp4", project / f"videos/{decomposed}.mp4")
    shutil.rmtree(project / "labeled-data/day1")
    write_folder(project, decomposed, {f"{decomposed}1.png": FULL}, PARTS)
    path = project / f"labeled-data/{decomposed}/CollectedData_Ann.csv"
    path.write_text(path.read_text().replace(decomposed, composed))
    change_config(project, video_sets={f"C:\\videos\\{composed}.mp4": None})
    labels, notes = imported(project, "tete")
    assert labels.images == (composed + "1.png",) and list(read_project()[1]) == ["tete"]
    assert "there is no video" not in notes and "although not among" not in notes


def test_two_folders_of_one_accented_name_are_two_videos(project):
    composed, decomposed = (unicodedata.normalize(form, "tête") for form in ("NFC", "NFD"))
    for name in (composed, decomposed):
        write_folder(project, name, {"img001.png": FULL}, PARTS)
    import_deeplabcut(project)
    assert sorted(path.name for path in Path("labels/round-0").iterdir()) == ["day1", "tete", "tete_2"]


# --- files of systems, and names that two videos or bodyparts share


def test_files_of_macos_and_windows_are_no_videos_images_or_folders(project):
    for name in ("._day1.mp4", ".DS_Store", "Thumbs.db", "__MACOSX"):
        for folder in (project, project / "videos", project / "labeled-data", project / "labeled-data/day1"):
            (folder / name).write_bytes(b"\0\5\26\7")
    (project / "labeled-data/day1/._img001.png").write_bytes(b"\0\5\26\7")
    (project / "labeled-data/day1/._CollectedData_Ann.csv").write_bytes(b"\0\5\26\7")
    (project / "labeled-data/._day1").mkdir()
    labels, notes = imported(project)
    assert labels.images == tuple(ROWS) and list(read_project()[1]) == ["day1"]
    assert [line for line in notes.splitlines() if line.startswith("- ")] == [
        "- config.yaml: nothing else is imported; models are trained anew with the settings of config/config.yaml"
    ]


def test_two_videos_of_one_name_get_ids_of_their_own_and_a_note(project):
    write_video(project / "videos/day1.avi")
    change_config(project, video_sets={"day1.mp4": None, "day1.avi": None})
    labels, notes = imported(project)
    _, videos = read_project()
    assert {name: (Path(row.path).name, row.use) for name, row in videos.items()} == {
        "day1": ("day1.mp4", "both"),
        "day1_2": ("day1.avi", "analyse"),
    }
    assert labels.images == tuple(ROWS)
    assert "day1: 2 videos have this name" in notes and "labels in labeled-data/day1 go with day1.mp4, the first" in notes
    assert "day1: has the id 'day1_2' here" in notes


def test_videos_of_one_name_in_two_folders_are_two(project, tmp_path):
    write_video(tmp_path / "other/day1.mp4")
    change_config(project, video_sets={str(tmp_path / "other/day1.mp4"): None, "videos/day1.mp4": None})
    _, notes = imported(project)
    assert list(read_project()[1]) == ["day1", "day1_2"]
    assert f"labels in labeled-data/day1 go with {tmp_path}/other/day1.mp4" in notes or "go with day1.mp4, the first" in notes


def test_bodyparts_that_are_the_same_count_once(project):
    parts = [unicodedata.normalize("NFD", "tête"), "tête", "snout ", "left ear", "left_ear"]
    change_config(project, bodyparts=parts)
    write_folder(project, "day1", {"img001.png": FULL}, ["tête", "snout", "left ear"])
    labels, notes = imported(project)
    assert labels.keypoints == ("tete", "snout", "left_ear_2", "left_ear")
    assert labels.xy[0, :3].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert "bodyparts: 'tête' stands 2 times and counts once" in notes


def test_bodyparts_in_other_alphabets_are_keypoints(project):
    change_config(project, bodyparts=["鼻子", "хвост"], skeleton=[["鼻子", "хвост"]])
    write_folder(project, "day1", {"img001.png": FULL[:2]}, ["鼻子", "хвост"])
    labels, notes = imported(project)
    assert labels.keypoints == ("keypoint", "keypoint_2") and labels.xy[0].tolist() == [[1, 2], [3, 4]]
    assert "'хвост' is called 'keypoint_2' here" in notes
    assert read_project()[0]["skeleton"] == [["keypoint", "keypoint_2"]]


# --- the config as it was typed

TYPED = ["on", "no", "1_2", "1e3", "0x1F", "2020-01-01", "null", "12-30", "True", "007"]


def test_names_in_yaml_are_the_text_that_was_typed(project):
    text = "multianimalproject: false\nscorer: 007\nbodyparts:\n" + "".join(f"- {part}\n" for part in TYPED)
    text += "skeleton:\n- [on, no]\n- - 1_2\n  - 1e3\n- [2020-01-01, 007]\nvideo_sets:\n  1_2.mp4:\n    crop: 0, 32, 8, 48\n"
    (project / "config.yaml").write_text(text)
    shutil.move(project / "videos/day1.mp4", project / "videos/1_2.mp4")
    shutil.rmtree(project / "labeled-data/day1")
    points = [[k, k] for k in range(len(TYPED))]
    write_folder(project, "1_2", {"img1.png": points}, TYPED, scorer="007")
    write_folder(project, "1_2", {"img1.png": points}, TYPED, scorer="7")
    labels, _ = imported(project, "1_2", "007")
    assert list(labels.keypoints) == TYPED and labels.xy[0].tolist() == points
    config, videos = read_project()
    assert config["keypoints"] == TYPED and config["skeleton"] == [["on", "no"], ["1_2", "1e3"], ["2020-01-01", "007"]]
    assert videos["1_2"].crop == (0, 32, 8, 48)


@pytest.mark.parametrize("value", ["", "null", "~", "False", "no", "off"])
def test_a_project_of_one_animal_says_so_in_any_way(project, value):
    text = (project / "config.yaml").read_text().replace("multianimalproject: null", f"multianimalproject: {value}")
    (project / "config.yaml").write_text(text)
    assert imported(project)[0].images == tuple(ROWS)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_config_in_another_encoding_is_read(project, encoding):
    text = (project / "config.yaml").read_text().replace("C:\\x\\", "C:\\Users\\Jörg\\")
    (project / "config.yaml").write_bytes(text.encode(encoding))
    assert imported(project)[0].images == tuple(ROWS)


@pytest.mark.parametrize(
    "values, sentence",
    [
        ({"bodyparts": "snout, tail"}, "bodyparts: is a list with one name per line, not 'snout, tail'"),
        ({"bodyparts": [{"snout": 1}]}, "bodyparts: .* is not a name"),
        ({"bodyparts": []}, "has no bodyparts"),
    ],
)
def test_bodyparts_that_are_no_names_are_a_sentence(project, values, sentence):
    change_config(project, **values)
    with pytest.raises(PosemakeError, match=sentence):
        import_deeplabcut(project)


def test_empty_sections_of_the_config_are_none(project):
    change_config(project, video_sets=None, skeleton=None)
    labels, notes = imported(project)
    assert labels.images == tuple(ROWS) and "videos/day1.mp4: imported, although not among the video_sets" in notes
