"""Check that all videos can be read, and summarise them."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.video.validate import validate_videos

    validate_videos(input.table, output.summary)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
