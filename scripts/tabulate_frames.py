"""Write the tables of the frames that were chosen for labelling."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.video_metadata import video_metadata
    from posemake.reports.tables import GroupedTables, tabulate_frames

    tabulate_frames(input, GroupedTables(table=output.table, groups=output.groups), video_metadata(params.sheet))


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
