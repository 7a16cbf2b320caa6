"""Python environments of the systems that posemake is compared with."""

import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = Path.home() / ".cache" / "posemake-bench"
TORCH = ("torch==2.15.0", "torchvision==0.29.2", "psutil==7.2.2")  # the same for all
REQUIRED = {"deeplabcut": ("deeplabcut==3.0.2", *TORCH), "sleap-nn": ("sleap-nn[torch]==0.3.5", *TORCH)}


def environment(system: str, folder: Path) -> str:
    """Return the Python interpreter of a system, and install its environment if necessary."""
    if system not in REQUIRED:
        return sys.executable
    prefix, packages = folder / system, "\n".join(REQUIRED[system])
    python, installed = prefix / "bin/python", prefix / "installed.txt"
    if not installed.exists() or installed.read_text() != packages:
        beside = Path(sys.executable).with_name("uv")
        uv = str(beside) if beside.exists() else "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(prefix)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *REQUIRED[system]], check=True)
        installed.write_text(packages)
    return str(python)
