"""Gather the figures of some videos for the report."""

from posemake.gallery import sample_figures
from posemake.log import run_job


def main(input, output, params, log):
    sample_figures(list(input), output.folder)


if "snakemake" in globals():
    run_job(main, snakemake)
