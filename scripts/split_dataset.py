"""Divide the labelled frames into training, validation and test."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.split import split_dataset

    split_dataset(input.labels, output.split, params.settings, params.subjects)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
