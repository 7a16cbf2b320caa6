"""Gather what the poses of each video amount to into a table of all videos, and one of their groups."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.reports.tables import tabulate_poses

    tabulate_poses(input, output.table, output.groups, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
