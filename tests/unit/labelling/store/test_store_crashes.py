"""Crashes, and a full disk."""

import contextlib
import errno
import os
import random
import signal
import time

import pytest
from fixtures.label_stores import cells, content, crashed, other_tool, put
from fixtures.labelling import IMAGES, KEYPOINTS, label, label_until_call, processes, received

from posemake.core.errors import PosemakeError
from posemake.data.label_decisions import read_decisions
from posemake.data.label_files import read_labels
from posemake.labelling.store.store import LabelStore

# --- crashes


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
    for image, row in changes:
        model[image] = row
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
            before = [(image, cells(store, image)) for image in store.images()]
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=label, args=(folder, round_, 10**6, sender), daemon=True)
        process.start()
        sender.close()
        receiver.poll(30)
        end = time.monotonic() + rng.uniform(0, 0.06)
        while time.monotonic() < end:  # readable at any time
            path = folder / "CollectedData_anna.csv"
            if path.exists():
                with contextlib.suppress(FileNotFoundError):  # all labels were taken back just now
                    read_labels(path)
        os.kill(process.pid, signal.SIGKILL)
        made, begun, ended = received(receiver)
        process.join()
        killed += not ended
        assert_nothing_is_lost(folder, [*before, *made], begun)
    assert killed == 30


@pytest.mark.parametrize("imported", [False, True])
def test_death_in_each_call_of_the_system(tmp_path, imported):
    context = processes()
    number, ended = 0, False
    base = [(image, [(1.0, 2.0, "placed")] * 3) for image in IMAGES] if imported else []
    while not ended:
        number += 1
        folder = tmp_path / str(number)
        if imported:
            other_tool(folder, {image: [cell[:2] for cell in row] for image, row in base})
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=label_until_call, args=(folder, 3, number, sender), daemon=True)
        process.start()
        sender.close()
        made, begun, ended = received(receiver)
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
    assert [entry.after["snout"].position[0] for entry in store.history()] == [1, 5]
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
