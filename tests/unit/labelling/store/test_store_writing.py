"""What a store writes."""

import json
import random

import numpy as np
import pandas as pd
import pytest
from fixtures.label_stores import NAN, cells, content, put
from fixtures.labelling import IMAGES, KEYPOINTS, any_cells, labels_of
from hypothesis import given
from hypothesis import strategies as st

from posemake.core.errors import PosemakeError
from posemake.data.label_decisions import make_image_labels, read_decisions
from posemake.data.label_files import Labels, write_labels
from posemake.labelling.store.store import LabelStore

# --- what is written


def test_files_of_a_store(folder, opened):
    store = opened()
    put(store, "img0012.png", (1.5, 2.25), "occluded", "absent")
    put(store, "img0003.png", (7, 8.00049, "accepted"), None, None)
    store.add_seconds("img0003.png", 12.49)
    store.add_seconds("img0099.png", 3)  # was only looked at
    store.close()
    assert (folder / "CollectedData_anna.csv").read_text() == (
        "scorer,,,anna,anna,anna,anna,anna,anna\nbodyparts,,,snout,snout,ear,ear,tail,tail\ncoords,,,x,y,x,y,x,y\n"
        "labeled-data,m1,img0003.png,7.0,8.0,,,,\nlabeled-data,m1,img0012.png,1.5,2.25,,,,\n"
    )
    assert json.loads((folder / "CollectedData_anna.decisions.json").read_text()) == {
        "format": 1,
        "images": {
            "img0003.png": {"snout": "accepted"},
            "img0012.png": {"snout": "placed", "ear": "occluded", "tail": "absent"},
        },
        "seconds": {"img0003.png": 12.5},
    }
    assert sorted(content(folder)) == [f"CollectedData_anna.{end}" for end in ("csv", "decisions.json", "history.jsonl")]
    table = pd.read_csv(folder / "CollectedData_anna.csv", header=[0, 1, 2], index_col=[0, 1, 2])  # as DeepLabCut reads it
    assert table.loc[("labeled-data", "m1", "img0012.png"), ("anna", "snout", "y")] == 2.25


def test_the_history_has_a_line_per_change(folder, opened):
    """Histories are kept for years, so that this form stays."""
    store = opened()
    put(store, "img0003.png", (7, 8.00049, "accepted"), "absent", None, what="first")
    put(store, "img0003.png", (1.5, 2), None, "occluded", what="second")
    store.close()
    lines = (folder / "CollectedData_anna.history.jsonl").read_text().splitlines()
    first, second = (json.loads(line) | {"time": "", "by": ""} for line in lines[:2])
    same = {"time": "", "by": "", "image": "img0003.png"}
    now = {"snout": [7.0, 8.0, "accepted"], "ear": "absent"}
    assert first == {"n": 1, **same, "what": "first", "before": {"snout": None, "ear": None}, "after": now}
    then = {"snout": [1.5, 2.0, "placed"], "ear": None, "tail": "occluded"}
    assert second == {"n": 2, **same, "what": "second", "before": {**now, "tail": None}, "after": then}
    assert lines[2:] == ['{"written": 2, "n": 2}']


def test_what_was_put_is_there_again(opened):
    store = opened()
    put(store, "img0012.png", (1.5, 2.25), "occluded", "absent")
    put(store, "img0003.png", (-0.0, 1 / 3, "accepted"), None, None)
    assert store.unwritten
    store.add_seconds("img0012.png", 2)
    store.close()
    again = opened()
    assert not again.unwritten
    assert again.images() == ["img0003.png", "img0012.png"]
    assert cells(again, "img0012.png") == [(1.5, 2.25, "placed"), "occluded", "absent"]
    assert cells(again, "img0003.png") == [(0.0, 0.333, "accepted"), None, None]
    assert cells(again, "img0004.png") == [None] * 3
    assert [again.done(image) for image in ("img0003.png", "img0012.png", "img0004.png")] == [False, True, False]
    assert [again.decided(image) for image in ("img0003.png", "img0012.png", "img0004.png")] == [1, 3, 0]
    assert (again.seconds("img0012.png"), again.seconds("img0003.png")) == (2, 0)


