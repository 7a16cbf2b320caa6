"""Lock of a label file: a file that names the process that writes."""

import contextlib
import getpass
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import psutil

SAME_START = 0.1  # seconds; starts that differ by less are one


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may know no user
        return "somebody"


def process_start(pid: int) -> float:
    """Return when a process began, in seconds since the computer started; the clock may be set without changing it.

    Raises
    ------
    psutil.Error
        If there is no such process.
    """
    return psutil.Process(pid).create_time() - psutil.boot_time()


def _may_live(owner: dict[str, Any]) -> bool:
    """Return whether the owner's process may still run; nobody knows it of another computer."""
    if owner["host"] != socket.gethostname() or os.name == "nt":  # no safe removal on Windows
        return True
    try:
        # the number of a dead process may have gone to another one
        return abs(process_start(owner["pid"]) - owner["started"]) < SAME_START
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, TypeError, ValueError):  # it cannot be looked at, or an earlier version of posemake wrote the lock
        return True


def whoami() -> str:
    """Return this person and computer, as ``anna@lab-pc``."""
    return f"{_user()}@{socket.gethostname()}"


class Lock:
    """A file that exists while its owner writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = b""

    def take(self) -> str:
        """Take the lock, also from a process of this computer that is dead.

        Returns
        -------
        str
            Empty, or the sentence that says who holds it.

        Raises
        ------
        OSError
            If the folder may not be written.
        """
        for _ in range(3):  # others may be taking it from the same dead process
            if self._create():
                return ""
            content = self._read()
            owner = self._owner(content)
            if content and (owner is None or _may_live(owner)):
                return self._sentence(owner)
            if content:
                self._remove_dead(content)
        return self._sentence(self._owner(self._read()))

    def held(self) -> bool:
        """Return whether the lock is still ours: a person may have removed it."""
        return bool(self._content) and self._read() == self._content

    def release(self) -> None:
        """Give the lock back."""
        if self.held():
            with contextlib.suppress(OSError):
                self.path.unlink()
        self._content = b""

    def _create(self) -> bool:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        owner = {"user": _user(), "host": socket.gethostname(), "pid": os.getpid(), "started": process_start(os.getpid())}
        # the key makes two locks of one process differ
        content = json.dumps(owner | {"since": time.strftime("%Y-%m-%d %H:%M"), "key": os.urandom(4).hex()}).encode()
        try:
            os.write(descriptor, content)
            os.fsync(descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                self.path.unlink()
            raise
        finally:
            os.close(descriptor)
        self._content = content
        return True

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""

    @staticmethod
    def _owner(content: bytes) -> dict[str, Any] | None:
        try:
            owner = json.loads(content)
            return owner if {"user", "host", "pid", "started", "since"} <= owner.keys() else None
        except (ValueError, AttributeError):
            return None

    def _sentence(self, owner: dict[str, Any] | None) -> str:
        day = time.strftime("%Y-%m-%d ")
        who = f"{owner['user']} on {owner['host']}" if owner else "somebody"
        since = f" since {owner['since'].removeprefix(day)}" if owner else ""
        return f"{who} labels this folder{since}; if that is over, remove {self.path}"

    def _remove_dead(self, content: bytes) -> None:
        """Remove the dead owner's lock, and not that of another who was quicker."""
        import fcntl  # Windows has none, and knows of no dead owners here

        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some network drives cannot
                fcntl.flock(folder, fcntl.LOCK_EX)
            if self._read() == content:
                self.path.unlink()
        finally:
            os.close(folder)  # and its lock with it
