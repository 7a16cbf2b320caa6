"""Settle what the frames of one video are."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.video.prepare import prepare_video

    prepare_video(input.video, output.info, output.times, output.standard, params.settings, params.row)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
