import os
import re
import string
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.data.image_names import frame_number, image_name
from posemake.data.label_files import (
    Labels,
    check_keypoints,
    find_label_file,
    read_labels,
    read_predictions,
    reorder,
    write_labels,
)

NAN = float("nan")
LABELS = Labels(
    "jane", ("snout", "tail"), ("img0003.png", "img0014.png"), np.array([[[1.5, 2.25], [NAN, NAN]], [[30, 40], [0, 101.125]]])
)
HEAD = "scorer,,,jane,jane,jane,jane\nbodyparts,,,snout,snout,tail,tail\ncoords,,,x,y,x,y\n"
ROWS = "labeled-data,m1,img0003.png,1.5,2.25,,\nlabeled-data,m1,img0014.png,30.0,40.0,0.0,101.125\n"
OLD_HEAD = "scorer,jane,jane,jane,jane\nbodyparts,snout,snout,tail,tail\ncoords,x,y,x,y\n"

names = st.text(string.ascii_letters + string.digits + " _-.,'\"äß", min_size=1, max_size=8).map(str.strip).filter(bool)
pixels = st.integers(-1000, 4_000_000).map(lambda thousandths: thousandths / 1000)
points = st.one_of(st.just((NAN, NAN)), st.tuples(pixels, pixels))


@st.composite
def any_labels(draw):
    keypoints = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    images = [f"img{i:04d}.png" for i in draw(st.lists(st.integers(0, 9999), min_size=1, max_size=5, unique=True))]
    xy = [[draw(points) for _ in keypoints] for _ in images]
    return Labels(draw(names), tuple(keypoints), tuple(images), np.array(xy, float))


def same(first, second):
    assert (first.scorer, first.keypoints, first.images) == (second.scorer, second.keypoints, second.images)
    np.testing.assert_array_equal(first.xy, second.xy)


def csv(folder, text):
    path = folder / "CollectedData_jane.csv"
    path.write_text(text, encoding="utf-8")
    return path


@given(labels=any_labels())
def test_what_is_written_is_read_again(tmp_path_factory, labels):
    path = tmp_path_factory.mktemp("labels") / "CollectedData_x.csv"
    write_labels(path, labels, "m 1")
    same(read_labels(path), labels)
    before = path.read_bytes()
    write_labels(path, read_labels(path), "m 1")
    assert path.read_bytes() == before


def test_the_file_is_that_of_deeplabcut(tmp_path):
    path = tmp_path / "CollectedData_jane.csv"
    write_labels(path, LABELS, "m1")
    assert path.read_text() == HEAD + ROWS
    table = pd.read_csv(path, header=[0, 1, 2], index_col=[0, 1, 2])  # as DeepLabCut reads it
    assert table.columns.names == ["scorer", "bodyparts", "coords"]
    assert table.loc[("labeled-data", "m1", "img0014.png"), ("jane", "tail", "y")] == 101.125


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ROWS,
        OLD_HEAD + ROWS.replace("labeled-data,m1,", "labeled-data/m1/"),
        OLD_HEAD + ROWS.replace("labeled-data,m1,", "labeled-data\\m1\\"),
        OLD_HEAD + ROWS.replace("labeled-data,m1,", ""),
        HEAD + ROWS.replace("labeled-data,m1,", "labeled-data,C:\\m1,"),
        "\ufeff" + HEAD + ROWS,
        (HEAD + ROWS).replace("\n", "\r\n"),
        (HEAD + ROWS).replace(",,\n", "\n"),  # a row that ends early
        (HEAD + ROWS).replace(",,\n", ",nan,NaN\n"),
        HEAD + "\n,,,,,,\n" + ROWS + "\n",
        "scorer,,,jane,jane,jane,jane\nbodyparts,,,snout,snout,tail,tail\ncoords,,,y,x,y,x\n"
        "labeled-data,m1,img0003.png,2.25,1.5,,\nlabeled-data,m1,img0014.png,40,30,101.125,0\n",
    ],
    ids=["now", "one-string", "windows", "bare", "windows-column", "bom", "crlf", "short", "nan", "blank", "y-first"],
)
def test_every_layout_of_csv_reads_the_same(tmp_path, text):
    same(read_labels(csv(tmp_path, text)), LABELS)


