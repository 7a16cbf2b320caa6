"""Gather what the poses of each video amount to into one table."""

from posemake.log import run_job
from posemake.tables import POSE_COLUMNS, tabulate


def main(input, output, params, log):
    tabulate(input, output.table, POSE_COLUMNS, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
