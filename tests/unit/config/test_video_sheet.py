"""Sheet of videos."""

import csv
import io
import re

import pytest

from posemake.config.settings import Frames
from posemake.config.video_sheet import COLUMNS, VideoRow, check_frames, frames_of_video, read_videos


def sheet(folder, text):
    path = folder / "videos.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def faults_in_sheet(folder, text):
    path = sheet(folder, text)
    _, faults = read_videos(path)
    assert all(fault.startswith(str(path)) for fault in faults)
    return [fault.removeprefix(f"{path}") for fault in faults]


def test_a_sheet_gives_its_rows_with_their_types(tmp_path):
    text = "video\tuse\tpath\tfps\tcrop\tstart\tsubject\nm1\tboth\ta b/m1.mp4\t29.97\t0,320,10,240\t5\t007\nm2\ttrain\t\t\n"
    videos, faults = read_videos(sheet(tmp_path, text))
    assert faults == []
    assert videos == {
        "m1": VideoRow(
            video="m1", use="both", path="a b/m1.mp4", fps=29.97, crop=(0, 320, 10, 240), start=5, subject="007", row=2
        ),
        "m2": VideoRow(video="m2", use="train", row=3),
    }
    assert videos["m1"].stop is None


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t.replace("\t", " \t ")])
def test_a_sheet_of_a_spreadsheet_reads_the_same(tmp_path, change):
    text = "video\tuse\tgroup\nm1\tboth\tcontrol\nm2\ttrain\tdrug\n"
    plain, _ = read_videos(sheet(tmp_path, text))
    assert read_videos(sheet(tmp_path, change(text))) == (plain, [])


def test_rows_are_the_lines_of_the_file(tmp_path):
    text = "# all videos\nvideo\tuse\n\n# of the first day\nm1\tboth\nm2\tbth\n"
    assert faults_in_sheet(tmp_path, text) == [", row 6, use: 'bth' is not valid; did you mean 'both'?"]
    assert read_videos(sheet(tmp_path, text.replace("bth", "both")))[0]["m1"].row == 5


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", ": the sheet is empty; its first row names the columns: video, path, use"),
        ("# nothing\n\n", ": the sheet is empty"),
        ("video\tuse\n", ": the sheet names no video"),
        ("vidio\tuse\nm1\tboth\n", ": there is no column 'vidio'; did you mean 'video'?"),
        ("video\tpath\nm1\ta.mp4\n", ": the column 'use' is missing"),
        ("video\tuse\tuse\nm1\tboth\tboth\n", ": the column 'use' stands there twice"),
        ("video,usage\nm1,both\n", ", row 1: the header 'video,usage' is a single column; columns are separated by tabs"),
        ("video use path\nm1 both a.mp4\n", ", row 1: the header 'video use path' is a single column"),
        ('video\tuse\tpath\nm1\tboth\t"a.mp4\nm2\tboth\tb.mp4\n', ", row 2: a cell that begins with 'a.mp4' goes on in the"),
        ("video\t\tuse\nm1\tx\tboth\n", ": column 2 has no name"),
        ("video\tuse\nm1\tboth\nM1\ttrain\n", ", row 3, video: 'M1' differs only in case from 'm1' in row 2"),
        ("video,use,crop\nm1,both,0,9,0,9\n", ", row 2: 6 cells under a header of 3; columns are separated by commas, so put"),
        ("video\tuse\nm1\t" + "b" * 200000 + "\n", ", row 2: cannot be read as a table"),
        ("video\tuse\nm1\tbot\n", ", row 2, use: 'bot' is not valid; did you mean 'both'?"),
        ("video\tuse\n\tboth\n", ", row 2, video: the key is missing"),
        ("video\tuse\nm1\tboth\nm2\tboth\nm1\ttrain\n", ", row 4, video: 'm1' already stands in row 2; ids are unique"),
        ("video\tuse\nm/1\tboth\n", ", row 2, video: 'm/1': an id begins with a letter or digit"),
        ("video\tuse\n.m\tboth\n", ", row 2, video: '.m': an id begins"),
        ("video\tuse\nm1\tboth\tmore\n", ", row 2: 3 cells under a header of 2"),
        ("video\tuse\tfps\nm1\tboth\tfast\n", ", row 2, fps: 'fast' is not of the type number"),
        ("video\tuse\tfps\nm1\tboth\t0\n", ", row 2, fps: "),
        ("video\tuse\tstart\nm1\tboth\t1.5\n", ", row 2, start: '1.5' is not of the type integer"),
        ("video\tuse\tcrop\nm1\tboth\t0,10,20\n", ", row 2, crop: '0,10,20': a crop is x1,x2,y1,y2 in pixels"),
        ("video\tuse\tcrop\nm1\tboth\t9,9,0,20\n", ", row 2, crop: '9,9,0,20' is empty; it is x1,x2,y1,y2 with x1 < x2"),
        ("video\tuse\troi\nm1\tboth\t0,10,20\n", ", row 2, roi: '0,10,20': a region is x1,x2,y1,y2 in pixels"),
        ("video\tuse\troi\nm1\tboth\t0,9,20,9\n", ", row 2, roi: '0,9,20,9' is empty; it is x1,x2,y1,y2 with x1 < x2"),
        ("video\tuse\tframes\nm1\tboth\t3;4\n", ", row 2, frames: '3;4': a list of frames and ranges of frames"),
        ("video\tuse\tframes\nm1\tboth\t3-9:0\n", ", row 2, frames: '3-9:0': a list of frames and ranges of frames"),
        ("video\tuse\tframes\nm1\tboth\t1,9-3\n", ", row 2, frames: '1,9-3' has a range that is empty"),
        ("video\tuse\tframes\nm1\tboth\t0-10000\n", ", row 2, frames: '0-10000' names more than 10000 frames"),
    ],
)
def test_each_fault_of_a_sheet_names_its_row(tmp_path, text, sentence):
    faults = faults_in_sheet(tmp_path, text)
    assert sum(fault.startswith(sentence) for fault in faults) == 1, faults


