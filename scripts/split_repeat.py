"""Divide the labelled frames for one repeat of a training."""

from posemake.folds import split_repeat
from posemake.log import run_job


def main(input, output, params, log):
    split_repeat(input.labels, input.split, output.split, params.repeat, params.validation)


if "snakemake" in globals():
    run_job(main, snakemake)
