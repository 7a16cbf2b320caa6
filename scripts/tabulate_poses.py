"""Gather what the poses of each video amount to into a table of all videos, and one of their groups."""

from posemake.log import run_job
from posemake.tables import tabulate_poses


def main(input, output, params, log):
    tabulate_poses(input, output.table, output.groups, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