@pytest.mark.parametrize(
    "cell, frames",
    [
        ("12", [12]),
        ("12,40,100-200:20", [12, 40, 100, 120, 140, 160, 180, 200]),
        ("5-8 , 1", [1, 5, 6, 7, 8]),
        ("7,3-7,3", [3, 4, 5, 6, 7]),
        ("10-19:5", [10, 15]),
    ],
)
def test_a_list_of_frames_is_read_in_order_and_each_once(tmp_path, cell, frames):
    videos, faults = read_videos(sheet(tmp_path, f"video\tuse\tframes\troi\nm1\tboth\t{cell}\t1,2,3,4\n"))
    assert faults == [] and videos["m1"].frames == tuple(frames) and videos["m1"].roi == (1, 2, 3, 4)


ROWS = {
    row.video: row
    for row in (
        VideoRow(video="m1", use="both", path="a.mp4", group="control", subject="7", frames=(1, 2), row=2),
        VideoRow(video="m2", use="train", path="b.mp4", subject="8", row=3),
        VideoRow(video="m3", use="train", row=4),
        VideoRow(video="m4", use="analyse", path="d.mp4", group="drug", row=5),
    )
}


def test_the_number_of_a_subject_goes_before_that_of_its_group():
    frames = Frames(per_group={"control": 5, "drug": 6}, per_subject={7: 9})
    assert [frames_of_video(frames, row)["per_video"] for row in ROWS.values()] == [9, 20, 20, 6]
    other = Frames(per_group={"control": 5, "drug": 7}, per_subject={7: 9, 8: 20})
    same = [frames_of_video(frames, row) == frames_of_video(other, row) for row in ROWS.values()]
    assert same == [True, True, True, False]  # another's number changes nothing


def test_weights_shape_the_features_and_not_the_choice():
    values = frames_of_video(Frames(weights="other.pt"), ROWS["m1"])
    assert values == frames_of_video(Frames(), ROWS["m1"]) and "weights" not in values


def frames_faults(**values):
    return check_frames(Frames(**values), ROWS, "config.yaml", "videos.tsv")


def test_numbers_and_lists_are_for_what_the_sheet_has():
    assert frames_faults() == frames_faults(per_group={"control": 3}, per_subject={7: 3, "8": 3}) == []
    assert frames_faults(per_group={"contrl": 3}, per_subject={"9": 3}) == [
        "config.yaml, frames.per_group: no video to label is of the group 'contrl'; did you mean 'control'?",
        "config.yaml, frames.per_subject: no video to label is of the subject '9'; valid are 7, 8",
    ]
    assert len(frames_faults(per_group={"drug": 3})) == 1  # its only video is not labelled
    assert frames_faults(method="manual") == [
        "videos.tsv, row 3, frames: is empty, and frames.method is manual; name the frames, as in 12,40,100-200:20"
    ]


def test_all_faults_of_a_sheet_are_told_at_once(tmp_path):
    text = "video\tuse\tfps\nm 1\tboth\t-1\nm2\tall\t25\n\t\t25\nm3\tboth\t25\nm3\ttrain\tx\n"
    faults = faults_in_sheet(tmp_path, text)
    places = [re.match(r", row (\d+), (\w+): ", fault).groups() for fault in faults]
    assert sorted(places) == [
        ("2", "fps"), ("2", "video"), ("3", "use"), ("4", "use"), ("4", "video"), ("6", "fps"), ("6", "video"),
    ]  # fmt: skip


def test_a_sheet_that_is_not_there_or_no_text_is_a_fault(tmp_path):
    videos, faults = read_videos(tmp_path / "none.tsv")
    assert videos == {} and len(faults) == 1 and "none.tsv: the sheet of videos cannot be read" in faults[0]
    (tmp_path / "latin.tsv").write_bytes("video\tuse\nmäuse\tboth\n".encode("latin-1"))
    videos, faults = read_videos(tmp_path / "latin.tsv")
    assert videos == {} and len(faults) == 1 and "latin.tsv" in faults[0]