@given(st.lists(st.tuples(st.sampled_from(IMAGES), st.integers(0, 10**6), st.sampled_from(["", "flush", "reopen"])), max_size=12))
def test_a_store_is_a_dictionary_that_lasts(tmp_path_factory, changes):
    """And its bytes follow from its content alone, as those of write_labels do."""
    folder = tmp_path_factory.mktemp("labels") / "m1"
    store, model = LabelStore(folder, "anna", KEYPOINTS, "m1"), {}
    for image, seed, then in changes:
        model[image] = any_cells(random.Random(seed))
        store.put(image, labels_of(model[image]), "test")
        if then == "flush":
            store.flush()
        if then == "reopen":
            store.close()
            store = LabelStore(folder, "anna", KEYPOINTS, "m1")
        assert {image: cells(store, image) for image in model} == model
    store.close()
    labelled = sorted(image for image, row in model.items() if any(row))
    assert store.images() == labelled
    path = folder / "CollectedData_anna.csv"
    assert path.exists() == bool(labelled)
    if labelled:
        xy = np.array(
            [[cell[:2] if isinstance(cell, tuple) else (NAN, NAN) for cell in model[image]] for image in labelled], float
        )
        write_labels(folder / "expected.csv", Labels("anna", tuple(KEYPOINTS), tuple(labelled), xy), "m1")
        assert path.read_bytes() == (folder / "expected.csv").read_bytes()
        decided = {image: [cell[2] if isinstance(cell, tuple) else cell for cell in model[image]] for image in labelled}
        expected = {image: {part: word for part, word in zip(KEYPOINTS, words) if word} for image, words in decided.items()}
        assert read_decisions(path).images == expected


def test_a_change_of_nothing_writes_nothing(folder, opened):
    store = opened()
    put(store, "img0003.png", (1, 2), "absent", None)
    store.flush()
    before = content(folder)
    put(store, "img0003.png", (1.0001, 2), "absent", None)
    put(store, "img0004.png", None, None, None)
    store.flush()
    assert content(folder) == before


def test_a_change_of_words_alone_leaves_the_label_file(folder, opened):
    """Its time would have the labels collected anew."""
    store = opened()
    put(store, "img0003.png", (1, 2), "absent", "absent")
    store.flush()
    path = folder / "CollectedData_anna.csv"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    put(store, "img0003.png", (1, 2, "accepted"), "occluded", "absent")
    store.flush()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert read_decisions(path).images == {"img0003.png": {"snout": "accepted", "ear": "occluded", "tail": "absent"}}


def test_labels_that_are_all_taken_back_leave_no_label_file(folder, opened):
    store = opened()
    put(store, "img0003.png", (1, 2), None, None)
    store.flush()
    put(store, "img0003.png", None, None, None)
    store.close()
    assert sorted(content(folder)) == ["CollectedData_anna.history.jsonl"]
    assert opened().images() == []


def test_looking_leaves_no_trace(folder, opened):
    store = opened()
    assert folder.is_dir() and not store.read_only
    store.close()
    assert not folder.exists()


def test_impossible_labels_are_refused(opened):
    store = opened()
    with pytest.raises(ValueError, match="has a position"):
        put(store, "img0003.png", (NAN, NAN, "placed"), None, None)
    with pytest.raises(ValueError, match="9 is not a valid Visibility"):
        make_image_labels(np.zeros((3, 2)), [9, 0, 0], [False] * 3)
    with pytest.raises(ValueError, match="labels of 2 keypoints, where there are 3"):
        put(store, "img0003.png", None, None)
    assert store.images() == [] and store.history() == []
    with pytest.raises(PosemakeError, match=r"scorer: '\.\./anna' becomes part of a file's name"):
        opened(scorer="../anna")


def test_an_image_is_copied_once(tmp_path, folder, opened):
    store, source = opened(), tmp_path / "img0003.png"
    source.write_bytes(b"first")
    store.add_image(source)
    source.write_bytes(b"second")
    store.add_image(source)
    assert (folder / "img0003.png").read_bytes() == b"first"
    with pytest.raises(PosemakeError, match=r"img0009.png: the image cannot be copied from .*img0009.png"):
        store.add_image(tmp_path / "img0009.png")
