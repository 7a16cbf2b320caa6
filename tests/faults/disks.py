"""Small disks for tests: a file system in memory, which can be filled and made read-only."""

import os
import subprocess
from pathlib import Path


def mount(folder: Path, size: str) -> str | None:
    """Mount one of a size at a folder; what was said where that is not permitted."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True)
    return done.stderr.strip() or "mount failed" if done.returncode else None


def unmount(folder: Path) -> None:
    """Take it away, also while something is open on it."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill the disk of a folder but for some bytes; removing the file that is returned makes space again."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 20))  # as much of it as there is space for
        except OSError:
            os.truncate(path, max(0, path.stat().st_size - leave))
    return path


def set_writable(folder: Path, writable: bool) -> bool:
    """Mount anew, for writing or not; False where a file on it is being written."""
    command = ["mount", "-o", f"remount,{'rw' if writable else 'ro'}", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0
