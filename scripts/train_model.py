"""Train one model."""

from posemake.log import run_job
from posemake.train import train_model


def main(input, output, params, log):
    train_model(input.labels, input.split, "labels", output.weights, output.history, params.settings, params.code)


if "snakemake" in globals():
    run_job(main, snakemake)
