"""Write the tables of the poses of all videos."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.video_metadata import video_metadata
    from posemake.reports.tables import GroupedTables, tabulate_poses

    tabulate_poses(input, GroupedTables(table=output.table, groups=output.groups), video_metadata(params.sheet))


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
