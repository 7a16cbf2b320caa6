"""Train one model."""

from pathlib import Path

from posemake.log import run_job
from posemake.train import train_model


def main(input, output, params, log):
    *_, number, model, _ = Path(output.weights).parts
    events = f"logs/tensorboard/{number}/{model}"
    train_model(input.labels, input.split, "labels", output.weights, output.history, params.settings, params.code, events)


if "snakemake" in globals():
    run_job(main, snakemake)
