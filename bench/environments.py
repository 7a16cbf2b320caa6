"""Environments of the systems that posemake is compared with, installed where they are not there."""

import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = Path.home() / ".cache" / "posemake-bench"
TORCH = ("torch==2.15.0", "torchvision==0.29.2", "psutil==7.2.2")  # the same for all
REQUIRED = {"deeplabcut": ("deeplabcut==3.0.2", *TORCH), "sleap-nn": ("sleap-nn[torch]==0.3.5", *TORCH)}


def environment(system: str, folder: Path) -> str:
    """The interpreter of a system, installed if it is not there."""
    if system not in REQUIRED:
        return sys.executable
    here, wanted = folder / system, "\n".join(REQUIRED[system])
    python, done = here / "bin/python", here / "installed.txt"
    if not done.exists() or done.read_text() != wanted:
        beside = Path(sys.executable).with_name("uv")
        uv = str(beside) if beside.exists() else "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(here)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *REQUIRED[system]], check=True)
        done.write_text(wanted)
    return str(python)
