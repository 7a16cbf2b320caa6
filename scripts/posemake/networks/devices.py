"""Devices that networks are computed on.

A GPU that should be there and cannot be used is an error: on the CPU, a training of hours takes days, and nobody would notice.
The CPU is used where there is no GPU, or where the user asks for it.
"""

import os
import sys
from typing import TYPE_CHECKING

from posemake.core.errors import PosemakeError

if TYPE_CHECKING:
    import torch

NVIDIA_FILE = "/dev/nvidiactl"  # exists where the driver is loaded
GPU_FILES = (NVIDIA_FILE, "/dev/dxg", "/dev/kfd")  # of NVIDIA, WSL and AMD; the last two also exist where torch can use no GPU
HIDING_VALUES = ("", "-1", "none", "void", "nodevfiles")  # values of CUDA_VISIBLE_DEVICES that hide all GPUs
SLURM_VARIABLES = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS_ON_NODE")  # two lists of GPUs, and their number
CPU_HINT = "to compute on the CPU, which is slow, set the variable POSEMAKE_DEVICE to cpu"


def requested_device() -> str:
    """Return the device that the user asks for by the variable POSEMAKE_DEVICE, or "" for automatic selection."""
    return os.environ.get("POSEMAKE_DEVICE", "")


def sign_of_gpu() -> str:
    """Return what indicates that this process should have a GPU, in words; empty if nothing does, or GPUs are hidden."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return "" if visible.strip().lower() in HIDING_VALUES else f"CUDA_VISIBLE_DEVICES is {visible}"
    if "SLURM_JOB_ID" in os.environ:  # a node may have GPUs that are allotted to other jobs
        *allotted, count = (os.environ.get(name, "") for name in SLURM_VARIABLES)
        return "SLURM allotted one" if any(allotted) or count not in ("", "0") else ""
    return "its driver is loaded" if os.path.exists(NVIDIA_FILE) else ""


def best_device() -> "torch.device":
    """Return the device to compute on: POSEMAKE_DEVICE if set, else a GPU if there is one, else the CPU.

    Raises
    ------
    PosemakeError
        If the requested device does not exist, or there should be a GPU and torch cannot use it.
    """
    import torch

    requested = requested_device()
    if requested:
        try:
            device = torch.device(requested)
        except RuntimeError as error:
            raise PosemakeError(f"POSEMAKE_DEVICE is {requested!r}; it can be cpu, cuda, cuda:1 …, or mps") from error
        count = {"cuda": torch.cuda.device_count, "mps": torch.mps.device_count}.get(device.type)
        if count and (device.index or 0) >= count():
            raise PosemakeError(f"POSEMAKE_DEVICE is {requested!r}, and torch finds no such device here; correct it, or unset it")
        return device
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    if torch.version.cuda and (sign := sign_of_gpu()):
        raise PosemakeError(
            f"there should be a GPU ({sign}), and torch {torch.__version__} cannot use one: see what nvidia-smi says; one that "
            f"was lost comes back with a restart, an old driver has to be renewed; {CPU_HINT}"
        )
    return torch.device("cpu")


def device_kind() -> str:
    """Return the kind of `best_device`: cpu, cuda or mps.

    Importing torch takes seconds, so it is asked only where there may be a GPU.
    """
    requested = requested_device()
    may_have_gpu = requested or sys.platform != "linux" or sign_of_gpu() or any(map(os.path.exists, GPU_FILES))
    return "cpu" if requested == "cpu" or not may_have_gpu else best_device().type
