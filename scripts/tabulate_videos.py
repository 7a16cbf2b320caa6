"""Write the table of the source videos."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.video_metadata import video_metadata
    from posemake.reports.tables import tabulate_videos

    tabulate_videos(input, output.table, video_metadata(params.sheet))


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
