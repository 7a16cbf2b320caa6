"""Describe the candidates of one video by a network's features."""

from posemake.features import embed_frames
from posemake.log import run_job


def main(input, output, params, log):
    embed_frames(input.video, input.info, input.standard, output.features, params.settings, params.row)


if "snakemake" in globals():
    run_job(main, snakemake)
