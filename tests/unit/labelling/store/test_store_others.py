"""Two at a time, and changes from outside."""

import errno
import json
import os
import shutil
import threading
import time

import pytest
from fixtures.label_stores import NAN, cells, crashed, other_tool, put
from fixtures.labelling import label, processes

from posemake.core.errors import PosemakeError
from posemake.data.label_files import read_labels
from posemake.labelling.store import lock as label_lock
from posemake.labelling.store.store import ChangedOnDisk

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
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=label, args=(folder, 1, 10**6, sender), daemon=True)
    process.start()
    sender.close()
    receiver.poll(30)
    assert opened().read_only
    process.kill()
    process.join()
    store = opened()
    assert not store.read_only
    put(store, "img0001.png", (1, 2), None, None)


def owned_by(folder, **owner):
    """Put a lock into the folder, of a process that lives unless the arguments say otherwise."""
    me = {"user": "joe", "host": label_lock.socket.gethostname(), "pid": os.getpid(), "since": "2026-05-01 14:02"}
    me["started"] = label_lock.process_start(os.getpid())
    folder.mkdir(parents=True)
    (folder / "CollectedData_anna.lock").write_text(json.dumps(me | owner))


def test_the_lock_of_another_computer_is_not_taken(opened, folder):
    owned_by(folder, host="lab-pc", pid=2**22 + 1)  # a number that no process here has
    assert opened().why_read_only.startswith("joe on lab-pc labels this folder since 2026-05-01 14:02; if that is over, remove")


def test_the_lock_of_a_living_process_is_not_taken(opened, folder):
    owned_by(folder)
    assert opened().why_read_only.startswith("joe on ")


def test_a_process_that_got_the_number_of_a_dead_one_is_not_its_owner(opened, folder):
    owned_by(folder, started=1.0)
    assert not opened().read_only


def test_a_lock_of_an_earlier_version_is_not_taken_while_its_process_lives(opened, folder):
    owned_by(folder, started="1234567")
    assert opened().why_read_only.startswith("joe on ")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"user": "joe"}'])
def test_a_lock_that_names_nobody_is_not_taken(opened, folder, text):
    folder.mkdir(parents=True)
    (folder / "CollectedData_anna.lock").write_text(text)
    assert opened().why_read_only.startswith("somebody labels this folder; if that is over, remove ")


def test_of_many_that_find_a_dead_owner_one_gets_the_lock(folder):
    folder.mkdir(parents=True)
    for _ in range(20):
        owned_by(folder / "inner", started=1.0)
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
