"""Checkpoints: the state of a training on the disk, from which an interrupted training resumes.

A file is a SHA-256 digest and the bytes that it belongs to: a ``torch.save`` of tensors and plain values, read without running
code from it. So a file that is truncated or damaged is noticed, and ignored.
"""

import hashlib
import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posemake.core.atomic import atomic_write, write_bytes
from posemake.core.digests import file_digest
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.versions import TRAINING, package_versions

DIGEST_BYTES = 32
SECONDS_BETWEEN = 60.0  # between checkpoints: an interruption costs at most this much, and writing takes well under a second


def training_digest(settings: dict[str, Any], code: str, network: torch.nn.Module, arrays: Sequence[np.ndarray]) -> str:
    """Return a digest of all that a training depends on. A checkpoint with another one is not used.

    Parameters
    ----------
    settings
        Plain values of the model's settings, and its keypoints.
    code
        Digest of the stage's code.
    network
        Before the training, with its starting weights.
    arrays
        Images and labels of the training and the validation frames.
    """
    digest = hashlib.sha256()
    weights = settings["weights"]
    start = file_digest(weights) if os.path.isfile(weights) else weights
    digest.update(json.dumps([settings, code, package_versions(TRAINING), start], sort_keys=True).encode())
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def random_state(rng: np.random.Generator, device: torch.device) -> dict[str, Any]:
    """Return the states of all generators of random numbers."""
    state = {"numpy": json.dumps(rng.bit_generator.state), "torch": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random_state(state: dict[str, Any], rng: np.random.Generator, device: torch.device) -> None:
    """Set all generators of random numbers to the states of `random_state`.

    Parameters
    ----------
    state
        States of the generators.
    rng
        Numpy's generator of the training.
    device
        Device of the training.
    """
    rng.bit_generator.state = json.loads(state["numpy"])
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def pack(content: dict[str, Any]) -> bytes:
    """Return tensors and plain values as the bytes of a checkpoint."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    data = buffer.getvalue()
    return hashlib.sha256(data).digest() + data


def write_checkpoint(path: StrPath, packed: bytes) -> None:
    """Write the bytes of a checkpoint. If the power fails, the file is either the new one or the one before."""
    write_bytes(path, packed)


def remove_checkpoint(path: StrPath) -> None:
    """Remove a checkpoint, and what a process that was killed while writing may have left of one."""
    with atomic_write(path) as part:
        part.touch()
    Path(path).unlink()


def read_checkpoint(path: StrPath, digest: str) -> dict[str, Any] | None:
    """Return the content of a checkpoint, on the CPU.

    Parameters
    ----------
    path
        File to read.
    digest
        Of the training, as by `training_digest`.

    Returns
    -------
    content
        None if there is no file, or it cannot be used; the log then says why.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        if hashlib.sha256(data[DIGEST_BYTES:]).digest() != data[:DIGEST_BYTES]:
            raise ValueError("its content does not fit its digest")
        content = torch.load(io.BytesIO(data[DIGEST_BYTES:]), map_location="cpu", weights_only=True)
        if content["digest"] != digest:
            logger.info("%s belongs to other settings, labels or versions: training starts anew", path)
            return None
        return content
    except Exception as error:  # whatever is wrong with it, training can start anew
        logger.warning("%s is damaged (%s) and ignored: training starts anew", path, error)
        return None


class CheckpointTimer:
    """Tells when the next checkpoint is due."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def due(self) -> bool:
        """Return whether it is time for a checkpoint."""
        return time.monotonic() - self.last >= SECONDS_BETWEEN

    def reset(self) -> None:
        """Start the time until the next checkpoint."""
        self.last = time.monotonic()


@contextmanager
def catch_sigterm() -> Iterator[threading.Event]:
    """Give an event that is set when the process gets SIGTERM, as SLURM sends it before a job's time is up."""
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals can be handled in the main thread only
        yield received
        return
    before = signal.signal(signal.SIGTERM, lambda *_: received.set())
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
