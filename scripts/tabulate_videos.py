"""Gather what is known of each video into one table."""

from posemake.log import run_job
from posemake.tables import VIDEO_COLUMNS, tabulate


def main(input, output, params, log):
    tabulate(input, output.table, VIDEO_COLUMNS, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
