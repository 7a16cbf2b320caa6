"""Label files as spreadsheets, scripts and other tools leave them: read as the file they came from, or refused in a sentence."""

import itertools
import re
import unicodedata

import numpy as np
import pandas as pd
import pytest

from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_label_file, read_labels

NAN = float("nan")
PARTS, IMAGES = ("snout", "tail"), ("img0003.png", "img0014.png")
XY = np.array([[[1.5, 2.25], [NAN, NAN]], [[30, 40], [0, 101.125]]])
HEAD = "scorer,,,jane,jane,jane,jane\nbodyparts,,,snout,snout,tail,tail\ncoords,,,x,y,x,y\n"
ROWS = "labeled-data,m1,img0003.png,1.5,2.25,,\nlabeled-data,m1,img0014.png,30.0,40.0,0.0,101.125\n"
TEXT = HEAD + ROWS


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "labeled-data/m1"
    path.mkdir(parents=True)
    return path


def write_csv(folder, content):
    path = folder / "CollectedData_jane.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def columns(scorer="jane", parts=PARTS):
    return list(itertools.product([scorer], parts, ["x", "y"]))


def write_hdf5(folder, rows, index, names=("scorer", "bodyparts", "coords"), header=None, form="fixed"):
    header = columns() if header is None else header
    table = pd.DataFrame(np.array(rows, float), index=index, columns=pd.MultiIndex.from_tuples(header, names=names))
    path = folder / "CollectedData_jane.h5"
    table.to_hdf(path, key="df_with_missing", mode="w", format=form)
    return path


def must_be_the_labels(read, keypoints=PARTS):
    assert (read.labels.scorer, read.labels.keypoints, read.labels.images) == ("jane", keypoints, IMAGES)
    np.testing.assert_array_equal(read.labels.xy, XY)


def with_pandas_names(text):
    lines = text.splitlines()
    for level in range(3):
        name, _, _, rest = lines[level].split(",", 3)
        lines[level] = f"{name},Unnamed: 1_level_{level},Unnamed: 2_level_{level},{rest}"
    return "\n".join(lines) + "\n"


