"""Gather what is known of each video into one table."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.reports.tables import VIDEO_COLUMNS, tabulate

    tabulate(input, output.table, VIDEO_COLUMNS, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
