"""Who writes a label file: one process at a time, known by a file that names the owner."""

import contextlib
import getpass
import json
import os
import socket
import time
from pathlib import Path


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may know no user
        return "somebody"


def _started(pid: int) -> str:
    """When a process began, where the system tells it: its number may have gone to another one since."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _lives(owner: dict) -> bool:
    """Whether the owner's process may still run; of another computer nobody knows."""
    if owner.get("host") != socket.gethostname() or os.name == "nt":  # os.kill on Windows would end it
        return True
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(owner["pid"]) == owner["started"]


def whoami() -> str:
    """This person and computer, as ``anna@lab-pc``."""
    return f"{_user()}@{socket.gethostname()}"


class Lock:
    """A file that is there while its owner writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = b""

    def take(self) -> str:
        """Take the lock, also from a process of this computer that is dead.

        Returns
        -------
        str
            Empty, or the sentence that says who has it.

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
            if content and (owner is None or _lives(owner)):
                return self._sentence(owner)
            if content:
                self._remove_dead(content)
        return self._sentence(self._owner(self._read()))

    def held(self) -> bool:
        """Whether the lock is still ours: a person may have removed it."""
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
        me = {"user": _user(), "host": socket.gethostname(), "pid": os.getpid(), "started": _started(os.getpid())}
        # the last makes two locks of one process differ
        content = json.dumps(me | {"since": time.strftime("%Y-%m-%d %H:%M"), "key": os.urandom(4).hex()}).encode()
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
    def _owner(content: bytes) -> dict | None:
        try:
            owner = json.loads(content)
            return owner if {"user", "host", "pid", "started", "since"} <= owner.keys() else None
        except (ValueError, AttributeError):
            return None

    def _sentence(self, owner: dict | None) -> str:
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
