"""Gather how many frames were chosen of each video, and of each group and subject."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.reports.tables import tabulate_frames

    tabulate_frames(input, output.table, output.groups, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