FORMS = {
    "two empty columns": TEXT.replace("\n", ",,\n"),
    "one empty column": TEXT.replace("\n", ",\n"),
    "a column with a blank": TEXT.replace("\n", ", \n"),
    "empty columns named by pandas": TEXT.replace("coords,,,x,y,x,y\n", "coords,,,x,y,x,y,Unnamed: 7_level_2\n"),
    "empty rows": TEXT + ",,,,,,\n , ,,,,,\n\n",
    "pandas' names": with_pandas_names(TEXT),
    "scorer above the images": TEXT.replace("scorer,,,", "scorer,jane,jane,"),
    "names of levels filled to the right": TEXT.replace("scorer,,,", "scorer,scorer,scorer,")
    .replace("bodyparts,,,", "bodyparts,bodyparts,bodyparts,")
    .replace("coords,,,", "coords,coords,coords,"),
    "a column of numbers before": "".join(
        f"{'' if i < 3 else i - 3},{line}\n" for i, line in enumerate(with_pandas_names(TEXT).splitlines())
    ),
    "merged cells": TEXT.replace("jane,jane,jane,jane", "jane,,,").replace("snout,snout,tail,tail", "snout,,tail,"),
    "semicolons": TEXT.replace(",", ";"),
    "semicolons and decimal commas": TEXT.replace(",", ";").replace(".0;", ";").replace("1.5", "1,5").replace("2.25", "2,25")
    .replace("40.0", "40,0").replace("30.0", "30,0").replace("101.125", "101,125"),
    "tabs": TEXT.replace(",", "\t"),
    "Excel's line of the separator": "sep=;\n" + TEXT.replace(",", ";"),
    "each cell in quotes": "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in TEXT.splitlines()),
    "each line in quotes": "".join(f'"{line}"\n' for line in TEXT.splitlines()),
    "old line ends of macOS": TEXT.replace("\n", "\r"),
    "Windows' line ends": TEXT.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + TEXT,
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-16 big-endian": "\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"),
    "blanks around names": TEXT.replace("snout", "snout ").replace("tail", " tail\u00a0").replace(".png", ".png "),
    "capitals": TEXT.replace("scorer", "Scorer").replace("coords,,,x,y,x,y", "Coords,,,X,Y,X,Y"),
    "words for missing values": TEXT.replace("2.25,,", "2.25,NA,#N/A"),
    "exact repetition": TEXT + ROWS,
    "names of the index": HEAD + "project,video,image,,,,\n" + ROWS,
    "another case of the folder": TEXT.replace("m1,img0014", "M1,img0014"),
    "absolute path": TEXT.replace("labeled-data,m1,", "/home/jane/x/labeled-data,m1,"),
    "one cell of three": TEXT.replace("labeled-data,m1,img0003.png", "C:\\x\\labeled-data\\m1\\img0003.png,,"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_csv_of_a_spreadsheet_is_read_as_the_original(folder, form):
    must_be_the_labels(read_label_file(write_csv(folder, FORMS[form])))


def test_rows_in_another_order_are_the_same_labels(folder):
    read = read_labels(write_csv(folder, HEAD + "".join(reversed(ROWS.splitlines(keepends=True)))))
    assert read.images == IMAGES[::-1]
    np.testing.assert_array_equal(read.xy, XY[::-1])


def test_an_encoding_of_windows_is_read_and_told(folder):
    read = read_label_file(write_csv(folder, TEXT.replace("tail", "Schwänzchen").encode("cp1252")))
    must_be_the_labels(read, ("snout", "Schwänzchen"))
    assert "read in the encoding of Windows (cp1252)" in read.notes[0]
    assert read_label_file(write_csv(folder, TEXT)).notes == ()


def test_repeated_rows_are_told(folder):
    read = read_label_file(write_csv(folder, TEXT + ROWS))
    assert read.notes == ("2 rows that repeat another exactly count once (img0003.png, img0014.png)",)


@pytest.mark.parametrize("ending", ["csv", "h5"])
def test_forms_of_unicode_are_one_keypoint(folder, ending):
    composed, decomposed = "tête", unicodedata.normalize("NFD", "tête")
    if ending == "csv":
        path = write_csv(folder, TEXT.replace("tail", decomposed))
    else:
        path = write_hdf5(folder, XY.reshape(2, -1), list(IMAGES), header=columns(parts=("snout", decomposed)))
    assert read_labels(path).keypoints == ("snout", composed)
    twice = HEAD.replace("snout,snout,tail,tail", f"{composed},{composed},{decomposed},{decomposed}") + ROWS
    with pytest.raises(PosemakeError, match="a keypoint stands twice in the header"):
        read_labels(write_csv(folder, twice))


@pytest.mark.parametrize(
    "text, sentence",
    [
        (HEAD.replace("\n", ",\n") + ROWS.replace("\n", ",1\n"), "one is incomplete (column 5 after the names of images)"),
        (HEAD + ROWS.replace("2.25,,", "2.25,,,7"), "row 4 has more cells than the header"),
        (HEAD.replace("snout,snout,tail,tail", "snout,,,") + ROWS, "a keypoint stands twice in the header (snout x)"),
        (TEXT.replace(",", ";").replace("2.25", "2,25"), "row 4, snout y: '2,25' is not a number"),
        (HEAD + ROWS.replace("2.25", "inf"), "row 4, snout y: 'inf' is not a number"),
        (HEAD + ROWS.replace("30.0", "3_0"), "row 5, snout x: '3_0' is not a number"),
        (HEAD + ROWS + ROWS.replace("30.0", "31"), "img0014.png has more than one row (5 and 7), and they differ"),
        (HEAD + "0,,,1,2,3,4\n1,,,1,2,3,4\n", "row 4 names no image"),
        ("scorer,jane,jane\nbodyparts,snout,snout\ncoords,x,y\n0,1,2\n", "row 4 is named 0, which is a number and not an image"),
        ('"snout\n' + TEXT, "the first three rows begin with"),  # a stray mark makes one cell of all lines
        (HEAD + ROWS.replace("2.25", '"2.25'), "row 5"),
        (HEAD + ROWS.replace("img0003.png", "img0003/"), "row 4 names no image"),
        (HEAD + ROWS.replace("img0003", "img\x010003"), "cannot be the name of a file"),
        ("bodyparts,snout,snout\ncoords,x,y\nimg1.png,1,2\n", "the first three rows begin with scorer, bodyparts, coords, not"),
    ],
)
def test_what_is_ambiguous_is_a_sentence(folder, text, sentence):
    with pytest.raises(PosemakeError, match=re.escape(sentence)):
        read_labels(write_csv(folder, text))


# --- HDF5


INDEXES = {
    "parts": pd.MultiIndex.from_tuples([("labeled-data", "m1", image) for image in IMAGES]),
    "two parts": pd.MultiIndex.from_tuples([("m1", image) for image in IMAGES]),
    "posix": [f"labeled-data/m1/{image}" for image in IMAGES],
    "windows": [f"C:\\Users\\jane\\labeled-data\\m1\\{image}" for image in IMAGES],
    "absolute": [f"/home/jane/labeled-data/m1/{image}" for image in IMAGES],
    "bare": list(IMAGES),
    "blanks": [f"{image} " for image in IMAGES],
}


@pytest.mark.parametrize("form", INDEXES)
@pytest.mark.parametrize("names", [("scorer", "bodyparts", "coords"), (None, None, None)])
def test_each_index_of_an_hdf5_is_read(folder, form, names):
    must_be_the_labels(read_label_file(write_hdf5(folder, XY.reshape(2, -1), INDEXES[form], names)))


def test_an_hdf5_with_empty_columns_of_pandas_is_read(folder):
    header = [*columns(), *(("Unnamed: 7_level_0", "Unnamed: 7_level_1", "Unnamed: 7_level_2"),)]
    rows = np.column_stack([XY.reshape(2, -1), [NAN, NAN]])
    must_be_the_labels(read_label_file(write_hdf5(folder, rows, list(IMAGES), header=header)))


@pytest.mark.parametrize("index", [None, 0, [0, 1, 2]])
def test_an_hdf5_that_pandas_made_of_a_csv_is_read(folder, index):
    source = write_csv(folder, TEXT)
    path = source.with_suffix(".h5")
    table = pd.read_csv(source, header=[0, 1, 2], index_col=index)
    table.to_hdf(path, key="df_with_missing", mode="w", format="fixed" if isinstance(index, list) else "table")
    must_be_the_labels(read_label_file(path))


FULL = [[1, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")
@pytest.mark.parametrize(
    "write, sentence",
    [
        (
            lambda at: write_hdf5(at, np.tile(FULL, 2), list(IMAGES), header=columns() * 2, form="table"),
            "a keypoint stands twice in the header",
        ),
        (lambda at: write_hdf5(at, [[1, 2, 3]] * 2, list(IMAGES), header=columns()[:3]), "keypoint tail has no column y"),
        (lambda at: write_hdf5(at, FULL, pd.RangeIndex(2)), "row 1 is named 0, which is a number and not an image"),
        (lambda at: write_hdf5(at, FULL, pd.Index([0.5, 1.5])), "row 1 is named 0.5, which is a number"),
        (lambda at: write_hdf5(at, FULL, pd.MultiIndex.from_tuples([("m1", 3), ("m1", 4)])), "row 1 is named 3, which is a"),
        (lambda at: write_hdf5(at, FULL, pd.Index([IMAGES[0], NAN])), "row 2 names no image"),
        (lambda at: write_hdf5(at, FULL, [IMAGES[0]] * 2), "img0003.png has more than one row (1 and 2)"),
        (lambda at: write_hdf5(at, FULL, [b"img1.png", b"img2.png"]), "holds pickled objects"),
        (lambda at: write_hdf5(at, [[1, 2, 3, np.inf]] * 2, list(IMAGES)), "row 1, tail y: inf is not a number"),
        (
            lambda at: write_hdf5(at, FULL, list(IMAGES), (None,) * 4, [("jane", "m1", *column[1:]) for column in columns()]),
            "labels of several animals, which are not supported yet",
        ),
        (
            lambda at: write_hdf5(at, FULL, list(IMAGES), ("bodyparts", "coords"), [column[1:] for column in columns()]),
            "the levels of its columns are scorer, bodyparts, coords, not ['bodyparts', 'coords']",
        ),
    ],
)
def test_an_hdf5_is_refused_for_what_a_csv_is_refused(folder, write, sentence):
    path = write(folder)
    with pytest.raises(PosemakeError, match=f"^{re.escape(f'{path}: ')}.*{re.escape(sentence)}"):
        read_labels(path)


# --- two scorers in one file

TWO = columns() + columns("bob")


@pytest.mark.parametrize("ending", ["csv", "h5"])
def test_two_scorers_who_nowhere_differ_are_read_together(folder, ending):
    rows = np.array([[1.5, 2.25, NAN, NAN, *[NAN] * 4], [NAN, NAN, 0, 101.125, 30, 40, 0, 101.125]])
    if ending == "csv":
        header = "".join(
            ",".join([name, "", "", *level]) + "\n" for name, level in zip(["scorer", "bodyparts", "coords"], zip(*TWO))
        )
        cells = [",".join("" if np.isnan(value) else str(value) for value in row) for row in rows]
        path = write_csv(folder, header + "".join(f"labeled-data,m1,{image},{row}\n" for image, row in zip(IMAGES, cells)))
    else:
        path = write_hdf5(folder, rows, list(IMAGES), header=TWO)
    read = read_label_file(path)
    must_be_the_labels(read)
    assert read.notes == ("holds labels of 2 scorers (jane, bob), read together, as they nowhere differ",)


def test_two_scorers_who_differ_are_a_sentence(folder):
    path = write_hdf5(folder, [[1, 2, 3, 4, 1, 2, 3, 5]] * 2, list(IMAGES), header=TWO)
    with pytest.raises(PosemakeError, match=r"two scorers, jane and bob, which differ in img0003.png, tail; keep the columns of"):
        read_labels(path)
    blank = write_csv(folder, TEXT.replace("jane,jane,jane,jane", "jane,jane,jane ,jane "))
    assert read_labels(blank).scorer == "jane"  # a blank makes no other person


# --- folders of rows


def test_a_folder_whose_name_differs_in_capitals_is_another_where_it_exists(folder):
    (folder.parent / "M1").mkdir()
    read = read_label_file(write_csv(folder, TEXT.replace("m1,img0014", "M1,img0014")))
    assert read.labels.images == IMAGES[:1] and read.rows_of_others == {"M1": 1}


def test_rows_of_two_folders_are_refused(folder):
    path = write_csv(folder, TEXT.replace("m1,img0014", "m2,img0014"))
    with pytest.raises(
        PosemakeError, match=r"lies in the folder m1, and 1 row of it names m2; move them to the label file of m2"
    ):
        read_labels(path)
    read = read_label_file(path)
    assert read.labels.images == IMAGES[:1] and read.rows_of_others == {"m2": 1}


def test_rows_of_two_folders_neither_of_which_is_this_one_are_refused(folder):
    path = write_csv(folder, TEXT.replace("m1,img0014", "m2,img0014").replace("m1,img0003", "m3,img0003"))
    with pytest.raises(PosemakeError, match="its rows name the folders m2, m3, and none is m1, where the file lies"):
        read_label_file(path)


def test_images_of_one_name_in_two_folders_are_different_images(folder):
    path = write_csv(folder, HEAD + "labeled-data,m1,img1.png,1,2,3,4\nlabeled-data,m2,img1.png,5,6,7,8\n")
    read = read_label_file(path)
    assert read.labels.images == ("img1.png",) and read.labels.xy[0, 0].tolist() == [1, 2] and read.rows_of_others == {"m2": 1}


def test_a_folder_that_got_another_name_keeps_its_labels(folder):
    path = write_csv(folder, TEXT.replace("m1,", "old name,"))
    read = read_label_file(path)
    must_be_the_labels(read)
    assert read.notes == ("its rows name the folder old name, which does not exist, and count as those of this folder",)
    (folder.parent / "old name").mkdir()
    assert read_label_file(path).rows_of_others == {"old name": 2}
    (folder.parent / "old name").rmdir()
    assert read_label_file(path, ["old name"]).rows_of_others == {"old name": 2}


def test_a_folder_whose_name_no_system_has_is_another_name(folder):
    must_be_the_labels(read_label_file(write_csv(folder, TEXT.replace("m1,", "ü" * 200 + ","))))


def test_folders_of_accented_names_are_the_same_in_both_forms(tmp_path):
    folder = tmp_path / unicodedata.normalize("NFD", "tête")
    folder.mkdir()
    must_be_the_labels(read_label_file(write_csv(folder, TEXT.replace("m1,", "tête,"))))
