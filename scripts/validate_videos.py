"""Fail if a video cannot be read, naming each with its reason and the cure; else sum up."""

from posemake.log import run_job
from posemake.validate import validate_videos


def main(input, output, params, log):
    validate_videos(input.table, output.summary)


if "snakemake" in globals():
    run_job(main, snakemake)
