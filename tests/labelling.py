"""Processes that label until they die, for tests of what is left then."""

import multiprocessing
import os
import random
import sys
from multiprocessing import forkserver
from unittest import mock

import numpy as np

from posemake.label_store import LabelStore

KEYPOINTS = ["snout", "ear", "tail"]
IMAGES = [f"img{i:04d}.png" for i in range(4)]
WORDS = ["placed", "accepted", "occluded", "absent", None]
CALLS = ("write", "fsync", "replace", "unlink", "ftruncate")


def processes():
    """Starts processes quickly, with this module imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["labelling"])
    with mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):  # it has no other way to find the module
        forkserver.ensure_running()
    return context


def any_labels(rng):
    """Random decisions, and positions for all keypoints."""
    return np.array([[rng.randrange(6400) / 100, rng.randrange(4800) / 100] for _ in KEYPOINTS]), rng.choices(
        WORDS, k=len(KEYPOINTS)
    )


def label(folder, seed, count, told):
    """Change labels, and send each change before it begins and, once it is made, a second time."""
    rng = random.Random(seed)
    store = LabelStore(folder, "anna", KEYPOINTS, "m1")
    for _ in range(count):
        image, (xy, words) = rng.choice(IMAGES), any_labels(rng)
        told.send((image, xy.tolist(), words))
        store.put(image, xy, words, "test")
        told.send(None)
        if rng.random() < 0.4:
            store.flush()
    store.close()
    told.send("closed")


def label_until_call(folder, seed, number, told):
    """Label, and die in a call of the system, counted from 1; of a writing, half is done."""
    calls = 0

    def dying(call, name):
        def wrapper(*arguments, **settings):
            nonlocal calls
            calls += 1
            if calls == number:
                if name == "write":
                    call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os._exit(1)
            return call(*arguments, **settings)

        return wrapper

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name), name))
    label(folder, seed, 8, told)


def received(pipe):
    """The changes that a process made, the one that it was about to make if it died there, and whether it came to its end."""
    made, begun = [], None
    try:
        while (message := pipe.recv()) != "closed":
            if message is None:
                made.append(begun)
                begun = None
            else:
                begun = message
        return made, None, True
    except EOFError:
        return made, begun, False
