"""Files of others, and the history."""

import pandas as pd
import pytest
from fixtures.label_stores import NAN, cells, content, other_tool, put
from fixtures.labelling import IMAGES, KEYPOINTS

from posemake.core.errors import PosemakeError
from posemake.data.label_decisions import KeypointLabel
from posemake.data.label_files import read_labels
from posemake.data.visibility import Visibility
from posemake.labelling.store import lock as label_lock

# --- files of others


def test_a_label_file_without_decisions_is_done(folder, opened):
    other_tool(folder, {"img0012.png": [1, 2, NAN, NAN, 5, 6], "img0003.png": [NAN] * 6})
    before = content(folder)
    store = opened()
    assert cells(store, "img0012.png") == [(1, 2, "placed"), "occluded", (5, 6, "placed")]
    assert cells(store, "img0003.png") == ["occluded"] * 3
    assert store.done("img0012.png") and store.done("img0003.png")
    store.close()
    assert content(folder) == before  # not written before the first change
    store = opened()
    put(store, "img0005.png", (1, 1), None, None)
    store.close()
    store = opened()
    assert store.done("img0003.png") and not store.done("img0005.png")


def test_a_label_file_in_hdf5_goes_on_as_csv(folder, opened):
    folder.mkdir(parents=True)
    columns = pd.MultiIndex.from_product([["anna"], KEYPOINTS[:1], ["x", "y"]], names=["scorer", "bodyparts", "coords"])
    table = pd.DataFrame([[1.0, 2.0]], index=["img0001.png"], columns=columns)
    table.to_hdf(folder / "CollectedData_anna.h5", key="df_with_missing")
    store = opened()
    assert cells(store, "img0001.png") == [(1, 2, "placed"), "occluded", "occluded"]
    put(store, "img0001.png", (3, 4), "occluded", "occluded")
    store.close()
    assert cells(opened(), "img0001.png")[0] == (3, 4, "placed")


def test_keypoints_that_the_config_does_not_have_stay(folder, opened):
    path = other_tool(folder, {"img0001.png": [1, 2, 3, 4]}, ["wing", "tail"])
    store = opened()
    assert cells(store, "img0001.png") == ["occluded", "occluded", (3, 4, "placed")]
    put(store, "img0001.png", (9, 9), "occluded", (3, 4))
    store.close()
    labels = read_labels(path)
    assert labels.keypoints == ("snout", "ear", "tail", "wing")
    assert labels.xy[0, 3].tolist() == [1, 2]
    assert cells(opened(), "img0001.png") == [(9, 9, "placed"), "occluded", (3, 4, "placed")]


def test_a_keypoint_that_the_config_got_later_is_open(opened):
    store = opened(KEYPOINTS[:2])
    put(store, "img0001.png", (1, 2), "absent")
    assert store.done("img0001.png")
    store.close()
    store = opened()
    assert cells(store, "img0001.png") == [(1, 2, "placed"), "absent", None]
    assert not store.done("img0001.png")


def test_edits_of_another_tool_count_in_the_end(folder, opened):
    store = opened()
    put(store, "img0001.png", (1, 2, "accepted"), (3, 4), "absent")
    put(store, "img0002.png", (1, 2), None, None)
    store.close()
    other_tool(folder, {"img0001.png": [7, 8, NAN, NAN, 5, 6], "img0002.png": [1, 2, 3, 4, NAN, NAN], "img0003.png": [NAN] * 6})
    store = opened()
    assert cells(store, "img0001.png") == [(7, 8, "accepted"), "occluded", (5, 6, "placed")]
    assert cells(store, "img0002.png") == [(1, 2, "placed"), (3, 4, "placed"), None]
    assert cells(store, "img0003.png") == ["occluded"] * 3  # a row of the other tool is done


def test_a_copy_that_is_put_back_stays(folder, opened):
    """The history does not make the changes anew that somebody took back on purpose."""
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    store.close()
    before = content(folder)
    store = opened()
    put(store, "img0001.png", (3, 4), None, None)
    store.close()
    for name in ("CollectedData_anna.csv", "CollectedData_anna.decisions.json"):
        (folder / name).write_bytes(before[name])
    store = opened()
    assert cells(store, "img0001.png")[0] == (1, 2, "placed")
    store.restore(2)
    assert cells(store, "img0001.png")[0] == (3, 4, "placed")


