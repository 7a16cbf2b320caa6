"""A GPU that should be there and is not: a stage stops, and computes on the CPU only if the user says so."""

import pytest
import torch
from fixtures.collected import sentences
from workflow.tiny import snakemake

WEIGHTS = "results/models/round-0/small/weights.pt"


@pytest.mark.skipif(not torch.version.cuda, reason="this torch is not built for CUDA, so that no GPU can be lost")
def test_a_training_does_not_fall_back_to_the_cpu(unmodelled, monkeypatch, record_fault):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "99")  # no machine has as many
    done = snakemake(unmodelled, WEIGHTS, device="")
    (told,) = sentences(done)
    assert told == (
        "logs/train_model/round-0/small.log: there should be a GPU (CUDA_VISIBLE_DEVICES is 99), and torch "
        f"{torch.__version__} cannot use one: see what nvidia-smi says; one that was lost comes back with a restart, an old "
        "driver has to be renewed; to compute on the CPU, which is slow, set the variable POSEMAKE_DEVICE to cpu"
    )
    assert not (unmodelled / WEIGHTS).exists()
    assert snakemake(unmodelled, WEIGHTS).returncode == 0 and (unmodelled / WEIGHTS).exists()
    record_fault(
        "a GPU is lost: its driver is loaded, SLURM allotted it or CUDA_VISIBLE_DEVICES names it, and torch cannot use it",
        "every stage that runs a network",
        "the job fails; with `POSEMAKE_DEVICE=cpu` the next run computes on the CPU",
        "for a training, the time since its last checkpoint, at most a minute",
        "there should be a GPU (its driver is loaded), and torch … cannot use one: see what nvidia-smi says; one that was lost "
        "comes back with a restart, an old driver has to be renewed; to compute on the CPU, which is slow, set the variable "
        "POSEMAKE_DEVICE to cpu",
    )
