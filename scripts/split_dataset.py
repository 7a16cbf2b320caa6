"""Divide the labelled frames into training, validation and test."""

from posemake.collect import split_dataset
from posemake.log import run_job


def main(input, output, params, log):
    split_dataset(input.labels, output.split, params.settings, params.subjects)


if "snakemake" in globals():
    run_job(main, snakemake)
