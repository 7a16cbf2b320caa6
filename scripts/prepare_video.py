"""Settle what the frames of one video are."""

from posemake.log import run_job
from posemake.prepare import prepare_video


def main(input, output, params, log):
    prepare_video(input.video, output.info, output.times, output.standard, params.settings, params.row)


if "snakemake" in globals():
    run_job(main, snakemake)