def test_other_scorers_are_named_and_left_alone(folder, opened):
    path = other_tool(folder, {"img0001.png": [1, 2] * 3}, scorer="joe")
    before = path.read_bytes()
    store, joe = opened(), opened(scorer="joe")
    assert not store.read_only and not joe.read_only
    assert store.others() == ["joe"] and store.images() == []
    put(store, "img0001.png", (5, 6), None, None)
    store.close()
    assert path.read_bytes() == before and joe.others() == ["anna"]


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 1, "images": {"img0001.png": 3}}', "is damaged"),
        ('{"format": 2, "images": {}}', "is of format 2"),
        ('{"format": 1, "images": {"img0001.png": {"snout": "hidden"}}}', "img0001.png, snout: 'hidden' is none of placed"),
    ],
)
def test_damaged_decisions_are_a_sentence(folder, opened, text, sentence):
    other_tool(folder, {"img0001.png": [1, 2] * 3})
    (folder / "CollectedData_anna.decisions.json").write_text(text)
    with pytest.raises(PosemakeError, match=f"CollectedData_anna.decisions.json: {sentence}"):
        opened()
    (folder / "CollectedData_anna.decisions.json").unlink()
    assert not opened().read_only  # the lock was given back


# --- the history


def test_history_and_restore(opened):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None, what="place snout")
    put(store, "img0002.png", None, "absent", None)
    put(store, "img0001.png", (1, 2), (3, 4), None, what="place ear")
    store.close()
    store = opened()
    put(store, "img0001.png", (5, 6), (3, 4), "occluded", what="more")
    entries = store.history()
    assert [(e.number, e.image, e.what) for e in entries] == [
        (1, "img0001.png", "place snout"),
        (2, "img0002.png", "test"),
        (3, "img0001.png", "place ear"),
        (4, "img0001.png", "more"),
    ]
    assert (entries[3].before, entries[3].after) == (
        {"snout": KeypointLabel(Visibility.VISIBLE, (1, 2)), "tail": KeypointLabel()},
        {"snout": KeypointLabel(Visibility.VISIBLE, (5, 6)), "tail": KeypointLabel(Visibility.OCCLUDED)},
    )
    assert all(e.by == label_lock.whoami() and e.time[:2] == "20" for e in entries)
    store.restore(1)
    assert cells(store, "img0001.png") == [(1, 2, "placed"), None, None]
    store.restore(4)
    assert cells(store, "img0001.png") == [(5, 6, "placed"), (3, 4, "placed"), "occluded"]
    assert cells(store, "img0002.png") == [None, "absent", None]
    assert [e.what for e in store.history()[4:]] == ["restore 1", "restore 4"]
    with pytest.raises(PosemakeError, match=r"history.jsonl: has no change number 9"):
        store.restore(9)


def test_restore_knows_what_was_there_before_the_history(folder, opened):
    other_tool(folder, {"img0001.png": [1, 2, 3, 4, 5, 6]})
    store = opened()
    put(store, "img0001.png", (9, 9), (3, 4), (5, 6))
    put(store, "img0001.png", (9, 9), "absent", (5, 6))
    store.restore(1)
    assert cells(store, "img0001.png") == [(9, 9, "placed"), (3, 4, "placed"), (5, 6, "placed")]


@pytest.mark.parametrize("tail", [b'{"n": 3, "ti', b"\x00\xff", b'{"n": 3, "time": 1, "by": 2, "image": "img0009.png"}'])
def test_a_torn_last_line_is_cut_off(folder, opened, tail):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    put(store, "img0002.png", (1, 2), None, None)
    store.close()
    path = folder / "CollectedData_anna.history.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    store = opened()
    assert len(store.history()) == 2 and store.images() == IMAGES[1:3]
    put(store, "img0003.png", (1, 2), None, None)
    assert path.read_bytes().startswith(whole + b'{"n": 3')
    assert [entry.number for entry in store.history()] == [1, 2, 3]


def test_a_damaged_line_costs_only_itself(folder, opened):
    store = opened()
    for image in IMAGES[:3]:
        put(store, image, (1, 2), None, None)
    store.close()
    path = folder / "CollectedData_anna.history.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "no JSON", *lines[2:]]) + "\n")
    store = opened()
    assert [entry.number for entry in store.history()] == [1, 3]
    put(store, "img0003.png", (1, 2), None, None)
    assert store.history()[-1].number == 4
