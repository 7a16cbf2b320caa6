"""Choice of the device, with a torch that finds what a test says."""

import pytest
import torch

from posemake.core.errors import PosemakeError
from posemake.networks import devices
from posemake.networks.devices import best_device, device_kind

VARIABLES = ("POSEMAKE_DEVICE", "CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", *devices.SLURM_VARIABLES)


@pytest.fixture
def machine(monkeypatch):
    """``machine(gpus, driver, **environment)``: what torch finds, whether the driver is loaded, and variables that are set."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def set_machine(gpus, driver=False, build="13.0", **environment):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        monkeypatch.setattr(torch.version, "cuda", build)
        monkeypatch.setattr(devices.os.path, "exists", lambda path: driver and path == "/dev/nvidiactl")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return set_machine


@pytest.mark.parametrize(
    ("gpus", "driver", "environment", "expected"),
    [
        (0, False, {}, "cpu"),
        (1, True, {}, "cuda"),
        (1, True, {"POSEMAKE_DEVICE": "cpu"}, "cpu"),
        (2, True, {"POSEMAKE_DEVICE": "cuda:1"}, "cuda:1"),
        (0, True, {"POSEMAKE_DEVICE": "cpu"}, "cpu"),  # lost, and the user knows
        (0, True, {"CUDA_VISIBLE_DEVICES": ""}, "cpu"),  # hidden
        (0, True, {"CUDA_VISIBLE_DEVICES": "-1"}, "cpu"),
        (0, True, {"SLURM_JOB_ID": "7"}, "cpu"),  # a job without a GPU on a node that has some
        (0, True, {"SLURM_JOB_ID": "7", "SLURM_GPUS_ON_NODE": "0"}, "cpu"),
        (1, True, {"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "0", "CUDA_VISIBLE_DEVICES": "0"}, "cuda"),
        (0, False, {"POSEMAKE_DEVICE": "meta"}, "meta"),
    ],
)
def test_the_device(machine, gpus, driver, environment, expected):
    machine(gpus, driver, **environment)
    assert str(best_device()) == expected
    assert device_kind() == expected.split(":")[0]


@pytest.mark.parametrize(
    ("driver", "environment", "message"),
    [
        (True, {}, "there should be a GPU (its driver is loaded)"),
        (False, {"CUDA_VISIBLE_DEVICES": "0"}, "there should be a GPU (CUDA_VISIBLE_DEVICES is 0)"),
        (False, {"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "0"}, "there should be a GPU (SLURM allotted one)"),
        (True, {"POSEMAKE_DEVICE": "cuda"}, "POSEMAKE_DEVICE is 'cuda', and torch finds no such device here"),
        (False, {"POSEMAKE_DEVICE": "mps"}, "POSEMAKE_DEVICE is 'mps', and torch finds no such device here"),
        (False, {"POSEMAKE_DEVICE": "gpu"}, "POSEMAKE_DEVICE is 'gpu'; it can be cpu, cuda, cuda:1 …, or mps"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_no_reason_to_compute_on_the_cpu(machine, driver, environment, message):
    machine(0, driver, **environment)
    for choose in (best_device, device_kind):
        with pytest.raises(PosemakeError) as error:
            choose()
        assert str(error.value).startswith(message)


def test_a_second_gpu_that_is_not_there(machine):
    machine(1, True, POSEMAKE_DEVICE="cuda:1")
    with pytest.raises(PosemakeError, match="no such device here"):
        best_device()


def test_a_torch_that_was_built_for_the_cpu_uses_it(machine):
    machine(0, True, build=None)
    assert str(best_device()) == "cpu"
