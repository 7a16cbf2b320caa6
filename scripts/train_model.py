"""Train one model."""

from pathlib import Path

from posemake.log import run_job
from posemake.train import train_model


def main(input, output, params, log):
    *_, below = output.weights.partition("/models/")
    events = f"logs/tensorboard/{Path(below).parent}"
    train_model(input.labels, input.split, "labels", output.weights, output.history, params.settings, params.code, events)


if "snakemake" in globals():
    run_job(main, snakemake)
