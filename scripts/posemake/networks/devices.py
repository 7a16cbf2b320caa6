"""Where networks are computed.

A GPU that should be there and cannot be used is an error: on the CPU, a training of hours takes days, and nobody would notice.
The CPU is taken where there is no GPU, or where the user says so.
"""

import os
import sys
from typing import TYPE_CHECKING

from posemake.core.errors import PosemakeError

if TYPE_CHECKING:
    import torch

GPUS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # of NVIDIA, in WSL, of AMD; the last two may be there without a GPU for torch
HIDDEN = ("", "-1", "none", "void", "nodevfiles")  # values of CUDA_VISIBLE_DEVICES that hide all GPUs
SLURM = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS_ON_NODE")  # numbers of GPUs, and how many they are
ON_CPU = "to compute on the CPU, which is slow, set the variable POSEMAKE_DEVICE to cpu"


def forced() -> str:
    """The device that the user asks for, by the variable POSEMAKE_DEVICE; empty for the best one."""
    return os.environ.get("POSEMAKE_DEVICE", "")


def promised() -> str:
    """What promises a GPU to this process, in words; empty if nothing does, or GPUs are hidden from it on purpose."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return "" if visible.strip().lower() in HIDDEN else f"CUDA_VISIBLE_DEVICES is {visible}"
    if "SLURM_JOB_ID" in os.environ:  # a node may have GPUs that other jobs have
        *allotted, count = (os.environ.get(name, "") for name in SLURM)
        return "SLURM allotted one" if any(allotted) or count not in ("", "0") else ""
    return "its driver is loaded" if os.path.exists(GPUS[0]) else ""


def best_device() -> "torch.device":
    """The device to compute on: POSEMAKE_DEVICE if set, else a GPU if there is one, else the CPU.

    Raises
    ------
    PosemakeError
        If the device that is asked for is not there, or a GPU is promised and torch cannot use it.
    """
    import torch

    wanted = forced()
    if wanted:
        try:
            device = torch.device(wanted)
        except RuntimeError as error:
            raise PosemakeError(f"POSEMAKE_DEVICE is {wanted!r}; it can be cpu, cuda, cuda:1 …, or mps") from error
        count = {"cuda": torch.cuda.device_count, "mps": torch.mps.device_count}.get(device.type)
        if count and (device.index or 0) >= count():
            raise PosemakeError(f"POSEMAKE_DEVICE is {wanted!r}, and torch finds no such device here; correct it, or unset it")
        return device
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    if torch.version.cuda and (why := promised()):
        raise PosemakeError(
            f"there should be a GPU ({why}), and torch {torch.__version__} cannot use one: see what nvidia-smi says; one that "
            f"was lost comes back with a restart, an old driver has to be renewed; {ON_CPU}"
        )
    return torch.device("cpu")


def device_kind() -> str:
    """The kind of `best_device`. Asks torch only where there may be a GPU, as that takes seconds."""
    wanted = forced()
    if wanted == "cpu" or not (wanted or sys.platform != "linux" or promised() or any(map(os.path.exists, GPUS))):
        return "cpu"
    return best_device().type