def test_a_row_with_a_fault_stays_without_the_faulty_cells(tmp_path):
    text = "video\tuse\tpath\tfps\nm 1\tbth\tgone.mp4\tfast\n"
    videos, faults = read_videos(sheet(tmp_path, text))
    assert len(faults) == 3 and videos["m 1"].path == "gone.mp4" and videos["m 1"].fps is None and videos["m 1"].use == "both"


def test_every_column_is_described():
    assert COLUMNS[:3] == ["video", "path", "use"] and "row" not in COLUMNS
    assert all(VideoRow.model_fields[column].description for column in COLUMNS)


SHEET = "video\tuse\tpath\tcrop\nm1\tboth\tMäuse/m1.mp4\t0,320,0,240\nm2\tanalyse\tm 2.mp4\t\n"


def with_separator(separator):
    """Return the sheet as a spreadsheet writes it: cells that have the separator are in quotation marks."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(csv.reader(io.StringIO(SHEET), delimiter="\t"))
    return text.getvalue()


WRITTEN_BY_PROGRAMS = {
    "comma": with_separator(",").encode(),
    "semicolon": with_separator(";").encode(),
    "Excel's CSV UTF-8": with_separator(";").replace("\n", "\r\n").encode("utf-8-sig"),
    "Excel's line for the separator": b"sep=;\r\n" + with_separator(";").encode(),
    "Excel's Unicode text": SHEET.replace("\n", "\r\n").encode("utf-16"),
    "UTF-16 of the other byte order": b"\xfe\xff" + SHEET.encode("utf-16-be"),
    "UTF-16 without its mark": SHEET.encode("utf-16-le"),
    "UTF-32": SHEET.encode("utf-32"),
    "old macOS": SHEET.replace("\n", "\r").encode(),
    "quoted cells": SHEET.replace("m1\t", '"m1"\t').replace("Mäuse/m1.mp4", '"Mäuse/m1.mp4"').encode(),
    "trailing tabs": SHEET.replace("\n", "\t\t\n").encode(),
    "a column without a name": SHEET.replace("use\tpath", "use\t\tpath")
    .replace("both", "both\t")
    .replace("se\tm 2", "se\t\tm 2")
    .encode(),
    "no tabs at ends of rows": SHEET.replace("m 2.mp4\t", "m 2.mp4").encode(),
    "blank rows at the end": (SHEET + "\t\t\t\n\n   \n").encode(),
    "no line end": SHEET.rstrip().encode(),
}


@pytest.mark.parametrize("content", WRITTEN_BY_PROGRAMS.values(), ids=WRITTEN_BY_PROGRAMS)
def test_sheets_of_editors_and_spreadsheets_are_read(tmp_path, content):
    expected, _ = read_videos(sheet(tmp_path, SHEET))
    path = tmp_path / "other.tsv"
    path.write_bytes(content)
    videos, faults = read_videos(path)
    assert faults == []
    assert [row.model_copy(update={"row": 0}) for row in videos.values()] == [
        row.model_copy(update={"row": 0}) for row in expected.values()
    ]


UNREADABLE = {
    "cp1252": (SHEET.encode("cp1252"), ", row 2: a letter is not in UTF-8, as of an older encoding of Windows"),
    "cp1252 with other line ends": (SHEET.replace("\n", "\r").encode("cp1252"), ", row 2: a letter is not in UTF-8"),
    "macOS Roman": (SHEET.replace("m 2", "m ü").encode("mac-roman"), ", row 2: a letter is not in UTF-8"),
    "half of UTF-16": (SHEET.encode("utf-16")[:-1], ": is not text in UTF-8 ('utf-16"),
    "binary": (bytes(range(9)) * 40, ": is not text in UTF-8"),
    "xlsx": (b"PK\x03\x04" + bytes(range(256)), ": this is a workbook (.xlsx or .ods), not text"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), ": this is a workbook of old Excel (.xls), not text"),
}


@pytest.mark.parametrize("content, sentence", UNREADABLE.values(), ids=UNREADABLE)
def test_a_sheet_that_is_not_text_says_how_to_save_it(tmp_path, content, sentence):
    path = tmp_path / "videos.tsv"
    path.write_bytes(content)
    videos, (fault,) = read_videos(path)
    assert videos == {} and fault.startswith(str(path)) and sentence in fault
    assert "save it as text with tabs in UTF-8" in fault


def test_commas_in_cells_do_not_make_columns(tmp_path):
    """Neither of a header whose only known column has commas in its name, nor of crops."""
    assert read_videos(sheet(tmp_path, "video\tuse\tcrop\nm1\tboth\t0,9,0,9\n"))[0]["m1"].crop == (0, 9, 0, 9)
    text = "video\tuse\tgroup\nm1\tboth\tcontrol, old; young\n"
    assert read_videos(sheet(tmp_path, text))[0]["m1"].group == "control, old; young"
