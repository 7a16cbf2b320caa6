"""Train one model."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from pathlib import Path

    from posemake.models.train import train_model

    *_, below = output.weights.partition("/models/")
    events = f"logs/tensorboard/{Path(below).parent}"
    train_model(input.labels, input.split, "labels", output.weights, output.history, params.settings, params.code, events)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
