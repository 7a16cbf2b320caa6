import contextlib
import errno
import json
import os
import random
import shutil
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelling import IMAGES, KEYPOINTS, any_labels, label, label_until_call, processes, received

from posemake import label_lock
from posemake.label_decisions import read_decisions
from posemake.label_store import ChangedOnDisk, LabelStore
from posemake.labels import Labels, read_labels, write_labels
from posemake.log import PosemakeError

NAN = float("nan")
NOTHING = (np.full((3, 2), NAN), [None] * 3)
SEEN = {"placed", "accepted"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "labels/round-0/m1"


@pytest.fixture
def opened(folder):
    """Opens stores on the folder, and closes them at the end."""
    stores = []

    def open_store(keypoints=KEYPOINTS, scorer="anna", **settings):
        stores.append(LabelStore(folder, scorer, keypoints, "m1", **settings))
        return stores[-1]

    yield open_store
    for store in stores:
        if not store.read_only:
            store.close()


def put(store, image, *cells, what="test"):
    """Change an image: (x, y) or (x, y, decision) for a point, a word or None for none."""
    xy = [cell[:2] if isinstance(cell, tuple) else (NAN, NAN) for cell in cells]
    words = [(*cell, "placed")[2] if isinstance(cell, tuple) else cell for cell in cells]
    store.put(image, np.array(xy, float), words, what)


def cells(store, image):
    """What ``put`` was given."""
    xy, words = store.get(image)
    return [(*point, word) if word in SEEN else word for point, word in zip(xy.tolist(), words)]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def other_tool(folder, rows, keypoints=KEYPOINTS, scorer="anna"):
    """Write a label file as another tool would: {image: x, y of each keypoint}."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"CollectedData_{scorer}.csv"
    xy = np.array(list(rows.values()), float).reshape(len(rows), len(keypoints), 2)
    write_labels(path, Labels(scorer, tuple(keypoints), tuple(rows), xy), "m1")
    return path


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
        xy, words = any_labels(random.Random(seed))
        store.put(image, xy, words, "test")
        model[image] = [(*point, word) if word in SEEN else word for point, word in zip(xy.tolist(), words)]
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
    with pytest.raises(ValueError, match="'hidden' is no decision"):
        put(store, "img0003.png", "hidden", None, None)
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
        {"snout": (1, 2, "placed"), "tail": None},
        {"snout": (5, 6, "placed"), "tail": "occluded"},
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


# --- two at a time


def test_the_second_reads_only_and_names_the_first(opened, folder):
    first, second = opened(), opened()
    assert not first.read_only and second.read_only
    user, host = label_lock.whoami().split("@")
    assert second.why_read_only.startswith(f"{user} on {host} labels this folder since {time.strftime('%H:')}")
    assert second.why_read_only.endswith(f"remove {folder / 'CollectedData_anna.lock'}")
    put(first, "img0001.png", (1, 2), None, None)
    with pytest.raises(PosemakeError, match=f"m1: nothing is changed: {user} on {host} labels"):
        put(second, "img0001.png", (3, 4), None, None)
    with pytest.raises(PosemakeError, match="nothing is changed"):
        second.add_image(folder / "img0001.png")
    second.claim()
    assert second.read_only
    assert cells(second, "img0001.png")[0] == (1, 2, "placed")  # from the history
    first.close()
    with pytest.raises(PosemakeError, match="nothing is changed: the labels were closed"):
        put(first, "img0001.png", (3, 4), None, None)
    second.claim()
    assert not second.read_only and second.why_read_only == ""
    put(second, "img0001.png", (3, 4), None, None)


def test_a_store_to_look_at_takes_no_lock(opened, folder):
    other_tool(folder, {"img0001.png": [1, 2] * 3})
    looking = opened(read_only=True)
    assert looking.read_only and not opened().read_only
    assert looking.images() == ["img0001.png"]


def test_the_lock_of_a_dead_process_is_taken_over(opened, folder):
    context = processes()
    pipe, told = context.Pipe(duplex=False)
    process = context.Process(target=label, args=(folder, 1, 10**6, told), daemon=True)
    process.start()
    told.close()
    pipe.poll(30)
    assert opened().read_only
    process.kill()
    process.join()
    store = opened()
    assert not store.read_only
    put(store, "img0001.png", (1, 2), None, None)


def owned_by(folder, **owner):
    """Put a lock into the folder, of a process that lives unless the arguments say otherwise."""
    me = {"user": "joe", "host": label_lock.socket.gethostname(), "pid": os.getpid(), "since": "2026-05-01 14:02"}
    me["started"] = label_lock._started(os.getpid())
    folder.mkdir(parents=True)
    (folder / "CollectedData_anna.lock").write_text(json.dumps(me | owner))


def test_the_lock_of_another_computer_is_not_taken(opened, folder):
    owned_by(folder, host="lab-pc", pid=2**22 + 1)  # a number that no process here has
    assert opened().why_read_only.startswith("joe on lab-pc labels this folder since 2026-05-01 14:02; if that is over, remove")


def test_the_lock_of_a_living_process_is_not_taken(opened, folder):
    owned_by(folder)
    assert opened().why_read_only.startswith("joe on ")


def test_a_process_that_got_the_number_of_a_dead_one_is_not_its_owner(opened, folder):
    owned_by(folder, started="1")
    assert not opened().read_only


@pytest.mark.parametrize("text", ["", "{", "[]", '{"user": "joe"}'])
def test_a_lock_that_names_nobody_is_not_taken(opened, folder, text):
    folder.mkdir(parents=True)
    (folder / "CollectedData_anna.lock").write_text(text)
    assert opened().why_read_only.startswith("somebody labels this folder; if that is over, remove ")


def test_of_many_that_find_a_dead_owner_one_gets_the_lock(folder):
    folder.mkdir(parents=True)
    for _ in range(20):
        owned_by(folder / "inner", started="1")
        locks = [label_lock.Lock(folder / "inner/CollectedData_anna.lock") for _ in range(8)]
        barrier = threading.Barrier(len(locks))
        answers = {}

        def take(lock, barrier=barrier, answers=answers):
            barrier.wait()
            answers[lock] = lock.take()

        threads = [threading.Thread(target=take, args=(lock,)) for lock in locks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(lock.held() for lock in locks) == 1
        assert all(lock.held() == (not answers[lock]) for lock in locks)
        shutil.rmtree(folder / "inner")


def test_who_lost_the_lock_writes_no_more(opened, folder):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    (folder / "CollectedData_anna.lock").unlink()
    other = opened()
    assert not other.read_only and cells(other, "img0001.png")[0] == (1, 2, "placed")
    with pytest.raises(PosemakeError, match=r"CollectedData_anna.lock was removed or is another's by now"):
        put(store, "img0001.png", (3, 4), None, None)
    assert store.read_only
    store.claim()
    assert store.read_only and not other.read_only
    put(other, "img0001.png", (5, 6), None, None)


def test_a_folder_that_may_not_be_written_is_shown(opened, folder, monkeypatch):
    path = other_tool(folder, {"img0001.png": [1, 2] * 3})
    real = os.open

    def refusing(name, flags, *rest, **settings):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, flags, *rest, **settings)

    monkeypatch.setattr(os, "open", refusing)
    store = opened()
    assert store.read_only and store.why_read_only == f"{folder} cannot be written (Permission denied)"
    assert store.images() == ["img0001.png"] and path.exists()


# --- changes from outside


def test_a_file_that_changed_is_not_overwritten(folder, opened):
    store = opened()
    put(store, "img0001.png", (1, 2), (3, 4), None)
    put(store, "img0002.png", (1, 2), None, None)
    store.flush()
    put(store, "img0001.png", (1, 2), (30, 40), "absent")  # in the history, not in the label file
    path = other_tool(folder, {"img0001.png": [1, 2, 33, 44, NAN, NAN], "img0002.png": [7, 8, NAN, NAN, NAN, NAN]})
    theirs = path.read_bytes()
    with pytest.raises(ChangedOnDisk, match=r"CollectedData_anna.csv: another tool changed it since it was read"):
        put(store, "img0003.png", (5, 6), None, None)
    with pytest.raises(ChangedOnDisk):
        store.flush()
    assert path.read_bytes() == theirs
    assert cells(store, "img0003.png") == [None] * 3
    gone = store.reload()
    assert [(entry.number, entry.refused) for entry in gone] == [(3, {"ear"})]
    assert cells(store, "img0001.png") == [(1, 2, "placed"), (33, 44, "placed"), "absent"]
    assert cells(store, "img0002.png") == [(7, 8, "placed"), None, None]
    assert cells(store, "img0003.png") == [None] * 3
    put(store, "img0004.png", (1, 1), None, None)
    store.close()
    store = opened()
    assert cells(store, "img0001.png") == [(1, 2, "placed"), (33, 44, "placed"), "absent"]
    assert store.images() == ["img0001.png", "img0002.png", "img0004.png"]
    assert [(entry.number, entry.refused) for entry in store.history() if entry.refused] == [(3, {"ear"}), (4, {"snout"})]
    store.restore(3)
    store.restore(4)
    assert cells(store, "img0001.png") == [(1, 2, "placed"), (30, 40, "placed"), "absent"]
    assert cells(store, "img0003.png") == [(5, 6, "placed"), None, None]


def test_a_file_that_was_removed_is_not_written_again_unasked(folder, opened):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    store.flush()
    (folder / "CollectedData_anna.csv").unlink()
    with pytest.raises(ChangedOnDisk):
        put(store, "img0002.png", (1, 2), None, None)
    store.reload()
    assert store.images() == []


def test_a_file_that_was_only_touched_is_the_same(folder, opened):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    store.flush()
    path = folder / "CollectedData_anna.csv"
    copy = path.read_bytes()
    path.unlink()
    path.write_bytes(copy)
    os.utime(path, (1, 1))
    put(store, "img0002.png", (1, 2), None, None)
    store.flush()
    assert read_labels(path).images == ("img0001.png", "img0002.png")


def test_an_edit_of_the_same_size_is_seen(folder, opened):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    store.flush()
    path = folder / "CollectedData_anna.csv"
    stat = path.stat()
    path.write_text(path.read_text().replace("1.0,2.0", "1.0,3.0"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    with pytest.raises(ChangedOnDisk):
        put(store, "img0001.png", (4, 4), None, None)


def test_a_file_with_more_digits_is_rounded_and_not_taken_for_changed(folder, opened):
    """A crash after that would otherwise see a change from outside."""
    other_tool(folder, {"img0001.png": [1, 2, 3, 4, 5, 6]})
    path = folder / "CollectedData_anna.csv"
    path.write_text(path.read_text().replace("1.0,2.0", "1.23456,2.0"))
    store = opened()
    put(store, "img0001.png", (1.23456, 2), (9, 9), (5, 6))
    store.flush()
    put(store, "img0001.png", (8, 8), (9, 9), (5, 6))
    crashed(store)
    assert cells(opened(), "img0001.png") == [(8, 8, "placed"), (9, 9, "placed"), (5, 6, "placed")]


# --- crashes


def crashed(store):
    """Leave a store as a process that dies does; the lock goes, as the process of the test lives on."""
    store._journal.close()
    store._lock.release()
    store.read_only = True


def test_what_was_not_flushed_comes_from_the_history(folder, opened):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    put(store, "img0001.png", (1, 2), "absent", None)
    crashed(store)
    assert not (folder / "CollectedData_anna.csv").exists()
    assert opened(read_only=True).images() == ["img0001.png"]
    assert not (folder / "CollectedData_anna.csv").exists()
    store = opened()
    assert cells(store, "img0001.png") == [(1, 2, "placed"), "absent", None]
    assert read_labels(folder / "CollectedData_anna.csv").images == ("img0001.png",)
    assert read_decisions(folder / "CollectedData_anna.csv").images == {"img0001.png": {"snout": "placed", "ear": "absent"}}


def replayed(changes):
    model = {}
    for image, xy, words in changes:
        model[image] = [(*point, word) if word in SEEN else word for point, word in zip(xy, words)]
    return {image: row for image, row in model.items() if any(row)}


def assert_nothing_is_lost(folder, made, begun):
    """Each change that was made is there; the one that had begun is, or is not."""
    path = folder / "CollectedData_anna.csv"
    if path.exists():
        read_labels(path)
        read_decisions(path)
    store = LabelStore(folder, "anna", KEYPOINTS, "m1")
    assert not store.read_only, store.why_read_only
    found = {image: cells(store, image) for image in store.images()}
    assert found in [replayed(made), replayed([*made, begun] if begun else made)]
    assert not any(entry.refused for entry in store.history())
    store.close()
    again = LabelStore(folder, "anna", KEYPOINTS, "m1", read_only=True)
    assert not again.unwritten and {image: cells(again, image) for image in again.images()} == found
    assert path.exists() == bool(found)


def test_kill_at_any_time(tmp_path):
    rng = random.Random(1)
    context = processes()
    killed = 0
    for round_ in range(30):
        folder = tmp_path / f"{round_ // 3}"  # each third process goes on where one was killed
        before = []
        if folder.exists():
            store = LabelStore(folder, "anna", KEYPOINTS, "m1", read_only=True)
            before = [(image, *map(list, store.get(image))) for image in store.images()]
            before = [(image, [list(point) for point in xy], words) for image, xy, words in before]
        pipe, told = context.Pipe(duplex=False)
        process = context.Process(target=label, args=(folder, round_, 10**6, told), daemon=True)
        process.start()
        told.close()
        pipe.poll(30)
        end = time.monotonic() + rng.uniform(0, 0.06)
        while time.monotonic() < end:  # readable at any time
            path = folder / "CollectedData_anna.csv"
            if path.exists():
                with contextlib.suppress(FileNotFoundError):  # all labels were taken back just now
                    read_labels(path)
        os.kill(process.pid, signal.SIGKILL)
        made, begun, ended = received(pipe)
        process.join()
        killed += not ended
        assert_nothing_is_lost(folder, [*before, *made], begun)
    assert killed == 30


@pytest.mark.parametrize("imported", [False, True])
def test_death_in_each_call_of_the_system(tmp_path, imported):
    context = processes()
    number, ended = 0, False
    base = [(image, [[1.0, 2.0]] * 3, ["placed"] * 3) for image in IMAGES] if imported else []
    while not ended:
        number += 1
        folder = tmp_path / str(number)
        if imported:
            other_tool(folder, {image: xy for image, xy, _ in base})
        pipe, told = context.Pipe(duplex=False)
        process = context.Process(target=label_until_call, args=(folder, 3, number, told), daemon=True)
        process.start()
        told.close()
        made, begun, ended = received(pipe)
        process.join()
        store = LabelStore(folder, "anna", KEYPOINTS, "m1", read_only=True)
        store.claim()
        if store.read_only:  # died while it wrote the lock, which names nobody then and is a person's to remove
            assert store.why_read_only.startswith("somebody labels") and not made and not begun
            (folder / "CollectedData_anna.lock").unlink()
        crashed(store)
        assert_nothing_is_lost(folder, [*base, *made], begun)
    assert number > 40


# --- a full disk


@pytest.fixture
def disk(monkeypatch):
    """A disk that is full while ``disk.full`` names calls of the system; half of what is to be written still finds room."""

    class Disk:
        full = ()

    def filling(call, name):
        def wrapper(*arguments, **settings):
            if name in Disk.full:
                if name == "write" and len(arguments[1]) > 1:
                    return call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*arguments, **settings)

        return wrapper

    for name in ("write", "replace", "fsync", "ftruncate"):
        monkeypatch.setattr(os, name, filling(getattr(os, name), name))
    return Disk


@pytest.mark.parametrize("full", [("write",), ("fsync",), ("write", "ftruncate"), ("fsync", "ftruncate")])
def test_a_change_that_finds_no_room_is_not_made(folder, opened, disk, full):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    store.flush()
    before = content(folder)
    disk.full = full
    for _ in range(2):
        with pytest.raises(PosemakeError, match=r"history.jsonl: the change was not made, as it cannot be saved \(No space left"):
            put(store, "img0001.png", (3, 4), None, None)
    assert cells(store, "img0001.png")[0] == (1, 2, "placed")
    disk.full = ()
    if "ftruncate" not in full:
        assert content(folder) == before
    put(store, "img0001.png", (5, 6), None, None)
    assert [entry.after["snout"][0] for entry in store.history()] == [1, 5]
    store.close()
    assert cells(opened(), "img0001.png")[0] == (5, 6, "placed")


@pytest.mark.parametrize("full", [("write",), ("fsync",), ("replace",)])
def test_a_label_file_that_finds_no_room_stays(folder, opened, disk, full):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    store.flush()
    put(store, "img0001.png", (3, 4), None, None)
    before = content(folder)
    disk.full = full
    with pytest.raises(PosemakeError, match=r"anna.csv: cannot be written \(No space left on device\); the labels are safe in"):
        store.flush()
    assert content(folder) == before and store.unwritten
    with pytest.raises(PosemakeError, match="cannot be written"):
        store.close()
    disk.full = ()
    store = opened()
    assert cells(store, "img0001.png")[0] == (3, 4, "placed") and not store.unwritten
    assert read_labels(folder / "CollectedData_anna.csv").xy[0, 0].tolist() == [3, 4]


def test_a_store_goes_on_when_there_is_room_again(folder, opened, disk):
    store = opened()
    put(store, "img0001.png", (1, 2), None, None)
    disk.full = ("replace",)
    with pytest.raises(PosemakeError, match="cannot be written"):
        store.flush()
    put(store, "img0002.png", (1, 2), None, None)
    disk.full = ()
    store.flush()
    assert read_labels(folder / "CollectedData_anna.csv").images == ("img0001.png", "img0002.png")


def test_an_image_that_finds_no_room_is_not_there(tmp_path, folder, opened, disk):
    store, source = opened(), tmp_path / "img0001.png"
    source.write_bytes(b"an image")
    disk.full = ("write",)
    with pytest.raises(PosemakeError, match="the image cannot be copied"):
        store.add_image(source)
    assert "img0001.png" not in content(folder)


def test_a_lock_that_finds_no_room_is_not_there(folder, opened, disk):
    other_tool(folder, {"img0001.png": [1, 2] * 3})
    disk.full = ("fsync",)
    store = opened()
    assert store.why_read_only == f"{folder} cannot be written (No space left on device)"
    assert sorted(content(folder)) == ["CollectedData_anna.csv"]
