"""The state of a training on the disk, so that one that was cut off goes on where it was.

A file is the SHA-256 of what follows, and a ``torch.save`` of tensors and plain values, which is read without running code
from it: a file that was torn, or damaged on the disk, is noticed and left aside.
"""

import hashlib
import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posemake.core.atomic import replacing
from posemake.core.digests import file_digest
from posemake.core.log import logger
from posemake.networks.model_file import versions

DIGEST = 32  # bytes
SECONDS_BETWEEN = 60.0  # a cut costs at most this much; writing takes well under a second


def fingerprint(settings: dict[str, Any], code: str, network: torch.nn.Module, arrays: list[np.ndarray]) -> str:
    """Digest of all that a training follows from; with another one, a checkpoint is of no use.

    Parameters
    ----------
    settings
        Of the model.
    code
        Digest of the code of the stage.
    network
        Before the training; its starting weights count.
    arrays
        Images and keypoints of the training and the validation frames.
    """
    digest = hashlib.sha256()
    start = settings["weights"]
    given = file_digest(start) if os.path.isfile(start) else start
    digest.update(json.dumps([settings, code, versions(), given], sort_keys=True).encode())
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def random_state(rng: np.random.Generator, device: torch.device) -> dict[str, Any]:
    """The states of all generators of random numbers."""
    state = {"numpy": json.dumps(rng.bit_generator.state), "torch": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random(state: dict[str, Any], rng: np.random.Generator, device: torch.device) -> None:
    """Set the generators to what ``random_state`` told."""
    rng.bit_generator.state = json.loads(state["numpy"])
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def pack(content: dict[str, Any]) -> bytes:
    """Tensors and plain values as the bytes of a checkpoint."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    data = buffer.getvalue()
    return hashlib.sha256(data).digest() + data


def write_checkpoint(path: str | Path, packed: bytes) -> None:
    """Write what ``pack`` made; the file is the new one or the one before, whenever the power goes."""
    with replacing(path) as part, part.open("wb") as file:
        file.write(packed)
        file.flush()
        os.fsync(file.fileno())


def discard(path: str | Path) -> None:
    """Remove a checkpoint, and what a process that was killed while it wrote may have left of one."""
    with replacing(path) as part:
        part.touch()
    Path(path).unlink()


def read_checkpoint(path: str | Path, wanted: str) -> dict[str, Any] | None:
    """What was packed and written, on the CPU; none if there is no file, or it cannot be used, which the log then says.

    ``wanted`` is the fingerprint that its ``fingerprint`` has to be.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        if hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
            raise ValueError("its content does not fit its digest")
        content = torch.load(io.BytesIO(data[DIGEST:]), map_location="cpu", weights_only=True)
        if content["fingerprint"] != wanted:
            logger.info("%s is of other settings, labels or versions: training begins anew", path)
            return None
        return content
    except Exception as error:  # whatever is wrong with it, training can begin anew
        logger.warning("%s is damaged (%s) and left aside: training begins anew", path, error)
        return None


class Timer:
    """Says when it is time for the next checkpoint."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self.last >= SECONDS_BETWEEN

    def reset(self) -> None:
        self.last = time.monotonic()


@contextmanager
def noticing_sigterm() -> Iterator[threading.Event]:
    """An event that is set when the process is asked to end, as SLURM does before a job's time is up."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only there can signals be received
        yield asked
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)