# pandas cannot write an index of three levels as a table
@pytest.mark.parametrize("form, separator", [("fixed", None), ("fixed", "/"), ("fixed", "\\"), ("table", "/"), ("table", "\\")])
def test_every_layout_of_hdf5_reads_the_same(tmp_path, form, separator):
    columns = pd.MultiIndex.from_product([["jane"], ["snout", "tail"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    rows = [("labeled-data", "m1", image) for image in LABELS.images]
    index = pd.MultiIndex.from_tuples(rows) if separator is None else [separator.join(row) for row in rows]
    path = tmp_path / "CollectedData_jane.h5"
    pd.DataFrame(LABELS.xy.reshape(2, -1), index=index, columns=columns).to_hdf(path, key="df_with_missing", format=form)
    same(read_labels(path), LABELS)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        (HEAD, "no image is labelled"),
        (ROWS, "the first three rows begin with scorer, bodyparts, coords, not ['labeled-data'"),
        (HEAD.replace("coords", "individuals") + ROWS, "labels of several animals, which are not supported yet"),
        ("scorer,a\nindividuals,b\nbodyparts,c\ncoords,x\n", "labels of several animals, which are not supported yet"),
        ("scorer\nbodyparts\ncoords\n", "one is incomplete"),
        (OLD_HEAD.replace("x,y\n", "x\n") + "img3.png,1,2,3,4\n", "one is incomplete"),
        (OLD_HEAD.replace("tail", "snout") + "img3.png,1,2,3,4\n", "a keypoint stands twice in the header"),
        (OLD_HEAD.replace("x,y\n", "x,z\n") + "img3.png,1,2,3,4\n", "keypoint tail has no column y"),
        (HEAD + ROWS + "labeled-data\n", "row 6 names no image"),
        (HEAD + ROWS.replace("40.0", "4O.0"), "row 5, snout y: '4O.0' is not a number"),
        (HEAD + "\n" + ROWS.replace("40.0", "?"), "row 6, snout y: '?' is not a number"),
        (HEAD + ROWS.replace("2.25", '"2,25"'), "row 4, snout y: '2,25' is not a number"),
        (HEAD + ROWS + ROWS.replace("1.5", "1.6"), "img0003.png has more than one row (4 and 6), and they differ"),
        (HEAD + ROWS + "labeled-data\\m1,,img0014.png,1,1,1,1\n", "img0014.png has more than one row"),
        (HEAD + ROWS.replace("30.0", ""), "img0014.png, snout: has one of x and y only"),
    ],
)
def test_each_fault_is_a_sentence_that_names_its_place(tmp_path, text, sentence):
    path = csv(tmp_path, text)
    with pytest.raises(PosemakeError, match=f"^{re.escape(f'{path}: ')}.*{re.escape(sentence)}"):
        read_labels(path)


def test_text_of_no_known_encoding_is_a_sentence(tmp_path):
    path = tmp_path / "CollectedData_jane.csv"
    for content in ((HEAD + ROWS).replace("tail", "\x81").encode("latin-1"), b"PK\x03\x04\0\0scorer,a\n"):
        path.write_bytes(content)
        with pytest.raises(PosemakeError, match=r"jane.csv: is not text in UTF-8"):
            read_labels(path)


def several_animals():
    columns = pd.MultiIndex.from_product(
        [["jane"], ["m1", "m2"], ["snout"], ["x", "y"]], names=["scorer", "individuals", "bodyparts", "coords"]
    )
    return pd.DataFrame([[1.0, 2, 3, 4]], index=["img1.png"], columns=columns)


def half_a_point():
    columns = pd.MultiIndex.from_product([["jane"], ["snout"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    return pd.DataFrame([[1.0, NAN]], index=["img1.png"], columns=columns)


@pytest.mark.parametrize(
    "table, sentence",
    [
        (several_animals(), "labels of several animals, which are not supported yet"),
        (half_a_point(), "img1.png, snout: has one of x and y only"),
        (pd.DataFrame({"a": [1.0]}), "not a label file of DeepLabCut"),
        (None, "not a label file of DeepLabCut"),
    ],
)
def test_each_fault_of_an_hdf5_is_a_sentence(tmp_path, table, sentence):
    path = tmp_path / "CollectedData_jane.h5"
    if table is None:
        path.write_bytes(b"no HDF5")
    else:
        table.to_hdf(path, key="df_with_missing")
    with pytest.raises(PosemakeError, match=f"^{re.escape(f'{path}: {sentence}')}"):
        read_labels(path)


@pytest.mark.parametrize("second", ["CollectedData_joe.csv", "CollectedData_joe.h5"])
def test_labels_of_two_people_are_refused(tmp_path, second):
    csv(tmp_path, HEAD + ROWS)
    (tmp_path / second).touch()
    with pytest.raises(PosemakeError, match=r"several people \(CollectedData_jane.csv, CollectedData_joe"):
        find_label_file(tmp_path)


def test_a_csv_goes_before_its_hdf5_twin(tmp_path):
    assert find_label_file(tmp_path) is None
    (tmp_path / "img0001.png").touch()
    twin = tmp_path / "CollectedData_jane.h5"
    twin.touch()
    assert find_label_file(tmp_path) == twin
    path = csv(tmp_path, HEAD)
    assert find_label_file(tmp_path) == path


def test_an_unknown_keypoint_names_the_nearest():
    with pytest.raises(PosemakeError, match=r"^here.csv: keypoint 'tail' is not in the config; did you mean tail_base\?$"):
        check_keypoints(LABELS, ["snout", "tail_base", "ear"], "here.csv")
    with pytest.raises(PosemakeError, match=r"keypoint 'snout' is not in the config; it has wing, beak$"):
        check_keypoints(LABELS, ("wing", "beak"), "here.csv")
    check_keypoints(LABELS, ["tail", "ear", "snout"], "here.csv")


def test_keypoints_take_the_order_of_the_config():
    xy = reorder(LABELS, ["tail", "ear", "snout"])
    np.testing.assert_array_equal(xy[:, 0], LABELS.xy[:, 1])
    np.testing.assert_array_equal(xy[:, 2], LABELS.xy[:, 0])
    assert np.isnan(xy[:, 1]).all()


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_the_name_of_an_image_gives_its_frame_and_sorts_as_it_does(frame, more):
    frames = frame + more
    assert frame_number(image_name(frame, frames)) == frame
    assert image_name(frame, frames) <= image_name(frames - 1, frames)


def test_an_image_without_a_number_is_refused():
    assert frame_number("2024-01-02_img0071.jpg") == 71
    with pytest.raises(PosemakeError, match=r"best.png: the name of a labelled image ends in the frame's number"):
        frame_number("best.png")


def test_an_hdf5_that_would_run_code_is_refused(tmp_path):
    """PyTables unpickles attributes as it reads them."""
    import tables

    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = tmp_path / "CollectedData_a.h5"
    columns = pd.MultiIndex.from_product([["a"], ["snout"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    pd.DataFrame([[1.0, 2.0]], index=["img0.png"], columns=columns).to_hdf(path, key="df_with_missing")
    assert read_labels(path).xy.tolist() == [[[1.0, 2.0]]]
    with tables.open_file(path, "a") as file:
        file.root.df_with_missing._v_attrs.encoding = Hostile()
    with pytest.raises(PosemakeError, match="holds code"):
        read_labels(path)
    assert not (tmp_path / "ran").exists()


def test_an_hdf5_where_it_cannot_be_read_is_a_sentence(tmp_path, monkeypatch):
    """The environment for labelling has no h5py."""
    monkeypatch.setitem(sys.modules, "h5py", None)
    path = tmp_path / "CollectedData_a.h5"
    path.touch()
    with pytest.raises(PosemakeError, match=r"_a.h5: is HDF5, which cannot be read here \(.*h5py.*\); save the labels as CSV"):
        read_labels(path)


def test_predictions_have_a_likelihood(tmp_path):
    head = "scorer,net,net,net\nbodyparts,snout,snout,snout\ncoords,x,y,likelihood\n"
    labels, likelihood = read_predictions(csv(tmp_path, head + "img0001.png,1,2,0.75\nimg0002.png,3,4,\n"))
    assert (labels.scorer, labels.keypoints, labels.images) == ("net", ("snout",), ("img0001.png", "img0002.png"))
    np.testing.assert_array_equal(labels.xy, [[[1, 2]], [[3, 4]]])
    np.testing.assert_array_equal(likelihood, [[0.75], [NAN]])
    assert read_predictions(csv(tmp_path, head))[0].xy.shape == (0, 1, 2)
    with pytest.raises(PosemakeError, match="keypoint snout has no column likelihood"):
        read_predictions(csv(tmp_path, HEAD + ROWS))
