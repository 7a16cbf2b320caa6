import numpy as np
import pandas as pd

from posemake.core.tables import write_rows
from posemake.data.label_table import KEY_COLUMNS, LabelTable, read_label_table, read_labelled, write_label_table
from posemake.data.visibility import Visibility

NAN = float("nan")
KEYS = pd.DataFrame([[0, "007", "img0012.png", 12], [3, "m1", "img0003.png", 3]], columns=KEY_COLUMNS)
XY = np.array([[[1.5, 2.25], [NAN, NAN]], [[NAN, NAN], [NAN, NAN]]])
VISIBILITY = np.array([[Visibility.VISIBLE, Visibility.ABSENT], [Visibility.OCCLUDED, Visibility.NOT_LABELLED]], np.int8)
TABLE = LabelTable(KEYS, ["snout", "tail.x"], XY, VISIBILITY)


def test_a_table_that_is_written_is_read_again(tmp_path):
    write_label_table(tmp_path / "labels.csv", TABLE)
    read = read_label_table(tmp_path / "labels.csv")
    pd.testing.assert_frame_equal(read.keys, KEYS)
    assert read.keypoints == TABLE.keypoints
    np.testing.assert_array_equal(read.xy, XY)
    np.testing.assert_array_equal(read.visibility, VISIBILITY)
    assert read.visibility.dtype == np.int8


def test_each_keypoint_has_three_columns(tmp_path):
    write_label_table(tmp_path / "labels.csv", LabelTable(KEYS, ["a", "b"], XY, VISIBILITY))
    assert (tmp_path / "labels.csv").read_text() == (
        "round,video,image,frame,a.x,a.y,a.visibility,b.x,b.y,b.visibility\n"
        "0,007,img0012.png,12,1.5,2.25,2,,,3\n"
        "3,m1,img0003.png,3,,,1,,,0\n"
    )


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    write_label_table(tmp_path / "labels.csv", LabelTable(KEYS[:0], ["a", "b"], XY[:0], VISIBILITY[:0]))
    read = read_label_table(tmp_path / "labels.csv")
    assert read.keypoints == ["a", "b"] and read.xy.shape == (0, 2, 2) and read.visibility.shape == (0, 2)


def test_labelled_frames_have_their_images_and_parts(tmp_path):
    write_label_table(tmp_path / "labels.csv", TABLE)
    split = [["007", "img0012.png", 12, "007/0", "train"], ["m1", "img0003.png", 3, "m1/0", "test"]]
    write_rows(tmp_path / "split.csv", ["video", "image", "frame", "unit", "part"], split)
    labelled = read_labelled(tmp_path / "labels.csv", tmp_path / "split.csv", "labels")
    assert labelled.paths.tolist() == ["labels/round-0/007/img0012.png", "labels/round-3/m1/img0003.png"]
    assert labelled.parts.tolist() == ["train", "test"]
    np.testing.assert_array_equal(labelled.visibility, VISIBILITY)
